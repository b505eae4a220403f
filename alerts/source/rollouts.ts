import { MINUTE } from '../../src/core/time.ts'
import { theRelease, type Alert } from './alert.ts'
import { asTime, listed, own } from './annotations.ts'
import { urlOption } from './links.ts'
import { lastSaid, recordings, whileActive } from './recordings.ts'

const { verdict, gate, started, firing, latched, causeActive, waivedUntil, expiredShadow } = recordings

const STATUS = `caracal-gate status${urlOption}`

/** The stop conditions that make the verdict. */
const stopsInForce = listed(
  `max by (stop_condition) (${own(firing)} == 1 or ${own(latched)} == 1)`,
  'stop_condition',
  'In force: ',
  '. ',
)

/** The causes that are no stop condition. */
const causesOfIt = listed(`${own(causeActive)} == 1`, 'cause', 'Cause: ', '. ')

/** The gates that count and do not pass. */
const gatesWaitedFor = listed(
  `max by (gate) (${own(gate, { state: 'pass' })} == 0 and on (gate) ${own(gate)} == 1 unless on (gate) ${own(gate, { state: 'skipped' })} == 1)`,
  'gate',
  'Gates that do not pass: ',
  '. ',
)

/** What is to be known of a rollout besides the stop conditions. */
export const rolloutAlerts: readonly Alert[] = [
  {
    name: 'CaracalRolloutStop',
    severity: 'critical',
    component: 'rollout',
    expr: whileActive(`${lastSaid(verdict, '{state="stop"}')} == 1`),
    summary: `Stop the rollout of ${theRelease}.`,
    description: `${causesOfIt}${stopsInForce}Do not continue. Roll back only if the page says that a rollback is viable.`,
    nextStep: STATUS,
    page: '',
  },
  {
    name: 'CaracalRolloutHoldLong',
    severity: 'warning',
    component: 'rollout',
    expr: whileActive(`${lastSaid(verdict, '{state="hold"}')} == 1`),
    // Migrations, images and warm-up of a whole release take a few minutes.
    for: 15 * MINUTE,
    summary: `The rollout of ${theRelease} has been on hold for 15 minutes.`,
    description: `${causesOfIt}${gatesWaitedFor}No stop condition forbids the rollout, and nothing proves that it may continue.`,
    nextStep: STATUS,
    page: '',
  },
  {
    name: 'CaracalGateUnknown',
    severity: 'warning',
    component: 'rollout',
    expr: whileActive(`${lastSaid(gate, '{state="unknown"}')} == 1`),
    for: 3 * MINUTE,
    summary: `The gate {{ $labels.gate }} of ${theRelease} has been unknown for 3 minutes.`,
    description: 'The exporter cannot read something that the gate needs, so it holds the rollout.',
    nextStep: STATUS,
    page: '',
  },
  {
    name: 'CaracalGateFlapping',
    severity: 'warning',
    component: 'rollout',
    // A range outlasts a restart of the daemon, so there is nothing to bridge.
    expr: `changes(${gate.record}{state="pass"}[30m]) > 6`,
    summary: `The gate {{ $labels.gate }} of ${theRelease} changed {{ $value | humanize }} times within 30 minutes.`,
    description: 'Each time it leaves pass, the required steady time starts again.',
    nextStep: STATUS,
    page: '',
  },
  {
    name: 'CaracalRolloutForgotten',
    severity: 'info',
    component: 'rollout',
    expr: whileActive(`time() - ${lastSaid(started)} > 21600`),
    for: 10 * MINUTE,
    summary: `The rollout of ${theRelease} began {{ $value | humanizeDuration }} ago and is not finished.`,
    description: 'While a rollout is open, every stop condition pages, and every latch stays.',
    nextStep: `${STATUS}; then caracal-gate finish${urlOption}`,
    page: '',
  },
  {
    name: 'CaracalGateOverridden',
    severity: 'warning',
    component: 'rollout',
    // It is exposed while it holds and no longer, so there is nothing to bridge.
    expr: `${waivedUntil.record}{mode="overridden"}`,
    summary: `{{ $labels.ref }} of ${theRelease} is overridden: it does not count for the verdict.`,
    description: `It counts again at ${asTime.replace('.Value', '$value')} at the latest. The page and the ledger of the rollout say who overrides it, and why.`,
    nextStep: `${STATUS}; then caracal-gate override${urlOption} --end`,
    page: '#not-enforced',
  },
  {
    name: 'CaracalGateShadowExpiring',
    severity: 'info',
    component: 'rollout',
    expr: `${waivedUntil.record}{mode="shadow"} - time() < 86400`,
    summary: `The shadow of {{ $labels.ref }} of ${theRelease} ends in {{ $value | humanizeDuration }}: it counts from then on.`,
    description:
      'Remove the shadow from the configuration, give it a later end, or correct the limit that is tried.',
    nextStep: STATUS,
    page: '#not-enforced',
  },
  {
    name: 'CaracalGateShadowExpired',
    severity: 'warning',
    component: 'rollout',
    expr: expiredShadow.record,
    summary: `The shadow of {{ $labels.ref }} of ${theRelease} has expired: it counts again.`,
    description: 'The configuration still has the shadow. Remove it, or give it a later end.',
    nextStep: STATUS,
    page: '#not-enforced',
  },
]
