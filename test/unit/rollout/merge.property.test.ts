import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isActive } from '../../../src/core/rollout.ts'
import { begin } from '../../../src/rollout/commands.ts'
import { firstBroken } from '../../../src/rollout/ledger.ts'
import type { Memory, PastRollout } from '../../../src/rollout/memory.ts'
import { merge } from '../../../src/rollout/merge.ts'
import { author, play, scenes, type Run, type Scene } from './merge-traces.ts'
import { canonical, copyOf, isTold, looks, started, takesEvidence, type Shelf } from './two-replicas.ts'

const patient = 120_000
const runs = { numRuns: 500 }

function stopsIn({ shelf: { memory } }: Run, rollout: string): Memory['latches'] | undefined {
  const isCurrent = memory.rollout?.id === rollout && isActive(memory.rollout)
  // Two replicas that do not hear each other may begin one of the same id each: what fired in either is kept.
  const past = memory.history.filter((record) => record.rollout.id === rollout)
  if (past.length === 0 && !isCurrent) return undefined
  return Object.assign({}, ...past.map(({ stops }) => stops), memory.latches) as Memory['latches']
}

/** Whether no other rollout of the trace can have this id. */
function isOneLife(id: string): boolean {
  return id.startsWith('r')
}

/** What is remembered of a rollout, whether it is the current one or over. */
function recordOf({ shelf: { memory } }: Run, id: string): PastRollout {
  const past = memory.history.findLast(({ rollout }) => rollout.id === id)
  if (past !== undefined) return past
  const { rollout, latches: stops, ledger } = memory
  if (rollout?.id !== id) throw new Error(`nothing is known of ${id}`)
  return { rollout, stops, ledger: ledger.filter((line) => line.rollout === id) }
}

describe('two replicas that both judge and are told things', () => {
  it('R60: agree in the end, and their ledger is one chain', { timeout: patient }, () => {
    fc.assert(
      fc.property(scenes, (trace) => {
        const { replicas, shelf } = play(trace)
        const [one, two] = replicas.map(({ held }) => held)
        for (const part of ['rollout', 'latches', 'evidence', 'history', 'ledger', 'impediments'] as const)
          expect(canonical(one?.memory[part])).toBe(canonical(two?.memory[part]))
        for (const held of [one, two]) {
          expect(held?.snapshot.rollout).toEqual(shelf.memory.rollout)
          for (const [id, { at, acknowledged }] of Object.entries(shelf.memory.latches)) {
            const latch = held?.snapshot.stops.get(id)?.latch
            expect([latch?.at, latch?.acknowledged]).toEqual([at, acknowledged])
          }
        }
        expect(firstBroken(shelf.memory.ledger)).toBeUndefined()
        for (const record of shelf.memory.history)
          for (const line of record.ledger) expect(line.rollout).toBe(record.rollout.id)
      }),
      runs,
    )
  })

  it('R60: lose no latch', { timeout: patient }, () => {
    fc.assert(
      fc.property(scenes, (trace) => {
        const run = play(trace)
        for (const key of run.latched.keys()) {
          const [rollout = '', stop = ''] = key.split('/')
          const stops = stopsIn(run, rollout)
          if (stops !== undefined)
            expect([key, Object.keys(stops)]).toEqual([key, expect.arrayContaining([stop])])
        }
      }),
      runs,
    )
  })

  it('R60: never bring back what was acknowledged, unless it fired again', { timeout: patient }, () => {
    fc.assert(
      fc.property(scenes, (trace) => {
        const run = play(trace)
        for (const [key, at] of run.acknowledged) {
          const [rollout = '', stop = ''] = key.split('/')
          const { memory } = run.shelf
          const latch = memory.latches[stop]
          if (memory.rollout?.id !== rollout || latch === undefined) continue
          const again = (run.firstLatched.get(key) ?? []).some((began) => began > at)
          if (!again) expect([key, latch.acknowledged?.at]).toEqual([key, expect.any(Number)])
        }
      }),
      runs,
    )
  })

  it(
    'X75: R76: keep the end that was answered, also where the other has put another in its place',
    { timeout: patient },
    () => {
      fc.assert(
        fc.property(scenes, (trace) => {
          const run = play(trace)
          for (const [id, outcomes] of run.ended)
            if (isOneLife(id)) {
              const { rollout } = recordOf(run, id)
              expect([id, rollout.phase]).toEqual([id, outcomes.has('failed') ? 'failed' : 'done'])
              expect(rollout.supersededBy).toBeUndefined()
            }
        }),
        runs,
      )
    },
  )

  it(
    'X76: R76: keep what was acknowledged in the record of the rollout, unless it fired again',
    { timeout: patient },
    () => {
      fc.assert(
        fc.property(scenes, (trace) => {
          const run = play(trace)
          for (const [key, at] of run.acknowledged) {
            const [id = '', stop = ''] = key.split('/')
            if (!isOneLife(id) || run.firstLatched.get(key)?.some((began) => began > at) === true) continue
            const { stops, ledger } = recordOf(run, id)
            expect([key, stops[stop]?.acknowledged?.at]).toEqual([key, expect.any(Number)])
            expect(ledger.map(({ kind }) => kind)).toContain('acknowledged')
          }
        }),
        runs,
      )
    },
  )

  it('R60: keep the newest evidence', { timeout: patient }, () => {
    fc.assert(
      fc.property(scenes, (trace) => {
        const { shelf, evidence } = play(trace)
        const newest = shelf.memory.evidence.map(({ at }) => at).toSorted((a, b) => b - a)[0]
        expect(newest).toBe(evidence.get('render'))
      }),
      runs,
    )
  })
})

describe('merging', () => {
  /** Three memories as they come about: a common past, and what each replica made of it. */
  const forks = fc
    .tuple(scenes, scenes, scenes)
    .map(([past, mine, other]): readonly [Memory, Memory, Memory] => {
      const before = play(past)
      const { memory } = before.shelf
      return [memory, alone(memory, mine, 0), alone(memory, other, 1)]
    })

  function alone(memory: Memory, trace: readonly Scene[], who: 0 | 1): Memory {
    const shelf: Shelf = { version: 1, memory: copyOf(memory) }
    let replica = started(shelf, 1_000_000)
    let at = 1_000_000 + who * 7
    for (const { after, act } of trace) {
      at += after
      if (act === 'look' || act === 'arrive') replica = looks(replica, { arrived: 5 + who, height: 20 }, at)
      if (act === 'begin')
        replica = isTold(
          replica,
          (s) => begin(s, { ...author, id: `r${at}`, supersede: true }, at),
          at,
        ).replica
      if (act === 'evidence') replica = takesEvidence(replica, 'render', at)
    }
    return replica.held.memory
  }

  it('with what did not change changes nothing', { timeout: patient }, () => {
    fc.assert(
      fc.property(forks, ([base, ours, theirs]) => {
        expect(canonical(merge(base, base, theirs))).toBe(canonical(merge(base, theirs, base)))
        expect(canonical(merge(base, ours, ours))).toBe(canonical(ours))
        expect(canonical(merge(ours, ours, ours))).toBe(canonical(ours))
        const merged = merge(base, ours, theirs)
        expect(canonical(merge(theirs, merged, theirs))).toBe(canonical(merged))
      }),
      { numRuns: 150 },
    )
  })

  it('comes to the same whoever merges, but for the order of the ledger', { timeout: patient }, () => {
    fc.assert(
      fc.property(forks, ([base, ours, theirs]) => {
        const [one, two] = [merge(base, ours, theirs), merge(base, theirs, ours)]
        for (const part of ['rollout', 'baselines', 'latches', 'firings', 'evidence', 'impediments'] as const)
          expect(canonical(one[part])).toBe(canonical(two[part]))
        const past = ({ history }: Memory) => history.map(({ rollout, stops }) => ({ rollout, stops }))
        expect(canonical(past(one))).toBe(canonical(past(two)))
        expect(one.ledger.length).toBe(two.ledger.length)
      }),
      { numRuns: 150 },
    )
  })
})
