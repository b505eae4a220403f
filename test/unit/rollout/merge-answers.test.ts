import { describe, expect, it } from 'vitest'
import type { Rollout } from '../../../src/core/rollout.ts'
import type { Latch } from '../../../src/core/latch.ts'
import { nothingRemembered as nothing, type Memory } from '../../../src/rollout/memory.ts'
import { merge } from '../../../src/rollout/merge.ts'

function rollout(id: string, startedAt: number, rest: Partial<Rollout> = {}): Rollout {
  return { id, phase: 'rolling', startedAt, detectedBy: 'declared', ...rest }
}

function latch(at: number, rest: Partial<Latch> = {}): Latch {
  return { at, reason: 'deep', message: 'it is', culprits: ['a'], preexisting: false, proven: true, ...rest }
}

function acknowledged(at: number): Pick<Latch, 'acknowledged'> {
  return { acknowledged: { actor: 'ann', reason: 'seen', at } }
}

describe('what one replica answered while the other went on', () => {
  const held = { ...nothing, rollout: rollout('r1', 100), latches: { deep: latch(110) } }
  const acting = { ...held, latches: { deep: latch(110, acknowledged(150)) } }

  /** The other has ended the rollout, with what it knew of its latches, and begun another where one is named. */
  function over(end: Partial<Rollout>, next?: string): Memory {
    const past = rollout('r1', 100, { finishedAt: 160, ...end })
    return {
      ...held,
      rollout: next === undefined ? past : rollout(next, 160),
      latches: {},
      history: [{ rollout: past, stops: held.latches, ledger: [] }],
    }
  }

  it('X75: an end is kept where the other has put another rollout in its place', () => {
    const done = over({ phase: 'done' })
    const superseded = over({ phase: 'failed', supersededBy: 'r2' }, 'r2')
    for (const merged of [merge(held, done, superseded), merge(held, superseded, done)]) {
      expect(merged.rollout?.id).toBe('r2')
      expect(merged.history.map((record) => record.rollout)).toEqual([done.rollout])
    }
  })

  it('X75: of two ends that were told the failed one is kept, and that one was forced', () => {
    const forced = { actor: 'ann', reason: 'why' }
    const [done, failed] = [over({ phase: 'done', forced }), over({ phase: 'failed' })]
    for (const merged of [merge(held, done, failed), merge(held, failed, done)])
      expect(merged.history.map(({ rollout: { phase } }) => phase)).toEqual(['failed'])
    for (const merged of [
      merge(held, done, over({ phase: 'done' })),
      merge(held, over({ phase: 'done' }), done),
    ])
      expect(merged.rollout?.forced).toEqual(forced)
  })

  it.each<[string, Memory]>([
    ['ended', over({ phase: 'failed' })],
    ['superseded', over({ phase: 'failed', supersededBy: 'r2' }, 'r2')],
    ['ended, and begun another after', over({ phase: 'done' }, 'r2')],
  ])('X76: an acknowledgement is in the record of a rollout that the other has %s', (_, other) => {
    for (const merged of [merge(held, acting, other), merge(held, other, acting)])
      expect(merged.history.map(({ stops }) => stops['deep']?.acknowledged?.at)).toEqual([150])
  })
})
