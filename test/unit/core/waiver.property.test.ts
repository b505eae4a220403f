import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CheckStatus } from '../../../src/core/gate.ts'
import type { Rules, Snapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import type { StopStatus } from '../../../src/core/stop.ts'
import type { Instant } from '../../../src/core/time.ts'
import type { Override } from '../../../src/core/waiver.ts'
import { play } from '../../support/timeline.ts'
import { platformRules } from '../rules/platform-world.ts'
import { momentsOf, scenes } from './random-world.ts'

const rules = platformRules({ steady: 10_000 })
const far = 1e12
const checks = rules.gates.flatMap((gate) => gate.checks).filter(({ notAsked }) => notAsked === undefined)
const ids = [...rules.gates, ...checks, ...rules.stops].map(({ id }) => id)
const some = fc.uniqueArray(fc.constantFrom(...ids), { minLength: 1, maxLength: 4 })
const patient = { timeout: 60_000 }
const runs = { numRuns: 20 }

function shadowed(waived: readonly string[], until: Instant = far): Rules {
  return { ...rules, shadows: new Map(waived.map((id) => [id, until])) }
}

function switchedOff(waived: readonly string[]): Rules {
  return {
    ...rules,
    skipped: new Map([...rules.skipped, ...waived.map((id) => [id, 'switched off'] as const)]),
  }
}

function overridden(snapshot: Snapshot, waived: readonly string[], until: Instant = far): Snapshot {
  const one: Override = { at: 0, until, actor: 'ann', reason: 'an emergency', latched: true }
  return { ...snapshot, overrides: new Map(waived.map((id) => [id, one])) }
}

/** What was judged, without how it counts. */
function judged({ checks, stops }: Snapshot): unknown {
  const plainly = <T extends CheckStatus | StopStatus>({ waived: _, ...status }: T) => status
  return [[...checks.values()].map(plainly), [...stops.values()].map(plainly)]
}

/** What the verdict rests on, without its words. */
function concluded({ verdict, questions }: Snapshot): unknown {
  const of = ({ verdict: word, blocking, provenSince }: Snapshot['verdict']) => [
    word,
    provenSince,
    blocking.map(({ message: _, ...blocker }) => blocker),
  ]
  return [of(verdict), [...(questions ?? [])].map(([phase, question]) => [phase, of(question)])]
}

describe('what is waived', () => {
  it('R200: counts for the verdict as what is switched off, in shadow and overridden alike', patient, () => {
    fc.assert(
      fc.property(scenes, some, (trace, waived) => {
        const moments = momentsOf(trace)
        const played = play(shadowed(waived), moments)
        for (const [n, { at, batches }] of moments.entries()) {
          const before = played[n - 1]
          if (before === undefined) continue
          const off = concluded(step(before, batches, at, switchedOff(waived)))
          expect(concluded(step(before, batches, at, shadowed(waived)))).toEqual(off)
          expect(concluded(step(overridden(before, waived), batches, at, rules))).toEqual(off)
        }
      }),
      runs,
    )
  })

  it('R200: is judged, and latched, as it would be if it counted', patient, () => {
    fc.assert(
      fc.property(scenes, some, (trace, waived) => {
        const moments = momentsOf(trace)
        const enforced = play(rules, moments)
        for (const [n, snapshot] of play(shadowed(waived), moments).entries())
          expect(judged(snapshot)).toEqual(judged(enforced[n] ?? snapshot))
      }),
      runs,
    )
  })

  it('R201: counts again from the instant at which it ends, whatever looks come', patient, () => {
    fc.assert(
      fc.property(scenes, some, fc.nat(), (trace, waived, pick) => {
        const moments = momentsOf(trace)
        const { at: until = 0 } = moments[pick % moments.length] ?? {}
        for (const { at, checks, stops, gates } of play(shadowed(waived, until), moments))
          for (const { waived: found } of [...checks.values(), ...stops.values(), ...gates.values()])
            expect(found === undefined || at < until).toBe(true)
        const played = play(shadowed(waived, until), moments)
        for (const [n, { at, batches }] of moments.entries()) {
          const before = played[n - 1]
          if (before === undefined || at < until) continue
          expect(concluded(step(before, batches, at, shadowed(waived, until)))).toEqual(
            concluded(step(before, batches, at, rules)),
          )
        }
      }),
      runs,
    )
  })
})
