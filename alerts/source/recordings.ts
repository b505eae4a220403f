import { selfFamilies as self, verdictFamilies as verdict } from '../../src/contract/families.ts'
import { ofRelease, releaseLabels, type Recording } from './alert.ts'

/** Prometheus' own labels of one scraped replica of the exporter. */
const replica = 'cluster, namespace, job, instance'

/** Metrics of one replica, by the release that the replica says it judges. */
function withRelease(expr: string): string {
  const release = releaseLabels.filter((label) => label !== 'cluster').join(', ')
  return `${expr}
  * on (${replica}) group_left (${release})
  group by (${replica}, ${release}) (${self.release.name})`
}

/** One series for the release, whatever the number of replicas; `labels` are kept beside the release. */
function perRelease(
  operation: 'max' | 'min',
  name: string,
  expr: string,
  labels: readonly string[] = [],
): Recording {
  const by = [...releaseLabels, ...labels].join(', ')
  return {
    record: `release:${name}:${operation}`,
    expr: `${operation} by (${by}) (\n  ${withRelease(expr)}\n)`,
  }
}

function whole(
  operation: 'max' | 'min',
  { name }: { readonly name: string },
  ...labels: string[]
): Recording {
  return perRelease(operation, name, name, labels)
}

const cause = verdict.causeActive.name

/** A series of each gate or stop condition, as 0 where that does not count: then no alert is about it. */
function counting(
  path: 'gates' | 'stop-conditions',
  record: string,
  expr: string,
  label: string,
  ...more: readonly string[]
): Recording {
  const waived = `label_replace(${verdict.notEnforced.name}, "${label}", "$1", "ref", "${path}/([^/]+)")`
  const counted = `${expr}\n  unless on (${replica}, ${label}) ${waived}\n  or ${expr} * 0`
  return perRelease('max', record, `(${counted})`, [label, ...more])
}

function ofStop(record: string, expr: string): Recording {
  return counting('stop-conditions', record, expr, 'stop_condition')
}

/**
 * What the alerts are made of. A release is known by what its exporter says it judges, not by how it is scraped: two
 * replicas are one release, two releases under one job are two.
 */
export const recordings = {
  verdict: whole('max', verdict.verdict, 'state'),
  active: whole('max', verdict.active),
  started: whole('min', verdict.started),
  gate: counting('gates', verdict.gate.name, verdict.gate.name, 'gate', 'state'),
  firing: ofStop('caracal_rollout_stop_condition_firing', `${verdict.stop.name}{state="firing"}`),
  latched: ofStop(verdict.stopLatched.name, verdict.stopLatched.name),
  firingSince: whole('min', verdict.stopFiringSince, 'stop_condition'),
  latchedAt: whole('min', verdict.stopLatchedAt, 'stop_condition'),
  // A name that a chat might take for more than a name stays out of alerts; the page shows it.
  culprit: perRelease(
    'min',
    verdict.stopCulprit.name,
    `${verdict.stopCulprit.name}{culprit=~"[a-zA-Z0-9_.:/-]+"}`,
    ['stop_condition', 'culprit'],
  ),
  observed: whole('max', verdict.stopObserved, 'stop_condition', 'unit'),
  threshold: whole('max', verdict.stopThreshold, 'stop_condition', 'unit'),
  causeActive: whole('max', verdict.causeActive, 'cause'),
  causeSince: whole('min', verdict.causeSince, 'cause'),
  // At every scrape of two minutes: a single late answer is nothing to wake a person for. Of a daemon that has just been
  // started it is not known yet.
  causeLasting: perRelease(
    'max',
    'caracal_rollout_cause_active_2m',
    `(min_over_time(${cause}[2m]) and (${cause} offset 2m or ${cause} == 0))`,
    ['cause'],
  ),
  waivedUntil: whole('max', verdict.notEnforced, 'ref', 'mode'),
  expiredShadow: whole('max', verdict.expiredShadow, 'ref'),
  explained: whole('max', verdict.stopExplained, 'stop_condition', 'cause'),
  probeUp: whole('min', self.probeUp, 'probe'),
  stateStore: whole('min', self.stateStore),
  reload: whole('min', self.reloadOk),
  starved: whole('max', self.starved),
  // Taken at the scrape: by the next one any verdict has expired.
  overdue: perRelease(
    'max',
    'caracal_gate_exporter_verdict_overdue_seconds',
    `(timestamp(${verdict.expiry.name}) - ${verdict.expiry.name})`,
  ),
  // Compares the daemon's clock with nothing but itself.
  evaluations: perRelease(
    'min',
    'caracal_gate_exporter_evaluations_2m',
    `changes(${self.evaluated.name}[2m])`,
  ),
  links: whole('max', self.links, 'page_url', 'runbook_url'),
  replicas: {
    record: 'release:caracal_gate_exporter_replicas:count',
    expr: `count by ${ofRelease} (${self.release.name})`,
  },
} satisfies Record<string, Recording>

const { active } = recordings

/**
 * What was recorded last. A daemon that judges says it at every scrape, so what is over is over at once. Where scrapes
 * are missing the last one counts for five minutes: a daemon that is replaced needs a minute or two to be scraped again,
 * and CaracalGateExporterAbsent tells of one that stays away before this ends.
 */
export function lastSaid({ record }: Recording, matchers = ''): string {
  return `last_over_time(${record}${matchers}[5m])`
}

/** The expression, but for namespaces of releases in which this stop condition does not count. */
export function whileEnforced(stop: string, expr: string): string {
  const waived = `${recordings.waivedUntil.record}{ref="stop-conditions/${stop}"}`
  return `(${expr})
unless on (cluster, namespace)
  label_replace(${waived}, "namespace", "$1", "release_namespace", "(.+)")`
}

/** The expression, for releases that have a rollout under way. */
export function whileActive(expr: string): string {
  return `${expr}\nand on ${ofRelease} ${lastSaid(active)} == 1`
}

/** The expression, for releases that have none. */
export function whileIdle(expr: string): string {
  return `${expr}\nunless on ${ofRelease} ${lastSaid(active)} == 1`
}
