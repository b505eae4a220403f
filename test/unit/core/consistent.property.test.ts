import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nothingRemembered, recall, remember } from '../../../src/rollout/memory.ts'
import { initialSnapshot, type Snapshot } from '../../../src/core/snapshot.ts'
import { toReport } from '../../../src/http/document.ts'
import { rollbackOf } from '../../../src/rollout/rollback.ts'
import { contradictions } from '../../support/consistent-document.ts'
import { play } from '../../support/timeline.ts'
import { platformRules } from '../rules/platform-world.ts'
import { reportContext } from '../http/context.ts'
import { momentsOf, scenes } from './random-world.ts'

const rules = platformRules({ steady: 10_000 })
const waived = {
  ...rules,
  shadows: new Map([
    ['stream-backlog', 1e12],
    ['readiness', 1e12],
    ['sts-unready', 1e12],
    ['redis-memory-pressure', 60_000],
  ]),
}
const patient = { timeout: 60_000 }
const runs = { numRuns: 60 }

function documentOf(snapshot: Snapshot, by = rules) {
  return toReport(snapshot, reportContext(by, { rollback: rollbackOf(snapshot) }))
}

describe('the document of any state that a platform can come to', () => {
  it('R83: says nothing against itself', patient, () => {
    fc.assert(
      fc.property(scenes, fc.constantFrom(rules, waived), (trace, by) => {
        for (const snapshot of play(by, momentsOf(trace)))
          expect(contradictions(documentOf(snapshot, by))).toEqual([])
      }),
      runs,
    )
  })

  it('R83: X62: says nothing against itself after a restart', patient, () => {
    fc.assert(
      fc.property(scenes, scenes, (before, after) => {
        const played = play(rules, momentsOf(before))
        const last = played.at(-1) ?? initialSnapshot(0, rules)
        const memory = played.reduce(
          ({ memory: held, from }, to) => ({ memory: remember(held, from, to, []), from: to }),
          { memory: nothingRemembered, from: initialSnapshot(0, rules) },
        ).memory
        const again = recall(initialSnapshot(last.at, rules), memory)
        const moments = momentsOf(after).map((moment) => ({ ...moment, at: moment.at + last.at }))
        for (const snapshot of play(rules, moments, again))
          expect(contradictions(documentOf(snapshot))).toEqual([])
      }),
      runs,
    )
  })
})
