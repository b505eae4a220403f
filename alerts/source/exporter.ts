import { MINUTE } from '../../src/core/time.ts'
import { ofRelease, theRelease, type Alert } from './alert.ts'
import { lastSaid, recordings } from './recordings.ts'

const { verdict, probeUp, stateStore, reload, starved, overdue, evaluations, replicas } = recordings

const LOGS = 'kubectl logs -l app.kubernetes.io/name=caracal-gate-exporter -A --tail=100'

/** Name and namespace of a release. */
export interface ReleaseName {
  readonly name: string
  readonly namespace: string
}

/**
 * Without a release: one that was scraped within six hours and is not now, or none in all that time. With one, that
 * this one is not there, for ever.
 */
function absence(release: ReleaseName | undefined): string {
  const { record } = replicas
  if (release !== undefined) {
    return `absent(${record}{release_namespace="${release.namespace}", release_name="${release.name}"})`
  }
  return `max_over_time(${record}[6h]) unless ${record}\nor\nabsent_over_time(${record}[6h])`
}

/** The exporter itself: its silence would otherwise go unnoticed. */
export function exporterAlerts(release?: ReleaseName): readonly Alert[] {
  return [absent(release), ...ofThemselves]
}

function absent(release: ReleaseName | undefined): Alert {
  return {
    name: 'CaracalGateExporterAbsent',
    severity: 'critical',
    component: 'gate-exporter',
    expr: absence(release),
    for: 3 * MINUTE,
    // From the alert that names the release to the one that cannot any more.
    keepFiringFor: 5 * MINUTE,
    summary: 'No exporter says whether a rollout of Caracal may proceed.',
    description:
      'Prometheus scrapes no exporter{{ with $labels.release_name }} of {{ . }}{{ end }}: it is not there, or may not be scraped. No other alert on it can come.',
    nextStep: 'kubectl get pods -l app.kubernetes.io/name=caracal-gate-exporter -A',
  }
}

/** What its own metrics tell, and the heartbeat of the whole path. */
const ofThemselves: readonly Alert[] = [
  {
    name: 'CaracalGateExporterStalled',
    severity: 'critical',
    component: 'gate-exporter',
    // 30 s are for clocks that differ. The second half needs no second clock.
    expr: `${lastSaid(overdue)} > 30\nor\n${lastSaid(evaluations)} == 0`,
    for: 2 * MINUTE,
    summary: `The exporter of ${theRelease} answers and does not judge.`,
    description: 'Its verdict has expired and says nothing; pipelines hold.',
    nextStep: LOGS,
  },
  {
    name: 'CaracalGateExporterBlind',
    severity: 'warning',
    component: 'gate-exporter',
    expr: `${lastSaid(probeUp)} == 0`,
    for: 5 * MINUTE,
    summary: `The exporter of ${theRelease} does not see all targets of {{ $labels.probe }}.`,
    description: 'What it does not see is unknown, and unknown never passes a gate.',
    nextStep: 'curl -s http://<exporter>:9465/debug/probes/{{ $labels.probe }}',
  },
  {
    name: 'CaracalGateExporterStarved',
    severity: 'warning',
    component: 'gate-exporter',
    expr: `${lastSaid(starved)} == 1`,
    for: 2 * MINUTE,
    summary: `The exporter of ${theRelease} has too little CPU to judge.`,
    description:
      'It stalls when it should probe. It holds the rollout, and blames the platform for nothing slow.',
    nextStep: 'kubectl top pod -l app.kubernetes.io/name=caracal-gate-exporter -A',
  },
  {
    name: 'CaracalGateExporterReplicasDisagree',
    severity: 'warning',
    component: 'gate-exporter',
    expr: `count by ${ofRelease} (${lastSaid(verdict)} == 1) > 1`,
    for: 5 * MINUTE,
    summary: `The replicas of the exporter of ${theRelease} disagree.`,
    description: 'They give {{ $value | humanize }} different verdicts. A pipeline may be told either.',
    nextStep: LOGS,
  },
  {
    name: 'CaracalGateExporterConfigRefused',
    severity: 'warning',
    component: 'gate-exporter',
    expr: `${lastSaid(reload)} == 0`,
    for: 2 * MINUTE,
    summary: `The exporter of ${theRelease} has refused a new configuration.`,
    description: 'It keeps the previous one, and would not start with this one.',
    nextStep: 'caracal-gate check-config --config caracal-gate.yaml',
  },
  {
    name: 'CaracalGateExporterMemoryNotKept',
    severity: 'warning',
    component: 'gate-exporter',
    expr: `${lastSaid(stateStore)} == 0`,
    for: 5 * MINUTE,
    summary: `The exporter of ${theRelease} cannot write down what it must remember.`,
    description: 'Latches and the ledger would be lost in a restart.',
    nextStep: LOGS,
  },
  {
    name: 'CaracalGateExporterWatchdog',
    severity: 'none',
    component: 'gate-exporter',
    expr: 'vector(1)',
    summary: 'Alerts get through.',
    description:
      'This alert always fires. A receiver outside must raise the alarm when it stops coming: then nothing else comes either.',
    nextStep: 'none while it fires; otherwise check Prometheus and Alertmanager',
  },
]
