import { releaseLabels } from './alert.ts'
import { EXPLAINED, stopAlertName } from '../../src/contract/alert-names.ts'
import { stopConditions } from './stops.ts'

/** What Alertmanager reads; durations and matchers as it writes them. */
interface Route {
  readonly receiver: string
  readonly matchers?: readonly string[]
  readonly group_by?: readonly string[]
  readonly group_wait?: string
  readonly group_interval?: string
  readonly repeat_interval?: string
  readonly routes?: readonly Route[]
}

export interface Inhibition {
  readonly source_matchers: readonly string[]
  readonly target_matchers: readonly string[]
  readonly equal: readonly string[]
}

export interface AlertmanagerConfiguration {
  readonly route: Route
  readonly inhibit_rules: readonly Inhibition[]
  readonly receivers: readonly {
    readonly name: string
    readonly webhook_configs?: readonly { readonly url: string; readonly send_resolved: boolean }[]
  }[]
}

const WATCHDOG = 'alertname="CaracalGateExporterWatchdog"'
/** All of ours and none of the platform's own, whose names begin alike. */
const OURS =
  'alertname=~"Caracal(Stop|Cause|Rollout|Platform).+|CaracalGate(Unknown|Flapping|Overridden|Shadow.+|Exporter.+)"'
const STOPS = 'alertname=~"CaracalRolloutStop|CaracalStop.+"'
const CAUSES = 'alertname=~"CaracalCause.+"'
const ANY_STOP = 'alertname=~"CaracalStop.+"'

const MARKER = `alertname="${EXPLAINED}"`

/** Stops that something else may explain. An edge is a fact, which nothing else tells. */
const symptoms = stopConditions.filter(({ kind }) => kind !== 'edge').map(({ id }) => stopAlertName(id))

/**
 * What silences what. Every source and every target carries the labels in `equal`: labels that are missing on both
 * sides would be equal too, and silence what has nothing to do with it. No setup has `cluster` on the one and not on the
 * other.
 */
const inhibitions: readonly Inhibition[] = [
  // A rollout that must stop need not be told that it is on hold.
  {
    source_matchers: [STOPS],
    target_matchers: ['alertname=~"CaracalRolloutHoldLong|CaracalGateUnknown|CaracalGateFlapping"'],
    equal: releaseLabels,
  },
  // One that a cause holds need not be told so again.
  {
    source_matchers: [CAUSES, 'severity="critical"'],
    target_matchers: ['alertname=~"CaracalRolloutHoldLong|CaracalGateUnknown|CaracalGateFlapping"'],
    equal: releaseLabels,
  },
  // A rollout began or ended while it fired: one of its two alerts is enough.
  ...[ANY_STOP, CAUSES].map((either) => ({
    source_matchers: [either, 'severity="critical"'],
    target_matchers: [either, 'severity="warning"'],
    equal: ['alertname', ...releaseLabels],
  })),
  // The exporter says what explains it, and that has an alert of its own.
  {
    source_matchers: [MARKER],
    target_matchers: [`alertname=~"${symptoms.join('|')}"`],
    equal: ['stop_condition', ...releaseLabels],
  },
  // What an exporter says that does not judge is of yesterday.
  {
    source_matchers: ['alertname="CaracalGateExporterStalled"'],
    target_matchers: [
      'alertname=~"CaracalRolloutHoldLong|CaracalGateUnknown|CaracalGateFlapping|CaracalGateExporter(Blind|ReplicasDisagree)"',
    ],
    equal: releaseLabels,
  },
  // A gate is unknown because something is not seen.
  {
    source_matchers: ['alertname="CaracalGateExporterBlind"'],
    target_matchers: ['alertname="CaracalGateUnknown"'],
    equal: releaseLabels,
  },
  // The second path need not repeat what the first has said.
  {
    source_matchers: [ANY_STOP],
    target_matchers: ['alertname=~"CaracalPlatform.+"', 'stop_condition=~".+"', 'release_namespace=~".+"'],
    equal: ['cluster', 'release_namespace', 'stop_condition'],
  },
]

const receivers = ['default', 'caracal-page', 'caracal-team', 'caracal-dead-man', 'caracal-none'] as const

function to(receiver: (typeof receivers)[number], route: Omit<Route, 'receiver'>): Route {
  return { receiver, ...route }
}

/** Routes, inhibitions and receivers; the receivers' addresses are placeholders. */
export const alertmanager: AlertmanagerConfiguration = {
  route: to('default', {
    routes: [
      // It only keeps others back.
      to('caracal-none', { matchers: [MARKER] }),
      // The receiver is outside and raises the alarm when nothing comes, so it must hear often.
      to('caracal-dead-man', {
        matchers: [WATCHDOG],
        group_by: ['alertname'],
        group_wait: '0s',
        group_interval: '1m',
        repeat_interval: '1m',
      }),
      to('caracal-team', {
        matchers: [OURS],
        // One notification for all that is wrong with a release.
        group_by: releaseLabels,
        group_wait: '30s',
        group_interval: '5m',
        repeat_interval: '12h',
        routes: [
          to('caracal-page', {
            matchers: ['severity="critical"'],
            // Long enough for what fires together to come together.
            group_wait: '10s',
            group_interval: '1m',
            repeat_interval: '1h',
          }),
        ],
      }),
    ],
  }),
  inhibit_rules: inhibitions,
  receivers: receivers.map((name) => (name === 'caracal-none' ? { name } : { name, ...webhook(name) })),
}

function webhook(name: string) {
  return {
    webhook_configs: [{ url: `http://receiver.example/${name}`, send_resolved: name !== 'caracal-dead-man' }],
  }
}
