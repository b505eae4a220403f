import { MINUTE } from '../../src/core/time.ts'
import { theRelease, type Alert } from './alert.ts'
import { lastSaid, recordings, whileActive } from './recordings.ts'

const { verdict, gate, started } = recordings

const STATUS = 'caracal-gate status'

/** What is to be known of a rollout besides the stop conditions. */
export const rolloutAlerts: readonly Alert[] = [
  {
    name: 'CaracalRolloutStop',
    severity: 'critical',
    component: 'rollout',
    expr: whileActive(`${lastSaid(verdict, '{state="stop"}')} == 1`),
    summary: `Stop the rollout of ${theRelease}.`,
    description:
      'A stop condition fires, or fired in this rollout and is not acknowledged. Roll back only if the document says that it is viable.',
    nextStep: STATUS,
  },
  {
    name: 'CaracalRolloutHoldLong',
    severity: 'warning',
    component: 'rollout',
    expr: whileActive(`${lastSaid(verdict, '{state="hold"}')} == 1`),
    // Migrations, images and warm-up of a whole release take a few minutes.
    for: 15 * MINUTE,
    summary: `The rollout of ${theRelease} has been on hold for 15 minutes.`,
    description: 'Nothing forbids to continue, and nothing proves that it may.',
    nextStep: STATUS,
  },
  {
    name: 'CaracalGateUnknown',
    severity: 'warning',
    component: 'rollout',
    expr: whileActive(`${lastSaid(gate, '{state="unknown"}')} == 1`),
    for: 3 * MINUTE,
    summary: `The gate {{ $labels.gate }} of ${theRelease} cannot be judged.`,
    description: 'Something that the gate asks for is not seen, so the rollout is held.',
    nextStep: STATUS,
  },
  {
    name: 'CaracalGateFlapping',
    severity: 'warning',
    component: 'rollout',
    // A range outlasts a restart of the daemon, so there is nothing to bridge.
    expr: `changes(${gate.record}{state="pass"}[30m]) > 6`,
    summary: `The gate {{ $labels.gate }} of ${theRelease} flaps.`,
    description: 'It turned to pass or away from it {{ $value | humanize }} times within 30 minutes.',
    nextStep: STATUS,
  },
  {
    name: 'CaracalRolloutForgotten',
    severity: 'info',
    component: 'rollout',
    expr: whileActive(`time() - ${lastSaid(started)} > 21600`),
    for: 10 * MINUTE,
    summary: `The rollout of ${theRelease} was not finished.`,
    description:
      'It began {{ $value | humanizeDuration }} ago. While it is open, every stop pages and latches stay.',
    nextStep: 'caracal-gate status, then caracal-gate finish',
  },
]
