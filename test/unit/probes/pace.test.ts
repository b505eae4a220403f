import { describe, expect, it } from 'vitest'
import { atPace } from '../../../src/probes/index.ts'
import type { Pace, Probe } from '../../../src/probes/probe.ts'

const own: Pace = { quiet: 3_000, brisk: 100, timeout: 800 }
const target = { id: 'one', labels: {} }

function probe(rationed: boolean): Probe {
  return {
    name: 'probe',
    provides: [],
    targets: () => [target],
    pace: () => own,
    look: () => Promise.resolve({ readings: [] }),
    ...(rationed && { rationed: true }),
  }
}

describe('the pace of a probe', () => {
  it('is its own where nobody says otherwise', () => {
    expect(atPace(probe(false), undefined).pace(target)).toEqual(own)
  })

  it('is replaced in the parts that the configuration names', () => {
    expect(atPace(probe(false), { brisk: 50, timeout: 400 }).pace(target)).toEqual({
      quiet: 3_000,
      brisk: 50,
      timeout: 400,
    })
  })

  it('is never quicker in quiet than in brisk', () => {
    expect(atPace(probe(false), { brisk: 5_000 }).pace(target)).toMatchObject({ quiet: 5_000, brisk: 5_000 })
  })

  it('T34: can only be made slower where the target grants only so many looks', () => {
    expect(atPace(probe(true), { brisk: 50, quiet: 60 }).pace(target)).toMatchObject({
      quiet: 3_000,
      brisk: 100,
    })
    expect(atPace(probe(true), { brisk: 500 }).pace(target)).toMatchObject({ brisk: 500 })
  })
})
