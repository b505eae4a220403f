import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noneAdded } from '../../../src/core/claim.ts'
import { type Condition } from '../../../src/core/finding.ts'
import { counter } from '../../../src/core/signal.ts'
import { initialSnapshot, type Rules, type Snapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import { nothingRemembered, recall, remember } from '../../../src/rollout/memory.ts'
import { aBatch, aTarget, saw } from '../../support/timeline.ts'
import { aStop, depth, nothingArrives, smallRules } from './small-rules.ts'

const HOUR = 3_600_000

const drops = counter('small_drops_total', 'events', ['component', 'replica', 'kind'], {
  help: 'What a replica dropped, by kind.',
})

const nothingDrops: Condition = {
  claims: 'nothing drops',
  signals: [drops],
  judge: (evidence, recollection) =>
    noneAdded(evidence.of(drops), drops, 'first-sight', recollection, {
      reason: 'dropped',
      describe: ({ reading }, key) => `${key} dropped ${reading.value}`,
    }),
}

const rules: Rules = smallRules({
  stops: [
    aStop({ id: 'drops', kind: 'edge', condition: nothingDrops }),
    aStop({ id: 'arrivals', kind: 'edge', condition: nothingArrives }),
  ],
  gates: [],
  providers: new Map([
    [drops.name, 'replicas'],
    [depth.name, 'small'],
  ]),
})

/** The platform at `at` with these replicas, each of which has dropped 3, and a queue that is no replica's. */
function seen(from: Snapshot, at: number, replicas: readonly string[], count = 3): Snapshot {
  const looks = replicas.map((replica) => {
    const target = aTarget(`sts/${replica}`, { component: 'sts', replica })
    const labels = { component: 'sts', replica, kind: 'eval' }
    return saw(target, at, [{ signal: drops.name, labels, value: count }])
  })
  const queue = saw(aTarget('queue'), at, [{ signal: depth.name, labels: {}, value: 7 }])
  return step(from, [aBatch('replicas', at, looks), aBatch('small', at, [queue])], at, rules)
}

const start = initialSnapshot(0, rules)
const markOf = (replica: string) => `${drops.name}{sts/${replica}/eval}`

describe('the baseline of a replica', () => {
  it('R43: survives an absence of less than a day, and is forgotten after it', () => {
    const both = seen(start, HOUR, ['sts-0', 'sts-1'])
    const away = seen(both, 2 * HOUR, ['sts-0'])
    expect(away.baselines.get(markOf('sts-1'))).toBe(3)
    const back = seen(seen(away, 25.9 * HOUR, ['sts-0']), 25.95 * HOUR, ['sts-0', 'sts-1'], 4)
    expect(back.stops.get('drops')?.state).toBe('firing')
    expect([...back.baselines.keys()].filter((key) => key.startsWith('gone:'))).toEqual([])
    const gone = seen(away, 26 * HOUR, ['sts-0'])
    expect([...gone.baselines.keys()]).toEqual([markOf('sts-0'), `${depth.name}{queue}`])
  })

  it('R43: counts its absence anew after it was back', () => {
    const away = seen(seen(start, HOUR, ['sts-0', 'sts-1']), 2 * HOUR, ['sts-0'])
    const again = seen(seen(away, 20 * HOUR, ['sts-0', 'sts-1']), 21 * HOUR, ['sts-0'])
    expect(seen(again, 44 * HOUR, ['sts-0']).baselines.has(markOf('sts-1'))).toBe(true)
    expect(seen(again, 45 * HOUR, ['sts-0']).baselines.has(markOf('sts-1'))).toBe(false)
  })

  it('R43: is kept over a restart, however long nobody looked', () => {
    const away = seen(seen(start, HOUR, ['sts-0', 'sts-1']), 2 * HOUR, ['sts-0'])
    const memory = remember(nothingRemembered, start, away, [])
    const later = recall(initialSnapshot(99 * HOUR, rules), JSON.parse(JSON.stringify(memory)))
    const unlisted = step(later, [], 100 * HOUR, rules)
    expect([...unlisted.baselines]).toEqual([...away.baselines])
    expect(seen(unlisted, 101 * HOUR, ['sts-0', 'sts-1']).baselines.has(markOf('sts-1'))).toBe(true)
  })

  it('R43: changes nothing when nothing came or went', () => {
    const once = seen(start, HOUR, ['sts-0'])
    expect(seen(once, 2 * HOUR, ['sts-0']).baselines).toBe(once.baselines)
  })

  it('R43: is bounded, whatever comes and goes, and that of a listed replica is never forgotten', () => {
    const names = fc.uniqueArray(
      fc.nat(8).map((n) => `sts-${n}`),
      { maxLength: 4 },
    )
    const turns = fc.array(fc.tuple(fc.constantFrom(0.02, 0.5, 2, 11, 25), names), { maxLength: 40 })
    fc.assert(
      fc.property(turns, (script) => {
        let current = start
        let at = HOUR
        const goneSince = new Map<string, number>()
        for (const [hours, replicas] of script) {
          at += hours * HOUR
          current = seen(current, at, replicas)
          for (const replica of replicas) expect(current.baselines.get(markOf(replica))).toBe(3)
          expect(current.baselines.get(`${depth.name}{queue}`)).toBe(7)
          for (const replica of replicas) goneSince.delete(replica)
          for (const key of current.baselines.keys())
            if (key.startsWith('gone:')) expect(current.baselines.has(key.slice('gone:'.length))).toBe(true)
          const kept = [...current.baselines.keys()].filter((key) => key.startsWith('small_drops')).length
          const listed = new Set(replicas).size
          const absent = [...current.baselines].filter(([key]) => key.startsWith('gone:'))
          expect(kept).toBe(listed + absent.length)
          for (const [, since] of absent) expect(at - since).toBeLessThan(24 * HOUR)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('R43: is forgotten sooner, the oldest first, when more than a thousand come and go in a day', () => {
    let current = start
    for (let n = 0; n < 60; n++) {
      const replicas = Array.from({ length: 20 }, (_, k) => `sts-${n * 20 + k}`)
      current = seen(current, (n + 1) * 120_000, replicas)
    }
    const kept = [...current.baselines.keys()].filter((key) => key.startsWith('small_drops'))
    expect(kept).toHaveLength(1_020)
    expect(kept.at(0)).toBe(markOf('sts-180'))
  })
})
