import { describe, expect, it } from 'vitest'
import { snapshotAge } from '../../../src/rules/signals.ts'
import { shownOf } from '../../../src/core/measured.ts'
import { initialSnapshot, type Snapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import { recordTrends } from '../../../src/http/trend-record.ts'
import { healthyWorld, platformRules, batchesOf, type World } from '../rules/platform-world.ts'

const rules = platformRules()
const at = 1_000_000

function judged(world: World) {
  return step(initialSnapshot(at, rules), batchesOf(world, at), at, rules)
}

const plotted = [...rules.gates.flatMap(({ checks }) => checks), ...rules.stops].filter(
  ({ plot }) => plot !== undefined,
)

function worstOf(id: string, { checks, stops }: Snapshot) {
  const unit = plotted.find((row) => row.id === id)?.plot?.unit
  const status = stops.get(id) ?? checks.get(id)
  if (status === undefined || unit === undefined) throw new Error(`${id} has no plot`)
  return shownOf(status).find(({ observed }) => observed.unit === unit)
}

describe('the measure of a check or stop condition', () => {
  it.each(plotted.map(({ id }) => id))('%s has a value and a limit', (id) => {
    expect(worstOf(id, judged(healthyWorld()))?.threshold?.value).toBeGreaterThan(0)
  })

  it('is a number where the worst finding of a subject may be a yes', () => {
    const worst = worstOf('revocation-snapshot-stale', judged(healthyWorld()))
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
    const worst = worstOf('revocation-snapshot-stale', judged(world))
    expect(worst).toMatchObject({ key: 'gateway/gateway-1', observed: { value: 400 }, answer: 'unmet' })
  })

  it('is none while one of the subjects cannot be seen, for the others are not all', () => {
    const world = healthyWorld().map((place) =>
      place.probe === 'metrics' && place.target.id === 'gateway/gateway-1'
        ? { ...place, failing: true }
        : place,
    )
    expect(worstOf('revocation-snapshot-stale', judged(world))).toBeUndefined()
    expect(worstOf('stream-backlog', judged(world))).toBeDefined()
  })

  it('is none of what is switched off', () => {
    const off = platformRules({ off: new Map([['redis-memory-pressure', 'measured elsewhere']]) })
    const snapshot = step(initialSnapshot(at, off), batchesOf(healthyWorld(), at), at, off)
    expect(worstOf('redis-memory-pressure', snapshot)).toBeUndefined()
  })

  it('is what trends record, in its unit', () => {
    const record = recordTrends(5_000, 10)
    record.add(judged(healthyWorld()))
    const series = record.of('stops', 'revocation-snapshot-stale')
    expect(series.filter(({ unit }) => unit === 'seconds').map(({ ring }) => ring.at(at / 5_000))).toEqual([
      12,
    ])
  })
})
