import { describe, expect, it } from 'vitest'
import { acknowledge, begin, finish } from '../../../src/rollout/commands.ts'
import type { Memory } from '../../../src/rollout/memory.ts'
import { nothingRemembered } from '../../../src/rollout/memory.ts'
import { author } from './commanding.ts'
import {
  emptyShelf,
  hears,
  isTold,
  looks,
  started,
  takesEvidence,
  writes,
  type Replica,
  type Shelf,
} from './two-replicas.ts'

const calm = { arrived: 3, height: 1 }

/** Two replicas that have looked at a calm platform and know of each other. */
function pair(): { shelf: Shelf; one: Replica; two: Replica } {
  const shelf = emptyShelf()
  const one = writes(looks(started(shelf, 0), calm, 0), shelf, 1)
  const two = writes(looks(started(shelf, 2), calm, 2), shelf, 3)
  return { shelf, one: hears(one, shelf, 4), two }
}

function begun(replica: Replica, id: string, at: number): Replica {
  return isTold(replica, (snapshot) => begin(snapshot, { ...author, id, supersede: true }, at), at).replica
}

function acknowledged(replica: Replica, stop: string, at: number): Replica {
  const { ok, replica: after } = isTold(replica, (snapshot) => acknowledge(snapshot, stop, author, at), at)
  expect(ok).toBe(true)
  return after
}

function stopIn({ held }: Replica, id: string) {
  return held.snapshot.stops.get(id)
}

function subjects({ ledger }: Memory, kind = 'transition'): readonly string[] {
  return ledger.filter((entry) => entry.kind === kind).map(({ subject, to }) => `${subject} ${to}`)
}

describe('what another replica has written', () => {
  it('is a rollout for this one too, and does not begin it again', () => {
    const { shelf, one, two } = pair()
    writes(begun(one, 'r1', 1_000), shelf, 1_001)
    const heard = hears(two, shelf, 1_010)
    expect(heard.held.snapshot.rollout?.id).toBe('r1')
    expect(heard.held.snapshot.revision).toBeGreaterThan(two.held.snapshot.revision)
    expect(subjects(heard.held.memory, 'rollout-begun')).toEqual(['r1 preflight'])
    const again = writes(looks(heard, calm, 1_020), shelf, 1_030)
    expect(subjects(again.held.memory, 'rollout-begun')).toEqual(['r1 preflight'])
  })

  it('stops this one by a latch that it did not see fire', () => {
    const { shelf, one, two } = pair()
    const rolling = writes(begun(one, 'r1', 1_000), shelf, 1_001)
    const fired = writes(looks(looks(rolling, { ...calm, height: 20 }, 1_100), calm, 1_200), shelf, 1_300)
    expect(stopIn(fired, 'high')?.state).toBe('clear')
    const heard = looks(hears(two, shelf, 1_310), calm, 1_320)
    expect(stopIn(heard, 'high')).toMatchObject({ state: 'clear', latch: { at: 1_100 }, firings: 1 })
    expect(heard.held.snapshot.verdict.verdict).toBe('stop')
  })

  it('acknowledges what both have counted, so that it does not fire again here', () => {
    const { shelf, one, two } = pair()
    const rolling = writes(begun(one, 'r1', 1_000), shelf, 1_001)
    const more = { ...calm, arrived: 5 }
    const first = writes(looks(rolling, more, 1_100), shelf, 1_101)
    const second = writes(looks(hears(two, shelf, 1_102), more, 1_110), shelf, 1_111)
    expect(stopIn(second, 'arrivals')?.state).toBe('firing')
    const done = writes(acknowledged(hears(first, shelf, 1_200), 'arrivals', 5_000), shelf, 5_001)
    const heard = looks(hears(second, shelf, 5_010), more, 5_020)
    expect(stopIn(heard, 'arrivals')).toMatchObject({
      state: 'clear',
      latch: { acknowledged: { actor: author.actor } },
    })
    expect(heard.held.snapshot.verdict.verdict).toBe('hold')
    expect(
      stopIn(looks(heard, { ...calm, arrived: 6 }, 5_030), 'arrivals')?.latch?.acknowledged,
    ).toBeUndefined()
    expect(done.held.snapshot.baselines.get('small_depth{a}')).toBe(5)
  })

  it('acknowledges also outside of a rollout, where the window need not pass then', () => {
    const { shelf, one, two } = pair()
    const more = { ...calm, arrived: 5 }
    const [first, second] = [looks(one, more, 1_000), looks(two, more, 1_001)]
    expect(stopIn(second, 'arrivals')?.state).toBe('firing')
    writes(acknowledged(first, 'arrivals', 2_000), shelf, 2_001)
    expect(stopIn(looks(hears(second, shelf, 2_010), more, 2_020), 'arrivals')?.state).toBe('clear')
  })

  it('R81: X10: is that what is over was acknowledged, so that its window need not pass', () => {
    const { shelf, one, two } = pair()
    const [more, anew] = [
      { ...calm, arrived: 5 },
      { ...calm, arrived: 0 },
    ]
    const first = looks(looks(one, more, 1_000), anew, 2_000)
    const second = looks(looks(two, more, 1_001), anew, 2_001)
    expect(stopIn(second, 'arrivals')).toMatchObject({ state: 'firing', over: { awaits: 'window' } })
    writes(acknowledged(first, 'arrivals', 3_000), shelf, 3_001)
    expect(stopIn(looks(hears(second, shelf, 3_010), anew, 3_020), 'arrivals')?.state).toBe('clear')
  })

  it('does not make an older look of ours an event', () => {
    const { shelf, one, two } = pair()
    // The count began anew; this replica has not looked since.
    const fresh = writes(looks(one, { ...calm, arrived: 0 }, 1_000), shelf, 1_001)
    expect(fresh.held.snapshot.baselines.get('small_depth{a}')).toBe(0)
    const heard = looks(hears(two, shelf, 1_010), calm, 1_020)
    expect(stopIn(heard, 'arrivals')).toMatchObject({ state: 'clear', firings: 0 })
    // The other replica, or the next daemon, still knows what is dealt with.
    expect(heard.held.memory.baselines['small_depth{a}']).toBe(0)
  })

  it('is taken as far as we have seen it ourselves', () => {
    const { shelf, one, two } = pair()
    const more = looks(one, { ...calm, arrived: 9 }, 1_000)
    writes(acknowledged(more, 'arrivals', 1_100), shelf, 1_101)
    const heard = looks(hears(two, shelf, 1_110), calm, 1_120)
    expect(stopIn(heard, 'arrivals')?.state).toBe('clear')
  })

  it('leaves what we see as we see it', () => {
    const { shelf, one, two } = pair()
    const high = looks(two, { ...calm, height: 20 }, 900)
    writes(begun(one, 'r1', 1_000), shelf, 1_001)
    const heard = hears(high, shelf, 1_010)
    expect(stopIn(heard, 'high')).toMatchObject({ state: 'firing', since: 900 })
    expect([...heard.held.snapshot.beliefs.get('small')!.targets.keys()]).toEqual(['a'])
  })

  it.each([
    [900, true],
    [1_005, false],
  ])('is no reason to forget what fires here since %i: latched, preexisting %s', (since, preexisting) => {
    const { shelf, one, two } = pair()
    const high = looks(two, { ...calm, height: 20 }, since)
    writes(begun(one, 'r1', 1_000), shelf, 1_001)
    const heard = hears(high, shelf, 1_010)
    expect(stopIn(heard, 'high')?.latch).toMatchObject({ preexisting, culprits: ['a'] })
    expect(heard.held.memory.latches['high']).toMatchObject({ preexisting })
    writes(heard, shelf, 1_020)
    expect(hears(one, shelf, 1_030).held.snapshot.stops.get('high')?.latch).toMatchObject({ preexisting })
  })

  it('brings evidence, and the newest counts', () => {
    const { shelf, one, two } = pair()
    writes(takesEvidence(one, 'render', 1_000), shelf, 1_001)
    const heard = hears(takesEvidence(two, 'digest', 1_002), shelf, 1_003)
    expect([...heard.held.snapshot.beliefs.get('evidence')!.targets.keys()].toSorted()).toEqual([
      'digest pass',
      'render pass',
    ])
  })

  it('ends a rollout here too, and what was latched here meanwhile still stands', () => {
    const { shelf, one, two } = pair()
    const first = writes(begun(one, 'r1', 1_000), shelf, 1_001)
    const second = looks(hears(two, shelf, 1_010), { ...calm, arrived: 4 }, 1_020)
    const over = isTold(
      first,
      (snapshot) => finish(snapshot, 'r1', { outcome: 'done', force: true }, author, 1_030),
      1_030,
    )
    writes(over.replica, shelf, 1_040)
    const heard = looks(hears(second, shelf, 1_050), { ...calm, arrived: 4 }, 1_060)
    expect(heard.held.snapshot.rollout?.phase).toBe('done')
    expect(heard.held.snapshot.verdict.verdict).toBe('stop')
    expect(heard.held.memory.history.at(-1)?.stops['arrivals']).toBeDefined()
    const seen = writes(acknowledged(heard, 'arrivals', 2_000), shelf, 2_001)
    expect(seen.held.snapshot.verdict.verdict).toBe('hold')
  })

  it('is told once, though both have seen it', () => {
    const { shelf, one, two } = pair()
    const before = subjects(shelf.memory).length
    const high = { ...calm, height: 20 }
    const first = writes(looks(one, high, 1_000), shelf, 1_001)
    const second = writes(looks(two, high, 1_100), shelf, 1_101)
    expect(subjects(shelf.memory).slice(before)).toEqual(['stop-condition/high firing', 'verdict stop'])
    // Who has heard of it before it sees it does not tell it again.
    const later = writes(looks(hears(first, shelf, 1_110), calm, 1_200), shelf, 1_201)
    writes(looks(hears(second, shelf, 1_210), calm, 1_300), shelf, 1_301)
    expect(subjects(shelf.memory).slice(before + 2)).toEqual(subjects(later.held.memory).slice(before + 2))
  })

  it('that began anew, since what was kept was lost, takes nothing away', () => {
    const { one } = pair()
    expect(hears(one, { version: 99, memory: nothingRemembered }, 2_000).held.memory).toEqual(one.held.memory)
  })
})
