import { describe, expect, it } from 'vitest'
import { provenByEvidence } from '../../../src/checks/elsewhere.ts'
import { pushedEvidence } from '../../../src/checks/signals.ts'
import { PUSHED_EVIDENCE } from '../../../src/core/observation.ts'
import { targetOf, type Piece } from '../../../src/core/pushed.ts'
import { read } from '../../../src/core/signal.ts'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import { measurements } from '../../../src/publish/measurement-metrics.ts'
import { takeEvidence } from '../../../src/rollout/evidence.ts'
import { saw } from '../../support/timeline.ts'
import { aCheck, smallRules } from '../core/small-rules.ts'

const check = 'render'
const rules = smallRules({
  gates: [
    {
      id: 'rendered',
      title: 'Rendered',
      checks: [aCheck(check, { condition: provenByEvidence(check, 'so') })],
    },
  ],
  stops: [],
  providers: new Map([[pushedEvidence.name, PUSHED_EVIDENCE]]),
})

function piece(since: number, more: Partial<Piece>) {
  const value = more.outcome === 'fail' ? 0 : 1
  const target = targetOf({ check, outcome: 'pass', issued: since, since, ...more })
  return saw(target, since, [read(pushedEvidence, { check }, value)], [], 60_000)
}

describe('the metric of pushed evidence', () => {
  it('X61: has one sample for each check, of the piece that counts, however many are held', () => {
    const held = [
      piece(1, { outcome: 'fail', rollout: 'later' }),
      piece(2, {}),
      piece(3, { rollout: 'other' }),
    ]
    const snapshot = step(held.reduce(takeEvidence, initialSnapshot(5, rules)), [], 5, rules)
    const samples = measurements(snapshot).flatMap(([{ name }, found]) =>
      name === pushedEvidence.name ? found : [],
    )
    expect(samples).toEqual([{ labels: [check], value: 1 }])
  })
})
