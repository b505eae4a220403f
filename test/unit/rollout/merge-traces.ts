import fc from 'fast-check'
import { isActive } from '../../../src/core/rollout.ts'
import { acknowledge, begin, finish } from '../../../src/rollout/commands.ts'
import { nothingRemembered } from '../../../src/rollout/memory.ts'
import {
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
  | { readonly do: 'arrive' | 'rise' | 'fall' | 'lose' }

export interface Scene {
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
    'lose',
  ] as const),
]

const scene: fc.Arbitrary<Scene> = fc.record({
  who: fc.constantFrom(0 as const, 1 as const),
  after: fc.constantFrom(1, 40, 400, 3_000, 20_000),
  act: fc.constantFrom(...acts),
})

/** What a run has come to, with everything that it must not have forgotten. */
export interface Run {
  readonly replicas: readonly [Replica, Replica]
  readonly shelf: Shelf
  /** Latches that nobody had acknowledged, as they were first kept: `rollout/stop`, and when they were seen last. */
  readonly latched: ReadonlyMap<string, number>
  /** When a stop was last acknowledged: `rollout/stop`. */
  readonly acknowledged: ReadonlyMap<string, number>
  readonly evidence: ReadonlyMap<string, number>
  /** Ends that were answered, by the rollout's id. */
  readonly ended: ReadonlyMap<string, ReadonlySet<'done' | 'failed'>>
  readonly firstLatched: ReadonlyMap<string, readonly number[]>
}

export const author = { actor: 'ann', reason: 'seen' }

export function play(scenes: readonly Scene[]): Run {
  const shelf = emptyShelf()
  const replicas: [Replica, Replica] = [started(shelf, 0), started(shelf, 0)]
  let reality: Reality = { arrived: 3, height: 1 }
  let at = 0
  const latched = new Map<string, number>()
  const firstLatched = new Map<string, number[]>()
  const acknowledged = new Map<string, number>()
  const evidence = new Map<string, number>()
  const ended = new Map<string, Set<'done' | 'failed'>>()

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
      case 'lose':
        // Somebody deletes what was kept, and a replica that knows nothing may be the next to write.
        shelf.version += 1
        shelf.memory = nothingRemembered
        return replica
      case 'evidence': {
        evidence.set('render', at)
        // What is about a manifest outlives every rollout.
        return takesEvidence(replica, 'render', at, { digest: 'sha256:ab' })
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
        const ending = { outcome, force: true } as const
        const told = isTold(replica, (snapshot) => finish(snapshot, id, ending, author, at), at)
        if (told.ok) ended.set(id, (ended.get(id) ?? new Set()).add(outcome))
        return told.replica
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
  return { replicas, shelf, latched, acknowledged, evidence, ended, firstLatched }
}

/** Random looks, commands, writes and restarts of two replicas. */
export const scenes = fc.array(scene, { minLength: 1, maxLength: 40 })
