import type { Results } from './results.ts'
import { table } from './table.ts'
import { short, summarise } from './statistics.ts'

/** The stack of Prometheus beside the daemon, one run and one platform; empty where it was not measured. */
export function peerReport({ peers, latencies, brisk, running, work }: Results): readonly string[] {
  if (peers === undefined) return []
  const ratio = (ours: number, theirs: number) => [
    short(ours),
    short(theirs),
    theirs > 0 ? (ours / theirs).toFixed(2) : '',
  ]
  const added = (of: Results['work']['brisk']) => of.postgres - work.idle.postgres
  const most = (lines: Readonly<Record<string, number>>) => Math.max(...Object.values(lines))
  const costs = [
    ['CPU, ms/s', ...ratio(brisk.cpu, peers.cpu)],
    ['RSS, MB', ...ratio(running[0]?.resident ?? Number.NaN, peers.resident)],
    ['CPU of Postgres because of it, ms/s', ...ratio(added(work.brisk), added(peers.work))],
    ['log lines a minute of the replica that writes most', ...ratio(most(brisk.lines), most(peers.lines))],
  ]
  const seen = peers.latencies.map(({ fault, sample }) => {
    const ours = latencies.find((each) => each.fault === fault && each.cadence === 'brisk')
    const theirs = summarise(sample)
    const own = ours === undefined ? undefined : summarise(ours.sample)
    return [
      fault,
      own === undefined ? '' : `${short(own.median)} / ${short(own.worst)}`,
      `${short(theirs.median)} / ${short(theirs.worst)}`,
      own === undefined ? '' : (own.median / theirs.median).toFixed(2),
    ]
  })
  return [
    '### Beside Prometheus\n\nPrometheus, Alertmanager and the exporters of Redis, Postgres and HTTP as Debian has them: scrapes ' +
      'and rules each second, no `for`, against the same platform in the same run, the daemon stopped. The daemon is ' +
      'brisk. Times are milliseconds from the fault to `/gates`, and to the alert that fires: median / worst.',
    table(['what', 'daemon', 'Prometheus', 'ratio'], costs),
    table(['fault', 'daemon', 'Prometheus', 'ratio of medians'], seen),
  ]
}
