import { partOf } from '../core/amount.ts'
import type { Account, Evidence } from '../core/evidence.ts'
import { isTrue } from '../core/claim.ts'
import { unknown, unseen, type Condition, type Finding, type Level } from '../core/finding.ts'
import type { Reading, Signal } from '../core/signal.ts'
import type { Limits } from './limits.ts'
import {
  postgresAccepts,
  postgresConnectionLimit,
  postgresConnectionsInUse,
  postgresServerConnections,
  postgresServerLimit,
} from './signals.ts'

/** No service uses up its connections, the server has some left, and it grants one when asked. */
export function connectionsAvailable(limits: Limits['postgres']): Condition {
  return {
    claims: 'connections to Postgres are available to every service',
    signals: [
      postgresConnectionsInUse,
      postgresConnectionLimit,
      postgresServerConnections,
      postgresServerLimit,
      postgresAccepts,
    ],
    judge: (evidence) => [
      ...isTrue(evidence.of(postgresAccepts), postgresAccepts, {
        reason: 'connection_refused_by_limit',
        describe: ({ reading }) =>
          reading.value === 1
            ? 'Postgres grants connections'
            : 'Postgres grants no connection: its limit is reached',
      }),
      ...shares(
        evidence,
        postgresConnectionsInUse,
        postgresConnectionLimit,
        limits.inUseRatio,
        'pool_saturated',
      ),
      ...shares(
        evidence,
        postgresServerConnections,
        postgresServerLimit,
        limits.inUseRatio,
        'server_saturated',
      ),
    ],
  }
}

/** Judges each used amount as a share of its limit; a side that is not known makes the share unknown. */
export function shares(
  evidence: Evidence,
  used: Signal,
  limit: Signal,
  level: Level,
  reason: string,
): readonly Finding[] {
  const amounts = evidence.of(used)
  const bounds = evidence.of(limit)
  const seen = amounts.readings.flatMap(({ reading, target }): Finding[] => {
    const bound = bounds.readings.find((candidate) => sameLabels(candidate.reading.labels, reading.labels))
    if (bound === undefined || bound.reading.value <= 0)
      return hides(bounds, reading) ? [] : [limitless(reading.labels['component'] ?? target.id, target.id)]
    const share = reading.value / bound.reading.value
    const answer = share > level.trip ? 'unmet' : share > level.clear ? 'near' : 'met'
    const who = reading.labels['component'] ?? target.id
    const limitText = bound.reading.detail === undefined ? '' : ` (${bound.reading.detail})`
    return [
      {
        key: who,
        answer,
        reason: answer === 'unmet' ? reason : 'ok',
        message: `${who} uses ${partOf(reading.value, bound.reading.value, used.unit)}${limitText}`,
        // Rounded, a share just above the limit would stand beside it as if it were the limit.
        observed: { value: share, unit: 'ratio' },
        threshold: { op: '<=', value: level.trip, clear: level.clear },
        target: target.id,
      },
    ]
  })
  return [...seen, ...blind(amounts), ...blind(bounds)]
}

function limitless(who: string, target: string): Finding {
  const message = `nothing says how much ${who} may use`
  return unknown(who, { unknownReason: 'ambiguous', reason: 'limit_unknown', message }, target)
}

/** Whether a blind spot says already why the limit of this amount is not known. */
function hides(bounds: Account, { labels }: Reading): boolean {
  return bounds.unseen.some(
    (spot) => spot.labels['component'] === undefined || sameLabels(spot.labels, labels),
  )
}

function blind(account: Account): readonly Finding[] {
  return account.unseen.map((spot) => unseen(spot))
}

function sameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  return a['component'] === b['component']
}
