import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isActive } from '../../../src/core/rollout.ts'
import { acknowledge, begin, finish } from '../../../src/rollout/commands.ts'
import { firstBroken } from '../../../src/rollout/ledger.ts'
import type { Memory } from '../../../src/rollout/memory.ts'
import { merge } from '../../../src/rollout/merge.ts'
import {
  canonical,
  copyOf,
  emptyShelf,
  hears,
  isTold,
  looks,
  started,
  takesEvidence,
  writes,
  type Reality,
  type Replica,
  type Shelf,
} from './two-replicas.ts'

type Act =
  | { readonly do: 'look' | 'write' | 'hear' | 'restart' | 'evidence' }
  | { readonly do: 'begin' | 'begin-same' | 'acknowledge' | 'finish' | 'fail' }
  | { readonly do: 'arrive' | 'rise' | 'fall' }

interface Scene {
  readonly who: 0 | 1
  readonly after: number
  readonly act: Act['do']
}

const acts: readonly Act['do'][] = [
  ...([
    'look',
    'look',
    'look',
    'look',
    'write',
    'write',
    'write',
    'hear',
    'acknowledge',
    'acknowledge',
  ] as const),
  ...([
    'arrive',
    'rise',
    'fall',
    'fall',
    'begin',
    'begin-same',
    'finish',
    'fail',
    'restart',
    'evidence',
  ] as const),
]

const scene: fc.Arbitrary<Scene> = fc.record({
  who: fc.constantFrom(0 as const, 1 as const),
  after: fc.constantFrom(1, 40, 400, 3_000, 20_000),
  act: fc.constantFrom(...acts),
})

/** What a run has come to, with everything that it must not have forgotten. */
interface Run {
  readonly replicas: readonly [Replica, Replica]
  readonly shelf: Shelf
  /** Latches that nobody had acknowledged, as they were first kept: `rollout/stop`, and when they were seen last. */
  readonly latched: ReadonlyMap<string, number>
  /** When a stop was last acknowledged: `rollout/stop`. */
  readonly acknowledged: ReadonlyMap<string, number>
  readonly evidence: ReadonlyMap<string, number>
  readonly firstLatched: ReadonlyMap<string, readonly number[]>
}

const author = { actor: 'ann', reason: 'seen' }

function play(scenes: readonly Scene[]): Run {
  const shelf = emptyShelf()
  const replicas: [Replica, Replica] = [started(shelf, 0), started(shelf, 0)]
  let reality: Reality = { arrived: 3, height: 1 }
  let at = 0
  const latched = new Map<string, number>()
  const firstLatched = new Map<string, number[]>()
  const acknowledged = new Map<string, number>()
  const evidence = new Map<string, number>()

  function note({ held: { snapshot } }: Replica): void {
    if (!isActive(snapshot.rollout)) return
    for (const { id, latch } of snapshot.stops.values()) {
      const key = `${snapshot.rollout.id}/${id}`
      if (latch === undefined) continue
      latched.set(key, at)
      const known = firstLatched.get(key) ?? []
      if (!known.includes(latch.at)) firstLatched.set(key, [...known, latch.at])
    }
  }

  function act(replica: Replica, what: Act['do']): Replica {
    switch (what) {
      case 'look':
        return looks(replica, reality, at)
      case 'write':
        return writes(replica, shelf, at)
      case 'hear':
        return hears(replica, shelf, at)
      case 'restart':
        // What a daemon has not written yet is lost with it; that is the price of any store.
        return started(shelf, (writes(replica, shelf, at), at))
      case 'evidence': {
        evidence.set('render', at)
        return takesEvidence(replica, 'render', at)
      }
      case 'arrive':
        reality = { ...reality, arrived: reality.arrived + 1 }
        return replica
      case 'rise':
        reality = { ...reality, height: 20 }
        return replica
      case 'fall':
        reality = { ...reality, height: 1 }
        return replica
      case 'begin':
        return told(replica, (snapshot) => begin(snapshot, { ...author, id: `r${at}`, supersede: true }, at))
      case 'begin-same':
        return told(replica, (snapshot) => begin(snapshot, { ...author, id: 'one', supersede: true }, at))
      case 'finish':
      case 'fail': {
        const id = replica.held.snapshot.rollout?.id ?? ''
        const outcome = what === 'fail' ? 'failed' : 'done'
        return told(replica, (snapshot) => finish(snapshot, id, outcome, author, at))
      }
      case 'acknowledge':
        return ['arrivals', 'high'].reduce((held, stop) => {
          const rollout = held.held.snapshot.rollout?.id
          const wasLatched = held.held.snapshot.stops.get(stop)?.latch !== undefined
          const done = isTold(held, (snapshot) => acknowledge(snapshot, stop, author, at), at)
          if (done.ok && wasLatched) acknowledged.set(`${rollout}/${stop}`, at)
          return done.replica
        }, replica)
    }
  }

  function told(replica: Replica, command: Parameters<typeof isTold>[1]): Replica {
    return isTold(replica, command, at).replica
  }

  for (const { who, after, act: what } of scenes) {
    at += after
    replicas[who] = act(replicas[who], what)
    note(replicas[who])
  }
  // In the end both can write again, and look.
  for (let turn = 0; turn < 3; turn += 1)
    for (const who of [0, 1] as const) {
      at += 10
      replicas[who] = writes(replicas[who], shelf, at)
      note(replicas[who])
    }
  return { replicas, shelf, latched, acknowledged, evidence, firstLatched }
}

const scenes = fc.array(scene, { minLength: 1, maxLength: 40 })
const patient = 120_000
const runs = { numRuns: 500 }

function stopsIn({ shelf: { memory } }: Run, rollout: string): Memory['latches'] | undefined {
  if (memory.rollout?.id === rollout && isActive(memory.rollout)) return memory.latches
  const past = memory.history.filter((record) => record.rollout.id === rollout)
  if (past.length === 0) return undefined
  return Object.assign({}, ...past.map(({ stops }) => stops), memory.latches) as Memory['latches']
}

describe('two replicas that both judge and are told things', () => {
  it('agree in the end, and their ledger is one chain', { timeout: patient }, () => {
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

  it('lose no latch', { timeout: patient }, () => {
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

  it('never bring back what was acknowledged, unless it fired again', { timeout: patient }, () => {
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

  it('keep the newest evidence', { timeout: patient }, () => {
    fc.assert(
      fc.property(scenes, (trace) => {
        const { shelf, evidence } = play(trace)
        expect(new Map(shelf.memory.evidence.map(({ target, at }) => [target.id, at]))).toEqual(evidence)
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
        for (const part of ['rollout', 'marks', 'latches', 'firings', 'evidence', 'impediments'] as const)
          expect(canonical(one[part])).toBe(canonical(two[part]))
        const past = ({ history }: Memory) => history.map(({ rollout, stops }) => ({ rollout, stops }))
        expect(canonical(past(one))).toBe(canonical(past(two)))
        expect(one.ledger.length).toBe(two.ledger.length)
      }),
      { numRuns: 150 },
    )
  })
})
