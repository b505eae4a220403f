import { describe, expect, it } from 'vitest'
import { provenByEvidence } from '../../../src/rules/elsewhere.ts'
import { pushedEvidence } from '../../../src/rules/signals.ts'
import { LEFT_OUT, PUSHED_EVIDENCE, type Batch, type UnknownReason } from '../../../src/core/observation.ts'
import { targetOf, type Piece } from '../../../src/core/pushed.ts'
import { read } from '../../../src/core/signal.ts'
import { initialSnapshot, type Snapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import { measurements } from '../../../src/http/measurement-metrics.ts'
import { selfMetrics } from '../../../src/http/self-metrics.ts'
import { takeEvidence } from '../../../src/rollout/evidence.ts'
import { aBatch, aTarget, saw } from '../../support/timeline.ts'
import { aCheck, smallRules } from '../core/small-rules.ts'
import { aRelease, scrapeOf } from './release.ts'

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

describe('X16: what a probe sees', () => {
  const up = (snapshot: Snapshot) =>
    selfMetrics({ ...scrapeOf(aRelease(12)), snapshot }).flatMap(([{ name }, found]) =>
      /_(target_up|probe_up|last_success_timestamp_seconds)$/.test(name)
        ? found.map(
            ({ labels: [probe = ''], value }) =>
              `${name.replace(/^.*exporter_/, '')} ${probe} ${Number(value)}`,
          )
        : [],
    )
  const blindSpotsFor = (probe: string, reason: string, unknownReason: UnknownReason) =>
    aBatch(probe, 5, [
      {
        ...saw(aTarget('x'), 5, []),
        outcome: { ok: false as const, unknownReason, reason, message: 'it cannot be seen' },
      },
    ])

  it('is not told of evidence that is missing, has expired or fails', () => {
    const none = initialSnapshot(5, rules)
    for (const held of [[], [piece(1, {})], [piece(1, { outcome: 'fail' }), piece(2, {})]]) {
      const snapshot = step(held.reduce(takeEvidence, none), [aBatch(PUSHED_EVIDENCE, 5, [])], 200_000, rules)
      expect(up(snapshot)).toEqual([])
    }
  })

  it('is not told of what the configuration leaves out, and is of what it cannot do', () => {
    const told = (...batches: readonly Batch[]) => up(step(initialSnapshot(5, rules), batches, 6, rules))
    expect(told(blindSpotsFor('helm-release', LEFT_OUT, 'not_configured'))).toEqual([])
    const notUp = ['target_up helm-release 0', 'probe_up helm-release 0']
    expect(told(blindSpotsFor('helm-release', 'no_credentials', 'not_configured'))).toEqual(notUp)
    expect(told(blindSpotsFor('helm-release', 'forbidden', 'unauthorized'))).toEqual(notUp)
    expect(told(aBatch('ready-endpoint', 5, []))).toEqual(['probe_up ready-endpoint 0'])
  })
})

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
