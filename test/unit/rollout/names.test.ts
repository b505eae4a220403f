import { describe, expect, it } from 'vitest'
import { nextDue } from '../../../src/rollout/evaluation.ts'
import { watching, last, migrating, rolling, unseen } from './upgrade-worlds.ts'
import { calm, lasting, look, standing, started, watch, type World } from './upgrading.ts'

describe('the name of a detected rollout', () => {
  it.each([
    ['a Job', { jobs: migrating.jobs }],
    ['a workload', { workloads: rolling.workloads }],
  ])('R50: is that of its revision when %s is heard of first', (_, change) => {
    const first: World = { ...calm, ...change }
    const heard = look(watching(), first, 100_000)
    expect(standing(heard)).toBe('none')
    expect(nextDue(heard)).toBeLessThanOrEqual(102_000)
    const during: World = { ...first, arrivals: calm.arrivals + 1 }
    const named = look(look(heard, during, 101_000), { ...during, release: [6, 'pending-upgrade'] }, 101_900)
    expect(standing(named)).toMatch(/^caracal-r6 /)
    // What fired while the name was awaited is the rollout's own.
    expect([...named.snapshot.stops.values()][0]?.latch).toMatchObject({ preexisting: false })
    expect(standing(look(heard, first, 101_999))).toBe('none')
    expect(standing(look(heard, first, 102_000))).toMatch(/^caracal-(job-aaaaaaaa|w1) /)
    // Where the Secrets of Helm are not read there is no revision to wait for.
    const from = last(watch(started(), lasting(unseen(calm), 12)))
    expect(standing(last(watch(from, [unseen(first)])))).toMatch(/^caracal-(job-aaaaaaaa|w1) /)
  })
})
