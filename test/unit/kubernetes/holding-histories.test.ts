import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Holding } from '../../../src/kubernetes/holding.ts'
import type { Identity } from '../../../src/kubernetes/model.ts'
import { identityOf, versionOf } from '../../../src/kubernetes/objects.ts'
import type { PlainObject } from '../../../src/kubernetes/manifest/objects.ts'

interface Versioned extends Identity {
  readonly version: number
}

interface Event {
  readonly isDeleted: boolean
  readonly object: PlainObject
}

/** What happened to the objects of a kind; the version of the event at index 0 is 1. */
interface History {
  readonly events: readonly Event[]
  /** What there was after each event, and before the first. */
  readonly states: readonly ReadonlyMap<string, PlainObject>[]
}

function holding(): Holding<Versioned> {
  return new Holding({
    reduce(object) {
      const identity = identityOf(object)
      return identity && { ...identity, version: versionOf(object) }
    },
  })
}

/** Each step changes the object of that name, or deletes it; one that is not there is made, with a uid of its own. */
function historyOf(steps: readonly (readonly [name: string, isDeleted: boolean])[]): History {
  const events: Event[] = []
  const states: ReadonlyMap<string, PlainObject>[] = [new Map()]
  for (const [index, [name, wish]] of steps.entries()) {
    const state = new Map(states.at(-1))
    const before = state.get(name)
    const isDeleted = wish && before !== undefined
    const { uid = `${name}-${index}` } = (before?.['metadata'] ?? {}) as { uid?: string }
    const creationTimestamp = '2030-01-01T00:00:00Z'
    const object = { metadata: { name, uid, resourceVersion: String(index + 1), creationTimestamp } }
    if (isDeleted) state.delete(name)
    else state.set(name, object)
    events.push({ isDeleted, object })
    states.push(state)
  }
  return { events, states }
}

function shown(held: Holding<Versioned>): readonly string[] {
  return held
    .items()
    .map(({ uid, version }) => `${uid}@${version}`)
    .toSorted()
}

function wanted({ states }: History): readonly string[] {
  const last = [...(states.at(-1)?.values() ?? [])]
  return last
    .map((object) => `${(object['metadata'] as { uid: string }).uid}@${versionOf(object)}`)
    .toSorted()
}

const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean()), {
  minLength: 1,
  maxLength: 20,
})

function stateAt({ states }: History, version: number): readonly PlainObject[] {
  return [...(states[version]?.values() ?? [])]
}

describe('a history of objects that change, go and are made anew', () => {
  it('ends as it did, in whatever order and however often it is told, once a list was made at its end', () => {
    const told = steps.chain((all) =>
      fc.tuple(fc.constant(all), fc.array(fc.nat({ max: all.length - 1 }), { maxLength: 40 })),
    )
    fc.assert(
      fc.property(told, ([all, order]) => {
        const history = historyOf(all)
        const held = holding()
        for (const index of order) {
          const { isDeleted, object } = history.events[index] as Event
          held.apply(isDeleted, object)
        }
        const listing = held.list()
        held.add(listing, stateAt(history, all.length))
        held.end(listing, String(all.length), true)
        expect(shown(held)).toEqual(wanted(history))
        for (const { isDeleted, object } of history.events) held.apply(isDeleted, object)
        expect(shown(held)).toEqual(wanted(history))
      }),
    )
  })

  it('ends as it did when lists are made beside a watch that tells it, however late they come', () => {
    const told = steps.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.array(fc.tuple(fc.nat({ max: all.length }), fc.nat({ max: all.length })), { maxLength: 4 }),
      ),
    )
    fc.assert(
      fc.property(told, ([all, lists]) => {
        const history = historyOf(all)
        const held = holding()
        for (let version = 0; version <= all.length; version += 1) {
          const event = history.events[version - 1]
          if (event !== undefined) held.apply(event.isDeleted, event.object)
          for (const [madeAt, comesAt] of lists) {
            if (comesAt !== version) continue
            // What is heard while the pages come is newer than they are, or the same.
            const listing = held.list()
            const made = Math.min(madeAt, comesAt)
            held.add(listing, stateAt(history, made))
            held.end(listing, String(made), true)
          }
        }
        expect(shown(held)).toEqual(wanted(history))
      }),
    )
  })
})
