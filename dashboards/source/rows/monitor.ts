import { selfFamilies as self, verdictFamilies as verdict } from '../../../src/contract/families.ts'
import { observedFamilies as observed } from '../../../src/contract/observed-families.ts'
import { plotPanel, statPanel, timelinePanel } from '../kinds.ts'
import type { Row } from '../panels.ts'
import { aggregate, max, min, orNotSeen, stateNow, theRelease, within } from '../promql.ts'
import { colours, verdictSet, words } from '../states.ts'

const gone = 'No exporter of this release is scraped.'
const look = ['probe', 'target']
const exporter = ['namespace', 'instance']
const yesNo = words({ 0: ['NO', colours.bad], 1: ['yes', colours.good] })

/** The verdict of each exporter, so that a difference shows. */
const verdicts = stateNow(verdict.verdict, verdictSet, { by: exporter })

function rate(name: string): string {
  return `rate(${name}[$__rate_interval])`
}

const small = { width: 4, height: 4 }

export const monitorRow: Row = {
  id: 700,
  title: 'Can I trust the monitor?',
  panels: [
    statPanel({
      ...small,
      id: 701,
      title: 'Exporters scraped',
      description:
        'Replicas of the exporter that Prometheus reaches. Good is as many as the Deployment has. None means that this page shows nothing: see the targets of Prometheus, its ServiceMonitor and the NetworkPolicy.',
      unit: 'none',
      decimals: 0,
      queries: [{ expr: aggregate('count', within(theRelease, self.release.name)) }],
      noData: 'none',
    }),
    statPanel({
      ...small,
      id: 702,
      title: 'Exporters agree',
      description:
        'Whether all replicas of the exporter have the same verdict. A moment of difference is normal; if it stays, one of them sees something that the others do not: compare "Looks" by instance.',
      unit: 'none',
      mappings: yesNo,
      queries: [{ expr: `${aggregate('max', verdicts)} == bool ${aggregate('min', verdicts)}` }],
      noData: 'no data',
    }),
    statPanel({
      ...small,
      id: 703,
      title: 'All is seen',
      description:
        'Probe attempts that succeed and still count, of all. Good is 100 %. What is not seen is unknown and holds the rollout: find it in "Looks" and the reason beside it.',
      unit: 'percentunit',
      decimals: 0,
      queries: [{ expr: aggregate('avg', max(self.targetUp.name, ['probe', 'target'])) }],
      base: colours.waiting,
      steps: [[1, colours.good]],
      noData: 'no data',
    }),
    statPanel({
      ...small,
      id: 704,
      title: 'Memory is kept',
      description:
        'Whether latches and the ledger can be written. Else a restart forgets what fired: see the file or ConfigMap that holds the state.',
      unit: 'none',
      mappings: yesNo,
      queries: [{ expr: min(self.stateStore.name) }],
      noData: 'no data',
    }),
    statPanel({
      ...small,
      id: 705,
      title: 'Configuration in force',
      description:
        'Whether the last reload of the configuration succeeded. Else the one before it stays in force, and what you changed does not count: see the log, or caracal-gate check-config.',
      unit: 'none',
      mappings: yesNo,
      queries: [{ expr: min(self.reloadOk.name) }],
      noData: 'no data',
    }),
    statPanel({
      ...small,
      id: 706,
      title: 'Running since',
      description:
        'For how long the exporter that started last has run. One that restarts over and over forgets nothing, but holds until it has seen everything again.',
      unit: 'dtdurations',
      decimals: 0,
      queries: [{ expr: `time() - ${max(self.start.name)}` }],
      noData: 'no data',
    }),
    timelinePanel({
      id: 707,
      title: 'Probe attempts',
      description:
        'Each target of each probe: seen, or not seen at its last probe attempt. Good is green everywhere. One replica in grey is that pod; all targets of one probe in grey are its credentials or a NetworkPolicy.',
      width: 14,
      height: 16,
      mappings: words({ 0: ['not seen', colours.unknown], 1: ['seen', colours.good] }),
      queries: [
        {
          expr: orNotSeen(max(self.targetUp.name, look), self.targetUp.name, { by: look }),
          legend: '{{probe}} {{target}}',
        },
      ],
      noData: gone,
    }),
    plotPanel({
      id: 708,
      title: 'Failed probe attempts by reason',
      description:
        'Probe attempts that failed each second, by probe and reason. Good is nothing. unauthorized: the bearer or password; unreachable or timeout: the network or the target; malformed: something else answers there.',
      width: 10,
      height: 8,
      unit: 'cps',
      queries: [
        {
          expr: aggregate('sum', within(theRelease, rate(self.probeFailures.name)), ['probe', 'reason']),
          legend: '{{probe}} {{reason}}',
        },
      ],
      noData: 'No probe attempt has failed yet.',
    }),
    plotPanel({
      id: 709,
      title: 'Time since each probe saw all of its targets',
      description:
        'Age of the oldest last success among the targets of a probe, at the scrape. Good is a saw as high as the interval of the probe. A line that climbs is a target that is not seen any more.',
      width: 10,
      height: 8,
      unit: 's',
      queries: [
        {
          expr: max(`timestamp(${self.probeLastSuccess.name}) - ${self.probeLastSuccess.name}`, ['probe']),
          legend: '{{probe}}',
        },
      ],
      noData: 'No probe has seen all of its targets yet.',
    }),
    plotPanel({
      id: 710,
      title: 'Time of an evaluation',
      description:
        'Mean time that an evaluation took. Good is a few milliseconds. More than a tenth of a second says that the exporter has too little CPU: see its throttling.',
      width: 8,
      height: 7,
      unit: 's',
      queries: [
        {
          expr: max(
            `${rate(`${observed.evaluation.name}_sum`)} / ${rate(`${observed.evaluation.name}_count`)}`,
          ),
          legend: 'mean',
        },
      ],
      noData: gone,
    }),
    plotPanel({
      id: 711,
      title: 'What watching costs',
      description:
        'Share of one second that each dependency spends on requests of all exporters, as seen from outside. Good is below a few percent; waiting in a blocking read is not counted, waiting for a target that hangs is. More while all targets answer: lengthen the intervals of the probes.',
      width: 8,
      height: 7,
      unit: 'percentunit',
      decimals: 1,
      queries: [
        {
          expr: aggregate('sum', within(theRelease, rate(self.cost.name)), ['dependency']),
          legend: '{{dependency}}',
        },
      ],
      noData: gone,
    }),
    plotPanel({
      id: 712,
      title: 'Who waits for the verdict',
      description:
        'Clients that wait for a change, and those that listen to events. In a rollout there should be at least one: otherwise no pipeline asks the gate. None is right when nothing is rolled out.',
      width: 8,
      height: 7,
      unit: 'none',
      decimals: 0,
      queries: [
        { expr: aggregate('sum', within(theRelease, self.waiters.name)), legend: 'wait for a change' },
        { expr: aggregate('sum', within(theRelease, self.streams.name)), legend: 'listen to events' },
      ],
      noData: gone,
    }),
  ],
}
