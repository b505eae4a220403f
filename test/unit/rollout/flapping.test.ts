import { describe, expect, it } from 'vitest'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { begin } from '../../../src/rollout/commands.ts'
import { evaluate, type Evaluated } from '../../../src/rollout/evaluation.ts'
import { firstBroken } from '../../../src/rollout/ledger.ts'
import { nothingRemembered } from '../../../src/rollout/memory.ts'
import { showing, type Shown } from '../../support/timeline.ts'
import { smallRules } from '../core/small-rules.ts'
import { author, ok } from './commanding.ts'

const rules = smallRules()
const patient = { timeout: 60_000 }

function look(state: Evaluated, seconds: number, shown: Shown): Evaluated {
  return evaluate(
    state,
    { now: seconds * 1_000, batches: [showing(seconds * 1_000, shown)] },
    rules,
    'caracal',
  )
}

/** A rollout in which the one target is looked at once a second. */
function watched(seconds: number, valueAt: (second: number) => number): Evaluated {
  const first = initialSnapshot(0, rules)
  const declared = begin(first, { ...author, id: 'r1' }, 0)
  const events = declared.ok ? declared.events : []
  const start: Evaluated = { snapshot: first, memory: nothingRemembered }
  let state = evaluate(start, { now: 0, batches: [], commanded: ok(declared), events }, rules, 'caracal')
  for (let second = 1; second <= seconds; second++) state = look(state, second, { a: valueAt(second) })
  return state
}

function linesOf({ memory }: Evaluated, subject: string) {
  return memory.ledger.filter((line) => line.subject === subject)
}

const flips = (second: number) => (second % 2 === 0 ? 0 : 20)

describe('what changes over and over', () => {
  it('R88: X70: is told in full at first, then at growing intervals', patient, () => {
    const state = watched(3_600, flips)
    const ats = linesOf(state, 'gate/depth').map(({ at }) => at / 1_000)
    expect(ats.slice(0, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    const gaps = ats.slice(8).map((at, n) => Math.floor((at - (ats[n + 7] ?? 0)) / 60))
    expect(gaps).toEqual([1, 2, 4, 8, 16])
  })

  it('R88: X70: leaves the beginning of the rollout and every latch in the ledger', patient, () => {
    const state = watched(6 * 3_600, flips)
    const { ledger } = state.memory
    expect(ledger.length).toBeLessThan(100)
    expect(ledger[0]).toMatchObject({ kind: 'rollout-begun', rollout: 'r1', sequence: 1 })
    expect(firstBroken(ledger)).toBeUndefined()
    expect(linesOf(state, 'stop-condition/deep')[0]).toMatchObject({ from: 'unknown', to: 'firing' })
  })

  it('R88: is told from where the last line ended, and comes to what it is', patient, () => {
    // It settles on the side that was not told last, at an instant at which nothing else happens.
    for (const last of [0, 20]) {
      const state = watched(1_000, (second) => (second > 40 ? last : flips(second)))
      for (const subject of ['gate/depth', 'stop-condition/deep']) {
        const lines = linesOf(state, subject)
        for (const [n, line] of lines.entries()) if (n > 0) expect(line.from).toBe(lines[n - 1]?.to)
        const { gates, stops } = state.snapshot
        const now = subject === 'gate/depth' ? gates.get('depth')?.state : stops.get('deep')?.state
        expect([last, subject, lines.at(-1)?.to]).toEqual([last, subject, now])
      }
    }
  })

  it('R88: says that it is not reported each time', patient, () => {
    const told = linesOf(watched(600, flips), 'stop-condition/deep').at(-1)
    expect(told?.message).toMatch(
      /^changes so often that it is reported every \d+ (?:s|min) at most: a is \d+ deep/,
    )
  })

  it('R88: is told in full when it happens now and then', patient, () => {
    const state = watched(3_000, (second) => (Math.floor(second / 400) % 2 === 0 ? 0 : 20))
    const ats = linesOf(state, 'gate/depth').map(({ at }) => at / 1_000)
    expect(ats).toEqual([1, 400, 800, 1_200, 1_600, 2_000, 2_400, 2_800])
  })
})
