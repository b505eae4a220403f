import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  append,
  firstBroken,
  type Event,
  type Ledger,
  type LedgerEntry,
} from '../../../src/rollout/ledger.ts'

function anEvent(n: number): Event {
  return { at: n, kind: 'transition', subject: 'verdict', message: `event ${n}`, from: 'hold', to: 'proceed' }
}

const event: fc.Arbitrary<Event> = fc.record(
  {
    at: fc.nat(),
    kind: fc.constantFrom('started' as const, 'transition' as const, 'acknowledged' as const),
    subject: fc.string(),
    message: fc.string(),
    from: fc.string(),
    to: fc.string(),
    rollout: fc.string(),
    actor: fc.string(),
  },
  { requiredKeys: ['at', 'kind', 'subject', 'message'] },
)

/** One entry with one field that is other than it was. */
type Mutation = (entry: LedgerEntry) => LedgerEntry

const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  fc
    .constantFrom('subject', 'message', 'from', 'to', 'rollout', 'actor', 'hash', 'previous', 'kind')
    .map((field): Mutation => (entry) => ({ ...entry, [field]: `${entry[field as 'subject']}!` })),
  fc
    .constantFrom('at', 'sequence')
    .map((field): Mutation => (entry) => ({ ...entry, [field]: entry[field as 'at'] + 1 })),
)

describe('the ledger', () => {
  it('counts its entries and chains each to the one before', () => {
    const ledger = append(append([], [anEvent(1), anEvent(2)]), [anEvent(3)])
    expect(ledger.map(({ sequence }) => sequence)).toEqual([1, 2, 3])
    expect(ledger.map(({ previous }) => previous)).toEqual(['0'.repeat(64), ledger[0]?.hash, ledger[1]?.hash])
    expect(firstBroken(ledger)).toBeUndefined()
    expect(append(ledger, [])).toBe(ledger)
    expect(firstBroken([])).toBeUndefined()
  })

  it('R32: keeps its tail, which still proves itself', () => {
    const ledger = append(
      [],
      Array.from({ length: 510 }, (_, n) => anEvent(n)),
    )
    expect(ledger).toHaveLength(500)
    expect(ledger[0]?.sequence).toBe(11)
    expect(firstBroken(ledger)).toBeUndefined()
  })

  it('R32: tells any single change of any entry', () => {
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 6 }),
        fc.nat(),
        mutations,
        (events, at, mutate) => {
          const ledger = append([], events)
          const hit = at % ledger.length
          const changed: Ledger = ledger.map((entry, n) => (n === hit ? mutate(entry) : entry))
          expect(firstBroken(ledger)).toBeUndefined()
          expect(firstBroken(changed)).toBeDefined()
        },
      ),
      { numRuns: 500 },
    )
  })

  it('R32: tells an entry that was taken out, put elsewhere or doubled', () => {
    const ledger = append([], [1, 2, 3, 4].map(anEvent))
    const [a, b, c, d] = ledger
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('too short')
    expect(firstBroken([a, c, d])).toBe(3)
    expect(firstBroken([a, c, b, d])).toBe(3)
    expect(firstBroken([a, b, b, c])).toBe(2)
  })

  it('R32: survives being written down and read again', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 4 }), (events) => {
        expect(firstBroken(JSON.parse(JSON.stringify(append([], events))))).toBeUndefined()
      }),
    )
  })
})
