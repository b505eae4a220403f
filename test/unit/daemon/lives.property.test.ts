import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { provenByEvidence } from '../../../src/rules/elsewhere.ts'
import { pushedEvidence } from '../../../src/rules/signals.ts'
import { PUSHED_EVIDENCE } from '../../../src/core/observation.ts'
import { isActive } from '../../../src/core/rollout.ts'
import { initialSnapshot, type Snapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import { admit } from '../../../src/daemon/evidence.ts'
import { begin, finish } from '../../../src/rollout/commands.ts'
import { takeEvidence } from '../../../src/rollout/evidence.ts'
import { nothingRemembered, recall, remember, type Memory } from '../../../src/rollout/memory.ts'
import { aCheck, smallRules } from '../core/small-rules.ts'

const check = 'render'
const rules = smallRules({
  gates: [
    {
      id: 'rendered',
      title: 'Rendered',
      checks: [aCheck(check, { condition: provenByEvidence(check, 'it renders'), source: 'evidence' })],
    },
  ],
  stops: [],
  providers: new Map([[pushedEvidence.name, PUSHED_EVIDENCE]]),
  longestGap: Infinity,
})

const ids = fc.constantFrom('a', 'b', 'c')
const outcome = fc.constantFrom('pass' as const, 'pass' as const, 'fail' as const)
const act = fc.oneof(
  fc.record({ do: fc.constant('begin' as const), id: ids }),
  fc.record({ do: fc.constant('push' as const), id: fc.option(ids, { nil: undefined }), outcome }),
  fc.record({ do: fc.constant('push' as const), id: fc.option(ids, { nil: undefined }), outcome }),
  fc.constantFrom({ do: 'done' as const }, { do: 'failed' as const }, { do: 'restart' as const }),
)
const after = fc.constantFrom(1_000, 1_000, 20_000, 200_000)
const traces = fc.array(fc.tuple(after, act), { minLength: 1, maxLength: 14 })
type Trace = typeof traces extends fc.Arbitrary<infer T> ? T : never

/** For how long each piece is valid. */
const VALID = 300_000

/** What was said, and of which rollout by its words: told apart from where the daemon keeps it. */
interface Said {
  readonly about: string | undefined
  readonly outcome: 'pass' | 'fail'
  readonly at: number
}

const author = { actor: 'ann', reason: 'random' }

function* play(trace: Trace): Generator<{ readonly snapshot: Snapshot; readonly said: readonly Said[] }> {
  let snapshot = initialSnapshot(0, rules)
  let memory: Memory = nothingRemembered
  let said: readonly Said[] = []
  let at = 0

  function becomes(commanded: Snapshot): void {
    const next = step(commanded, [], at, rules)
    memory = remember(memory, snapshot, next, [])
    snapshot = next
  }

  for (const [span, one] of trace) {
    at += span
    const rollout = isActive(snapshot.rollout) ? snapshot.rollout : undefined
    if (one.do === 'begin') {
      const begun = begin(snapshot, { ...author, id: one.id, supersede: true }, at)
      if (begun.ok) {
        // What was said between two rollouts and named none is about the one that begins.
        if (rollout === undefined) said = said.map((s) => ({ ...s, about: s.about ?? one.id }))
        becomes(begun.snapshot)
      }
    } else if (one.do === 'push') {
      const named = one.id === undefined ? {} : { rollout: one.id }
      const body = { outcome: one.outcome, validForSeconds: VALID / 1_000, ...author, ...named }
      const admission = admit(check, body, { snapshot, rules, now: at })
      if (admission.kind === 'new') {
        said = [...said, { about: one.id ?? rollout?.id, outcome: one.outcome, at }]
        becomes(takeEvidence(snapshot, admission.observation))
      }
    } else if (one.do === 'restart') {
      memory = JSON.parse(JSON.stringify(memory)) as Memory
      snapshot = recall(initialSnapshot(at, rules), memory)
    } else if (rollout !== undefined) {
      const ended = finish(snapshot, rollout.id, { outcome: one.do, force: true }, author, at)
      if (ended.ok) becomes(ended.snapshot)
    }
    snapshot = step(snapshot, [], at, rules)
    yield { snapshot, said }
  }
}

/** What is to come of it: the newest that was said about the rollout, or about none where none is under way. */
function mayProceed({ at, rollout }: Snapshot, said: readonly Said[]): boolean {
  const isBetween = !isActive(rollout)
  const newest = said.findLast(({ about }) => (about === undefined ? isBetween : about === rollout?.id))
  if (rollout?.phase === 'failed' || newest === undefined) return false
  return newest.outcome === 'pass' && at - newest.at <= VALID
}

describe('evidence of several rollouts, one after the other', () => {
  it('X83: X61: R70: makes a rollout proceed exactly when the newest that was said about it is a pass', () => {
    fc.assert(
      fc.property(traces, (trace) => {
        for (const { snapshot, said } of play(trace))
          expect([snapshot.at, snapshot.verdict.verdict]).toEqual([
            snapshot.at,
            mayProceed(snapshot, said) ? 'proceed' : 'hold',
          ])
      }),
      { numRuns: 400 },
    )
  })
})
