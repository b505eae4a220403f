import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import { evaluate, type Evaluated } from '../../../src/rollout/evaluation.ts'
import { nothingRemembered } from '../../../src/rollout/memory.ts'
import { showing, type Shown } from '../../support/timeline.ts'
import { smallRules } from '../core/small-rules.ts'

const rules = smallRules()
const subjects = ['gate/depth', 'stop-condition/deep', 'verdict']

type Script = readonly (readonly [seconds: number, shown: Shown])[]

function start(): Evaluated {
  return { snapshot: initialSnapshot(0, rules), memory: nothingRemembered }
}

function look(state: Evaluated, at: number, shown: Shown): Evaluated {
  return evaluate(state, { now: at, batches: [showing(at, shown)] }, rules, 'caracal')
}

/** The lines about a subject after all of these instants. */
function linesOf(script: Script, subject: string): readonly string[] {
  let state = start()
  for (const [seconds, shown] of script) state = look(state, seconds * 1_000, shown)
  return state.memory.ledger
    .filter((entry) => entry.subject === subject)
    .map(({ at, from, to }) => `${at / 1_000} ${from} -> ${to}`)
}

describe('what is told of a replica that is new', () => {
  const stop = 'stop-condition/deep'

  it('is nothing when it is looked at soon', () => {
    const script: Script = [
      [1, { a: 0 }],
      [2, { a: 0, b: 'never' }],
      [3, { a: 0, b: 0 }],
    ]
    expect(linesOf(script, stop)).toEqual(['1 unknown -> clear'])
    expect(linesOf(script, 'gate/depth')).toEqual(['1 unknown -> pass'])
    expect(linesOf(script, 'verdict')).toEqual([
      '1 hold -> proceed',
      '2 proceed -> hold',
      '3 hold -> proceed',
    ])
  })

  it('is what it came to, from what was told before', () => {
    const script: Script = [
      [1, { a: 0 }],
      [2, { a: 0, b: 'never' }],
      [3, { a: 0, b: 20 }],
    ]
    expect(linesOf(script, stop)).toEqual(['1 unknown -> clear', '3 clear -> firing'])
    expect(linesOf(script, 'gate/depth')).toEqual(['1 unknown -> pass', '3 pass -> fail'])
  })

  it('is that it is unknown when nobody looks at it for five seconds, although nothing else changes', () => {
    const script: Script = [
      [1, { a: 0 }],
      ...[2, 4, 6.9, 7, 8].map((at) => [at, { a: 0, b: 'never' }] as const),
      [9, { a: 0, b: 0 }],
    ]
    expect(linesOf(script, stop)).toEqual(['1 unknown -> clear', '7 clear -> unknown', '9 unknown -> clear'])
    expect(linesOf(script, 'gate/depth')).toEqual([
      '1 unknown -> pass',
      '7 pass -> unknown',
      '9 unknown -> pass',
    ])
  })

  it('is at once that it could not be seen', () => {
    const script: Script = [
      [1, { a: 0 }],
      [2, { a: 0, b: 'never' }],
      [3, { a: 0, b: 'failed' }],
      [4, { a: 0, b: 0 }],
    ]
    expect(linesOf(script, stop)).toEqual(['1 unknown -> clear', '3 clear -> unknown', '4 unknown -> clear'])
  })
})

describe('the ledger', () => {
  const shown = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(0, 7, 20, 'failed', 'never'), {
    noNullPrototype: true,
  })
  const scripts = fc.array(fc.tuple(fc.constantFrom(0.1, 1, 3, 6, 20), shown), {
    minLength: 1,
    maxLength: 15,
  })

  it('R64: has every state that is not merely waiting for its first look, one line going on from the other', () => {
    fc.assert(
      fc.property(scripts, (script) => {
        let state = start()
        let plain = state.snapshot
        let at = 0
        for (const [after, world] of script) {
          at += after * 1_000
          state = look(state, at, world as Shown)
          plain = step(plain, [showing(at, world as Shown)], at, rules)
          // Nothing but lines is kept back.
          expect(state.snapshot).toEqual(plain)
          for (const subject of subjects) {
            const told = toldOf(state, subject)
            // What has changed that often is told at intervals (R88).
            if (linesAbout(state, subject) < toldInFull) expect(told).toBe(stateOf(state, subject))
          }
        }
      }),
      { numRuns: 80 },
    )
  })

  const toldInFull = 8

  function linesAbout({ memory }: Evaluated, subject: string): number {
    return memory.ledger.filter((entry) => entry.subject === subject).length
  }

  /** The state that the lines lead to; each must begin where the one before it ended. */
  function toldOf({ memory }: Evaluated, subject: string): string {
    let told = subject === 'verdict' ? 'hold' : 'unknown'
    for (const { from, to } of memory.ledger.filter((entry) => entry.subject === subject)) {
      expect(from).toBe(told)
      expect(to).not.toBe(told)
      told = to ?? ''
    }
    return told
  }

  /** The state that should have been told: what was told before while it waits for a first look, else what it is. */
  function stateOf(state: Evaluated, subject: string): string {
    const { stops, gates, checks, verdict, at } = state.snapshot
    if (subject === 'verdict') return verdict.verdict
    const status = subject.startsWith('gate/') ? gates.get('depth') : stops.get('deep')
    const findings = (subject.startsWith('gate/') ? checks.get('shallow') : stops.get('deep'))?.findings ?? []
    const reasons = findings.flatMap(({ answer, unknownReason }) =>
      answer === 'unknown' ? unknownReason : [],
    )
    const waits = reasons.length > 0 && reasons.every((reason) => reason === 'never_measured')
    const isNew = status?.state === 'unknown' && at - status.since < 5_000
    return isNew && waits ? toldOf(state, subject) : (status?.state ?? 'unknown')
  }
})
