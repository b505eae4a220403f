import { describe, expect, it } from 'vitest'
import { read } from '../../../src/core/signal.ts'
import { alertsArrive } from '../../../src/rules/alerts.ts'
import { defaultLimits } from '../../../src/rules/limits.ts'
import { alertPathAge, alertPathIntact } from '../../../src/rules/signals.ts'
import { faultsIn } from './judging.ts'
import { place } from './place.ts'

const condition = alertsArrive(defaultLimits.alerting)
const server = 'prometheus'

function prometheus(age: number) {
  return place('alerting', server, { server }, [
    read(alertPathIntact, { server, step: 'rules' }, 1, 'the rules are loaded'),
    read(alertPathAge, { server, step: 'series-age' }, age, 'the evaluation that it has'),
  ])
}

describe('alerts-reachable', () => {
  it.each([
    [120, []],
    [150, ['prometheus/series-age near ok']],
    [151, ['prometheus/series-age unmet alert_path_stale']],
  ])('R241: takes an evaluation that is %i s old as its limit says', (age, expected) => {
    expect(faultsIn(condition, [prometheus(age)])).toEqual(expected)
  })

  it('is unknown without a place to ask', () => {
    expect(faultsIn(condition, [])).toEqual(['source unknown not_configured'])
  })

  it('is unknown for a server that says nothing', () => {
    const silent = place('alerting', 'alertmanager/a', { server: 'alertmanager/a' }, [])
    expect(faultsIn(condition, [prometheus(3), silent])).toEqual(['alertmanager/a unknown never_measured'])
  })
})
