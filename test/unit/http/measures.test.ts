import { describe, expect, it } from 'vitest'
import { snapshotAge } from '../../../src/rules/signals.ts'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import { measures, worstOf } from '../../../src/http/measures.ts'
import { recordTrends } from '../../../src/http/trend-record.ts'
import { healthyWorld, platformRules, batchesOf, type World } from '../rules/platform-world.ts'

const rules = platformRules()
const at = 1_000_000

function judged(world: World) {
  return step(initialSnapshot(at, rules), batchesOf(world, at), at, rules)
}

function measureOf(id: string) {
  const measure = measures.find((candidate) => candidate.id === id)
  if (measure === undefined) throw new Error(`no measure ${id}`)
  return measure
}

describe('the measure of a check or stop condition', () => {
  it.each(measures.map((measure) => [measure.id, measure] as const))(
    '%s has a value and a limit',
    (_, measure) => {
      const worst = worstOf(measure, judged(healthyWorld()), rules)
      expect(worst?.observed.unit).toBe(measure.unit)
      expect(worst?.threshold?.value).toBeGreaterThan(0)
    },
  )

  it('is a number where the worst finding of a subject may be a yes', () => {
    const worst = worstOf(measureOf('revocation-snapshot-stale'), judged(healthyWorld()), rules)
    expect(worst).toMatchObject({
      observed: { value: 12, unit: 'seconds' },
      threshold: { op: '<=' },
    })
  })

  it('is the worst of all subjects', () => {
    const world = healthyWorld().map((place) =>
      place.target.id !== 'gateway/gateway-1'
        ? place
        : {
            ...place,
            readings: place.readings.map((reading) =>
              reading.signal === snapshotAge.name ? { ...reading, value: 400 } : reading,
            ),
          },
    )
    const worst = worstOf(measureOf('revocation-snapshot-stale'), judged(world), rules)
    expect(worst).toMatchObject({ key: 'gateway/gateway-1', observed: { value: 400 }, answer: 'unmet' })
  })

  it('is none while one of the subjects cannot be seen, for the others are not all', () => {
    const world = healthyWorld().map((place) =>
      place.probe === 'metrics' && place.target.id === 'gateway/gateway-1'
        ? { ...place, failing: true }
        : place,
    )
    expect(worstOf(measureOf('revocation-snapshot-stale'), judged(world), rules)).toBeUndefined()
    expect(worstOf(measureOf('stream-backlog'), judged(world), rules)).toBeDefined()
  })

  it('is none of what is switched off', () => {
    const off = platformRules({ off: new Map([['redis-memory-pressure', 'measured elsewhere']]) })
    const snapshot = step(initialSnapshot(at, off), batchesOf(healthyWorld(), at), at, off)
    expect(worstOf(measureOf('redis-memory-pressure'), snapshot, off)).toBeUndefined()
  })

  it('is what trends record, in its unit', () => {
    const record = recordTrends(5_000, 10)
    record.add(judged(healthyWorld()), () => rules)
    const series = record.of('stops', 'revocation-snapshot-stale')
    expect(series.filter(({ unit }) => unit === 'seconds').map(({ ring }) => ring.at(at / 5_000))).toEqual([
      12,
    ])
  })
})
