import type { Latch } from '../../../src/core/latch.ts'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import type { PageView } from '../../../src/http/page/view.ts'
import { finding, handMadeRules, play, rollout, start, type World } from './context.ts'
import { viewOfSnapshot } from './page-views.ts'

export const dead: World = new Map([
  ['audit-dlq-growing', finding('unmet', { message: 'x.dlq took 3 entries', key: 'x.dlq', target: 'redis' })],
])
export const blind: World = new Map([
  ['ready-sts', finding('unknown', { message: 'sts-0 did not answer', target: 'sts/sts-0' })],
])

/** A world in which a stop fired after ten seconds, for five, and is well again. */
export function latched(acknowledged?: Latch['acknowledged']): PageView {
  const world: World = new Map([
    ['replay-backlog-aging', finding('unmet', { message: 'x.dlq took 3 entries', key: 'x.dlq' })],
  ])
  const rules = handMadeRules(new Map())
  const fired = play(handMadeRules(world), 15, { ...initialSnapshot(start, rules), rollout })
  const well = play(rules, 60, fired)
  const status = well.stops.get('replay-backlog-aging')
  if (status?.latch === undefined || acknowledged === undefined) return viewOfSnapshot(well, rules)
  const stops = new Map(well.stops).set(status.id, { ...status, latch: { ...status.latch, acknowledged } })
  return viewOfSnapshot(play(rules, 60, { ...well, stops }), rules)
}
