import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../../src/rules/limits.ts'
import { groupConsumers, groupLag } from '../../../src/rules/signals.ts'
import { consumersAlive } from '../../../src/rules/streams.ts'
import { fold } from '../../../src/core/belief.ts'
import { evidenceOf } from '../../../src/core/evidence.ts'
import type { Recollection } from '../../../src/core/finding.ts'
import { blindSpot, type BlindSpot } from '../../../src/core/observation.ts'
import { read, type Reading } from '../../../src/core/signal.ts'

const stream = 'caracal.audit.events'
const labels = { stream, group: 'audit-ingestor' }
const streams = [
  { name: stream, groups: [{ name: labels.group, policy: 'required', asksEvery: 5_000 } as const] },
]
const recollection: Recollection = { now: 1_000, baseline: () => undefined, baselines: () => [] }
const unknowable = blindSpot(groupConsumers, labels, {
  unknownReason: 'ambiguous',
  reason: 'redis_consumers_unknown',
  message: 'before Redis 7.2 a consumer shows only once it got an entry',
})

function answers(readings: readonly Reading[], blindSpots: readonly BlindSpot[]): readonly string[] {
  const target = { id: 'redis', labels: {} }
  const look = {
    target,
    at: 1_000,
    took: 1,
    validFor: 1_000,
    outcome: { ok: true, readings, blindSpots } as const,
  }
  const beliefs = fold(new Map(), [{ probe: 'streams', at: 1_000, targets: [target], observations: [look] }])
  const providers = new Map([groupConsumers, groupLag].map(({ name }) => [name, 'streams'] as const))
  const condition = consumersAlive(streams, defaultLimits.streams)
  return condition
    .judge(evidenceOf(beliefs, providers, 1_000), recollection)
    .map(({ answer, reason }) => `${answer} ${reason}`)
}

describe('a group of which an old Redis knows no consumer', () => {
  it('is excused while nothing waits for one', () => {
    expect(answers([read(groupLag, labels, 0)], [unknowable])).toEqual(['met ok'])
  })

  it('is unknown as soon as an entry waits', () => {
    expect(answers([read(groupLag, labels, 1)], [unknowable])).toEqual(['unknown redis_consumers_unknown'])
  })

  it('is unknown while nobody knows whether an entry waits', () => {
    expect(answers([], [unknowable])).toEqual(['unknown redis_consumers_unknown'])
  })
})
