import { describe, expect, it } from 'vitest'
import type { Rollout } from '../../../src/core/rollout.ts'
import type { Latch } from '../../../src/core/latch.ts'
import { append, type Event } from '../../../src/rollout/ledger.ts'
import { nothingRemembered, type Memory } from '../../../src/rollout/memory.ts'
import { merge } from '../../../src/rollout/merge.ts'

const nothing = nothingRemembered

function rollout(id: string, startedAt: number, rest: Partial<Rollout> = {}): Rollout {
  return { id, phase: 'rolling', startedAt, detectedBy: 'declared', ...rest }
}

function latch(at: number, rest: Partial<Latch> = {}): Latch {
  return { at, reason: 'deep', message: 'it is', culprits: ['a'], preexisting: false, proven: true, ...rest }
}

function acknowledged(at: number): Pick<Latch, 'acknowledged'> {
  return { acknowledged: { actor: 'ann', reason: 'seen', at } }
}

/** Memories of one rollout, each with its latch of the one stop condition. */
function latches(base: Latch | undefined, ours: Latch | undefined, theirs: Latch | undefined) {
  const [one, two, three] = [base, ours, theirs].map((held): Memory => {
    return { ...nothing, rollout: rollout('r1', 0), latches: held === undefined ? {} : { deep: held } }
  })
  if (one === undefined || two === undefined || three === undefined) throw new Error('three were given')
  const there = merge(one, two, three).latches['deep']
  expect(merge(one, three, two).latches['deep']).toEqual(there)
  return there
}

function line(at: number, subject: string, to: string, rest: Partial<Event> = {}): Event {
  return { at, kind: 'transition', subject, message: `at ${at}`, to, ...rest }
}

function told(memory: Memory, ...events: readonly Event[]): Memory {
  return { ...memory, ledger: append(memory.ledger, events) }
}

describe('latches of one rollout', () => {
  it('are kept when only one replica has seen it fire', () => {
    expect(latches(undefined, latch(5), undefined)).toEqual(latch(5))
  })

  it('count as acknowledged when either was told so', () => {
    const done = latch(5, acknowledged(9))
    expect(latches(latch(5), latch(5), done)).toEqual(done)
    expect(latches(undefined, latch(5), done)).toEqual(done)
  })

  it('of one firing that both saw are one: the first, with all culprits, proven when either proved it', () => {
    const [first, second] = [latch(5, { proven: false }), latch(7, { culprits: ['b', 'a'] })]
    expect(latches(undefined, first, second)).toEqual(latch(5, { culprits: ['a', 'b'] }))
  })

  it('are blamed on the rollout when either knows that it is to blame', () => {
    expect(latches(undefined, latch(5, { preexisting: true }), latch(9))).toMatchObject({
      at: 9,
      preexisting: false,
    })
  })

  it.each<[string, Latch, number | undefined]>([
    ['what the other latched well before', latch(4_000), 10_000],
    ['the same culprits shortly before', latch(9_500), 10_000],
    [
      'not other culprits so shortly before that clocks may lie',
      latch(9_500, { culprits: ['b'] }),
      undefined,
    ],
    ['not what fired after it', latch(10_001), undefined],
  ])('are acknowledged at one replica while the other could not be reached: %s', (_, other, at) => {
    const merged = latches(undefined, latch(4_100, acknowledged(10_000)), other)
    expect(merged?.acknowledged?.at).toBe(at)
  })

  it('that fired again after an acknowledgement are not covered by it', () => {
    const [done, again] = [latch(5, acknowledged(9)), latch(20)]
    expect(latches(latch(5), done, latch(5))).toEqual(done)
    expect(latches(done, done, again)).toEqual(again)
    expect(latches(latch(5), latch(5), again)).toEqual(again)
  })

  it('keep what was acknowledged last', () => {
    expect(latches(undefined, latch(5, acknowledged(9)), latch(20, acknowledged(30)))?.acknowledged?.at).toBe(
      30,
    )
  })

  it('say whether what was there before was seen to end', () => {
    const held = latch(5, { preexisting: true })
    expect(latches(held, held, { ...held, over: true })).toEqual({ ...held, over: true })
  })
})

describe('two rollouts', () => {
  const old = { ...nothing, rollout: rollout('r1', 100), latches: { deep: latch(120) } }

  it('are one when both noticed the same, from the first sight on', () => {
    const [one, two] = [
      rollout('r5', 1_000),
      rollout('r5', 1_200, { detectedBy: 'helm-revision', chart: 'c' }),
    ]
    const merged = merge(old, { ...old, rollout: one }, { ...old, rollout: two })
    expect(merged.rollout).toEqual({ ...one, chart: 'c' })
    const baselines = (startedAt: number) => ({
      'follow:rollout': startedAt,
      'rollout:template/api': startedAt,
    })
    const based = merge(
      old,
      { ...old, rollout: two, baselines: baselines(1_200) },
      { ...old, rollout: one, baselines: baselines(1_000) },
    )
    expect(based.baselines).toEqual(baselines(1_000))
  })

  it('that both began are decided by the later; the other is in the history, with its stops and its end', () => {
    const begun = (id: string, at: number) => line(at, id, 'rolling', { kind: 'rollout-begun', rollout: id })
    const ours = told(
      { ...old, rollout: rollout('r2', 200), latches: { deep: latch(210) } },
      begun('r2', 200),
    )
    const theirs = told({ ...old, rollout: rollout('r3', 205), latches: {} }, begun('r3', 205))
    const merged = merge(old, ours, theirs)
    expect(merged.rollout?.id).toBe('r3')
    expect(merged.latches).toEqual({})
    expect(merged.history).toMatchObject([
      { rollout: { id: 'r2', phase: 'failed', finishedAt: 205 }, stops: { deep: { at: 210 } } },
    ])
    expect(merged.history[0]?.ledger.map(({ kind }) => kind)).toEqual(['rollout-begun', 'rollout-finished'])
  })

  it('of which one replaced the other knowingly are not decided by clocks', () => {
    const behind = { ...old, rollout: rollout('r2', 90), latches: {} }
    expect(merge(old, old, behind).rollout?.id).toBe('r2')
    expect(merge(old, behind, old).rollout?.id).toBe('r2')
  })

  it('of one id, begun again after another, are two', () => {
    const again = { ...old, rollout: rollout('r1', 500), latches: {} }
    const ended = { ...old, rollout: rollout('r1', 100, { phase: 'failed', finishedAt: 300 }), latches: {} }
    expect(merge(old, ended, again).rollout).toEqual(again.rollout)
  })

  it('take baselines from the one that counts', () => {
    const ours = { ...old, rollout: rollout('r2', 200), baselines: { 'rollout:x': 1, count: 4 } }
    const theirs = { ...old, rollout: rollout('r3', 300), baselines: { 'rollout:y': 2, count: 3 } }
    expect(merge(old, ours, theirs).baselines).toEqual({ 'rollout:y': 2, count: 3 })
  })
})

describe('a rollout that ended at one replica', () => {
  const base = { ...nothing, rollout: rollout('r1', 100), latches: { old: latch(110) } }
  const going = { ...base, latches: { ...base.latches, deep: latch(150) } }
  function ended(phase: 'done' | 'failed'): Memory {
    const over = rollout('r1', 100, { phase, finishedAt: 160 })
    return {
      ...base,
      rollout: over,
      latches: {},
      history: [{ rollout: over, stops: base.latches, ledger: [] }],
    }
  }

  it('as done is still stopped by what the other had latched meanwhile', () => {
    const merged = merge(base, going, ended('done'))
    expect(merged.rollout?.phase).toBe('done')
    expect(Object.keys(merged.latches)).toEqual(['deep'])
  })

  it('as failed is over', () => {
    const merged = merge(base, ended('failed'), going)
    expect(merged.rollout?.phase).toBe('failed')
    expect(merged.latches).toEqual({})
  })

  it.each(['done', 'failed'] as const)('as %s has in its history what either has latched', (phase) => {
    const [record] = merge(base, going, ended(phase)).history
    expect(Object.keys(record?.stops ?? {}).toSorted()).toEqual(['deep', 'old'])
  })
})

describe('baselines', () => {
  const baselines = (baselines: Memory['baselines']): Memory => ({ ...nothing, baselines })

  it.each([
    ['what only one has changed', { x: 1 }, { x: 1 }, { x: 8 }, { x: 8 }],
    ['what only one has taken away', { x: 1 }, {}, { x: 1 }, {}],
    ['of two changes the lower, which fires where the other hides', { x: 1 }, { x: 9 }, { x: 7 }, { x: 7 }],
    ['a change rather than its removal', { x: 1 }, {}, { x: 7 }, { x: 7 }],
    [
      'what is newer, where it is only noted',
      { 'seen:x': 1 },
      { 'seen:x': 3 },
      { 'seen:x': 2 },
      { 'seen:x': 3 },
    ],
  ])('are %s', (_, base, ours, theirs, expected) => {
    expect(merge(baselines(base), baselines(ours), baselines(theirs)).baselines).toEqual(expected)
    expect(merge(baselines(base), baselines(theirs), baselines(ours)).baselines).toEqual(expected)
  })
})

describe('impediments', () => {
  const impeded = { ...nothing, impediments: { 'state-unreadable': 'lost' } }

  it('are gone with the rollout that another replica began', () => {
    expect(merge(nothing, impeded, { ...nothing, rollout: rollout('r1', 5) }).impediments).toBeUndefined()
  })

  it('stay while none begins', () => {
    expect(merge(nothing, impeded, nothing).impediments).toEqual(impeded.impediments)
    expect(merge(impeded, impeded, nothing).impediments).toBeUndefined()
  })
})
