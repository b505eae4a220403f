import { read } from '../../../src/core/signal.ts'
import { alertPathAge, alertPathIntact } from '../../../src/rules/signals.ts'
import { place, type Place } from './place.ts'

/** Prometheus and one Alertmanager, from which every alert would arrive. */
export function alertingPlaces(): Place[] {
  const steps = {
    prometheus: ['rules', 'evaluation', 'watchdog', 'alertmanagers', 'series', 'second-path'],
    'alertmanager/am-1:9093': ['arrival', 'suppression', 'receiver', 'silences'],
  }
  return Object.entries(steps).map(([server, names]) =>
    place('alerting', server, { server }, [
      ...names.map((step) => read(alertPathIntact, { server, step }, 1, 'it is well')),
      ...(server === 'prometheus'
        ? [read(alertPathAge, { server, step: 'series-age' }, 12, 'the evaluation that it has')]
        : []),
    ]),
  )
}
