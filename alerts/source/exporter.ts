import { MINUTE } from '../../src/core/time.ts'
import { ofRelease, theRelease, type Alert } from './alert.ts'
import { listed, own } from './annotations.ts'
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
    summary: `Prometheus has scraped no gate exporter{{ with $labels.release_name }} of {{ . }} in {{ $labels.release_namespace }}{{ end }} for 3 minutes.`,
    description:
      'The exporter is not running, or Prometheus may not scrape it. Pipelines wait, and its other alerts cannot fire.',
    nextStep: 'kubectl get pods -l app.kubernetes.io/name=caracal-gate-exporter -A',
  }
}

/** What its own metrics tell, and the heartbeat of the whole path. */
const ofThemselves: readonly Alert[] = [
  {
    name: 'CaracalGateExporterStalled',
    severity: 'critical',
    component: 'gate-exporter',
    page: '',
    // 30 s are for clocks that differ. The second half needs no second clock.
    expr: `${lastSaid(overdue)} > 30\nor\n${lastSaid(evaluations)} == 0`,
    for: 2 * MINUTE,
    summary: `The exporter of ${theRelease} answers, but has not judged for 2 minutes.`,
    description: 'Its verdict has expired. Pipelines treat it as unknown and wait.',
    nextStep: LOGS,
  },
  {
    name: 'CaracalGateExporterBlind',
    severity: 'warning',
    component: 'gate-exporter',
    // What the verdict does not need, it may lack.
    expr: `${lastSaid(probeUp)} == 0\nand on ${ofRelease} ${lastSaid(verdict, '{state!="proceed"}')} == 1`,
    for: 5 * MINUTE,
    page: '',
    summary: `The exporter of ${theRelease} has not read all targets of {{ $labels.probe }} for 5 minutes.`,
    description: 'What it cannot read is unknown, and unknown never passes a gate.',
    // As `kubectl port-forward` makes it reachable.
    nextStep: 'curl -sS http://127.0.0.1:9465/debug/probes/{{ $labels.probe }}',
  },
  {
    name: 'CaracalGateExporterStarved',
    severity: 'warning',
    component: 'gate-exporter',
    expr: `${lastSaid(starved)} == 1`,
    for: 2 * MINUTE,
    runbook: 'exporter-starved',
    page: '',
    summary: `The exporter of ${theRelease} has had too little CPU for 2 minutes.`,
    description: 'It cannot tell a slow target from its own delay, so it holds the rollout.',
    nextStep: 'kubectl top pod -l app.kubernetes.io/name=caracal-gate-exporter -A',
  },
  {
    name: 'CaracalGateExporterReplicasDisagree',
    severity: 'warning',
    component: 'gate-exporter',
    expr: `count by ${ofRelease} (${lastSaid(verdict)} == 1) > 1`,
    for: 5 * MINUTE,
    page: '',
    summary: `The replicas of the exporter of ${theRelease} have given {{ $value | humanize }} different verdicts for 5 minutes.`,
    description: `A pipeline may get any of them: ${listed(`max by (state) (${own(verdict)} == 1)`, 'state', '', '.')}`,
    nextStep: LOGS,
  },
  {
    name: 'CaracalGateExporterConfigRefused',
    severity: 'warning',
    component: 'gate-exporter',
    expr: `${lastSaid(reload)} == 0`,
    for: 2 * MINUTE,
    page: '',
    summary: `The exporter of ${theRelease} has refused a new configuration.`,
    description: 'It keeps the previous one. After a restart it would not start with the new one.',
    nextStep: 'caracal-gate check-config --config caracal-gate.yaml',
  },
  {
    name: 'CaracalGateExporterMemoryNotKept',
    severity: 'warning',
    component: 'gate-exporter',
    expr: `${lastSaid(stateStore)} == 0`,
    for: 5 * MINUTE,
    page: '',
    summary: `The exporter of ${theRelease} has not been able to write its state for 5 minutes.`,
    description: 'A restart would lose latches and the ledger.',
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
