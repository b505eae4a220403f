import * as signals from '../../../src/rules/signals.ts'
import { platformStreams, type GroupSpec } from '../../../src/rules/platform.ts'
import { plotPanel } from '../kinds.ts'
import type { Query, Row } from '../panels.ts'
import { aggregate, limit, max, select } from '../promql.ts'
import { colours } from '../states.ts'

const perGroup = ['stream', 'group']
const perReplica = ['component', 'replica']
const groups = platformStreams.flatMap((stream) => stream.groups)

/** A matcher for groups as their prefix or whole name has it. */
function groupsThat(operator: '=~' | '!~', holds: (group: GroupSpec) => boolean): string {
  const names = groups
    .filter(holds)
    .map(({ name, policy }) => (policy === 'per-replica' ? `${name}.*` : name))
  return `group${operator}"${names.join('|')}"`
}

/** Observers are groups that operators may read or leave: no limit is theirs. */
const judged = groupsThat('!~', ({ policy }) => policy === 'observer')
/** Groups that leave no entry unanswered when all is well. */
const answering = groupsThat(
  '!~',
  ({ policy, pendingIsResidue }) => policy === 'observer' || pendingIsResidue === true,
)
/** Groups whose consumers ask again and again; the others block for as long as nothing comes. */
const asking = groupsThat('=~', ({ asksEvery }) => asksEvery !== undefined)

const noRedis = 'Redis is not seen, or its streams are not there: see "Looks" below.'
const noPostgres = 'Postgres is not seen: see "Looks" below.'
const noReplica = 'No replica answers on /metrics: most often the bearer is missing or wrong.'
const component = 'component=~"$component"'

function limitOf(name: string, legend = 'limit'): Query {
  return { expr: limit(name), legend }
}

const panel = { width: 8, height: 8 }

export const eventsRow: Row = {
  id: 500,
  title: 'Events',
  panels: [
    plotPanel({
      ...panel,
      id: 501,
      title: 'Entries not read',
      description:
        'Entries that a consumer group was never given; groups of observers are left out. Good is near zero, with peaks that fall on their own. A line that rises steadily is a consumer that is dead or too slow: see its pods. A gap means that Redis itself does not know.',
      unit: 'short',
      decimals: 0,
      queries: [{ expr: max(select(signals.groupLag, judged), perGroup), legend: '{{group}}' }],
      limits: [limitOf('streams.lagEntries')],
      noData: noRedis,
    }),
    plotPanel({
      ...panel,
      id: 502,
      title: 'Oldest entry without an answer',
      description:
        'Age of the oldest entry that a group was given and did not acknowledge; groups that leave failed entries until their next start are left out. Good is a few seconds. What grows in step with the clock is an entry that its consumer fails on again and again: look for it in the logs.',
      unit: 's',
      queries: [
        { expr: max(select(signals.groupOldestPendingAge, answering), perGroup), legend: '{{group}}' },
      ],
      limits: [limitOf('streams.pendingAgeSeconds')],
      noData: noRedis,
    }),
    plotPanel({
      ...panel,
      id: 503,
      title: 'Entries added',
      description:
        'Entries that come in each second, by stream. It tells a backlog that grows because more comes from one that grows because no consumer reads. There is no good value; a stream that falls silent in a rollout is worth a question.',
      unit: 'cps',
      queries: [
        {
          expr: max(`rate(${signals.streamEntriesAdded.name}[$__rate_interval])`, ['stream']),
          legend: '{{stream}}',
        },
      ],
      noData: noRedis,
    }),
    plotPanel({
      ...panel,
      id: 504,
      title: 'Dead letters',
      description:
        'Entries that the dead-letter streams hold. Good is zero, or a number that was there before and does not rise. Each one more is an event that is never handled: read it, then replay or drop it.',
      unit: 'short',
      decimals: 0,
      queries: [{ expr: max(signals.deadLetterEntries.name, ['stream']), legend: '{{stream}}' }],
      noData: noRedis,
    }),
    plotPanel({
      ...panel,
      id: 505,
      title: 'Dead letters that arrived',
      description:
        'Arrivals within the interval of rates, four scrapes or more; replay and trimming cannot hide them. Good is nothing at all; a bar is the moment to find in the logs of the consumer.',
      unit: 'short',
      decimals: 1,
      bars: true,
      queries: [
        {
          expr: max(`increase(${signals.deadLetterArrivals.name}[$__rate_interval])`, ['stream']),
          legend: '{{stream}}',
        },
      ],
      noData: noRedis,
    }),
    plotPanel({
      ...panel,
      id: 506,
      title: 'Revocation snapshots',
      description:
        'Age of the revocation snapshot of each Gateway replica. Good is a saw that stays below the limit. Above it the Gateway refuses requests; see whether it reaches STS and Redis.',
      unit: 's',
      queries: [{ expr: max(signals.snapshotAge.name, perReplica), legend: '{{replica}}' }],
      limits: [limitOf('revocation.snapshotAgeSeconds')],
      noData: noReplica,
    }),
    plotPanel({
      ...panel,
      id: 507,
      title: 'Outboxes: oldest row that waits',
      description:
        'Age of the oldest row that was not dispatched, by outbox. Good is a few seconds. It is the early sign: a row takes more than an hour to be given up. See the logs of the service and whether it reaches Redis.',
      unit: 's',
      queries: [{ expr: max(signals.outboxOldestPending.name, ['outbox']), legend: '{{outbox}}' }],
      limits: [limitOf('outbox.pendingAgeSeconds')],
      noData: noPostgres,
    }),
    plotPanel({
      ...panel,
      id: 508,
      title: 'Outboxes: rows',
      description:
        'Rows that wait, and rows that were given up ("dead"). Good is few that wait and no dead one. A dead row is lost unless an operator sends it again; counting ends at 10001.',
      unit: 'short',
      decimals: 0,
      queries: [
        { expr: max(signals.outboxMessages.name, ['outbox', 'state']), legend: '{{outbox}} {{state}}' },
      ],
      limits: [
        limitOf('outbox.pendingRows', 'limit of waiting rows'),
        limitOf('outbox.deadRows', 'limit of dead rows'),
      ],
      noData: noPostgres,
    }),
    plotPanel({
      ...panel,
      id: 509,
      title: 'Audit replay',
      description:
        'Age of the oldest audit event that a replica keeps on disk because it could not be sent. Good is zero. What ages there is evidence that was not delivered yet: see whether the replica reaches Redis and the Audit service.',
      unit: 's',
      queries: [{ expr: max(select(signals.replayOldestAge, component), perReplica), legend: '{{replica}}' }],
      limits: [limitOf('replay.oldestAgeSeconds')],
      noData: noReplica,
    }),
    plotPanel({
      ...panel,
      id: 510,
      title: 'Evidence lost and tampering',
      description:
        'Audit events that replicas dropped, entries trimmed before they were read, and findings of the tamper sweep, all counted. Good is flat. Any rise is for the security officer before it is for you.',
      unit: 'short',
      decimals: 0,
      colours: { dropped: colours.bad, trimmed: colours.other, 'tamper findings': colours.moving },
      queries: [
        { expr: aggregate('sum', max(signals.evidenceDropped.name, perReplica)), legend: 'dropped' },
        { expr: aggregate('sum', max(signals.groupLost.name, perGroup)), legend: 'trimmed' },
        {
          expr: aggregate('sum', max(signals.tamperFindings.name, [...perReplica, 'kind'])),
          legend: 'tamper findings',
        },
      ],
      noData: noReplica,
    }),
    plotPanel({
      ...panel,
      id: 511,
      title: 'Exchange and policy',
      description:
        'How often Gateways opened their circuit towards STS, failed to reload revocations, and how often STS failed on a policy, within the interval of rates. Good is nothing. A circuit that opens means that STS is slow or gone.',
      unit: 'short',
      decimals: 1,
      bars: true,
      queries: [
        {
          expr: aggregate(
            'sum',
            max(`increase(${signals.circuitOpened.name}[$__rate_interval])`, perReplica),
          ),
          legend: 'circuit opened',
        },
        {
          expr: aggregate(
            'sum',
            max(`increase(${signals.policyErrors.name}[$__rate_interval])`, [...perReplica, 'kind']),
          ),
          legend: 'policy errors',
        },
        {
          expr: aggregate(
            'sum',
            max(`increase(${signals.snapshotReloadErrors.name}[$__rate_interval])`, perReplica),
          ),
          legend: 'failed reloads',
        },
      ],
      noData: noReplica,
    }),
    plotPanel({
      ...panel,
      id: 512,
      title: 'Time since a consumer asked',
      description:
        'For how long no consumer of a group has asked for entries; groups whose consumers block for as long as nothing comes are left out. Good is below the limit. A group without a reader has a dead consumer: see its pods.',
      unit: 's',
      queries: [{ expr: max(select(signals.groupConsumerIdle, asking), perGroup), legend: '{{group}}' }],
      limits: [limitOf('streams.consumerIdleSeconds')],
      noData: noRedis,
    }),
  ],
}
