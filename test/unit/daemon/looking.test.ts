import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Batch, Target } from '../../../src/core/observation.ts'
import type { Cadence } from '../../../src/daemon/cadence.ts'
import { startLooking, validityOf } from '../../../src/daemon/looking.ts'
import type { Look, Pace, Probe } from '../../../src/probes/probe.ts'

const clock = { now: () => performance.now() }
const one: Target = { id: 'one', labels: {} }
const other: Target = { id: 'other', labels: {} }

interface Setting {
  readonly pace?: () => Pace
  readonly targets?: () => readonly Target[]
  readonly look: (target: Target) => Promise<Look>
}

const usual: Pace = { brisk: 10, quiet: 60_000, timeout: 500 }

/** Looks in earnest, every 10 ms while brisk; quiet looks would come in a minute. */
function looking({ targets = () => [one], look, pace = () => usual }: Setting) {
  const probe: Probe = {
    name: 'probe',
    provides: [],
    targets,
    pace,
    look,
  }
  const batches: Batch[] = []
  const faults: string[] = []
  const state: { cadence: Cadence } = { cadence: 'brisk' }
  const looks = startLooking({
    probes: [probe],
    watches: [],
    clock,
    cadence: () => state.cadence,
    deliver: (batch) => batches.push(batch),
    deliverNow: (batch) => batches.push(batch),
    onFault: (name, target, fault) => faults.push(`${name} ${target} ${String((fault as Error).message)}`),
  })
  return { batches, faults, state, looks, observations: () => batches.flatMap((batch) => batch.observations) }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(5)
}

describe('R135: an outcome is believed', () => {
  it.each([
    ['for three intervals, the time-out and a second', 150, 2_500, 3_950, 3_950],
    ['no longer than today in either cadence', 15_000, 5_500, 22_000, 51_000],
    ['until the next attempt has ended, however seldom that is', 60_000, 800, 61_850, 61_850],
  ])('%s', (_, interval, timeout, brisk, quiet) => {
    expect(validityOf(interval, timeout, 'brisk')).toBe(brisk)
    expect(validityOf(interval, timeout, 'quiet')).toBe(quiet)
  })
})

describe('looking', () => {
  it('believes a look until after the next one, also when the cadence turns quiet during it', async () => {
    const { state, looks, observations } = looking({
      look: async () => {
        state.cadence = 'quiet'
        return { readings: [] }
      },
    })
    await until(() => observations().length === 1)
    await looks.stop()
    expect(observations()[0]?.validFor).toBeGreaterThan(60_000)
  })

  it('begins at once with a target that came, when it is told to list anew', async () => {
    let targets = [one]
    const { looks, batches, observations } = looking({
      targets: () => targets,
      look: () => Promise.resolve({ readings: [] }),
    })
    await until(() => observations().length > 0)
    targets = [other]
    looks.relist()
    expect(batches.at(-1)?.targets).toEqual([other])
    await until(() => observations().some((observation) => observation.target === other))
    await looks.stop()
  })

  it('looks at a target never twice at once, and a hung one keeps no other waiting', async () => {
    const running = new Map<string, number>()
    let most = 0
    const { looks, observations } = looking({
      targets: () => [one, other],
      async look({ id }) {
        running.set(id, (running.get(id) ?? 0) + 1)
        most = Math.max(most, running.get(id) ?? 0)
        await (id === 'one' ? delay(300) : undefined)
        running.set(id, (running.get(id) ?? 0) - 1)
        return { readings: [] }
      },
    })
    await until(() => observations().filter(({ target }) => target === other).length >= 5)
    expect(observations().filter(({ target }) => target === one)).toEqual([])
    await looks.stop()
    expect(most).toBe(1)
  })

  it('asks for the targets by the second, not by the look, and gives the same list for as long as none came or went', async () => {
    let asked = 0
    const { looks, batches, observations } = looking({
      targets: () => {
        asked += 1
        return [one, other]
      },
      look: async () => ({ readings: [] }),
    })
    await until(() => observations().length >= 40)
    await looks.stop()
    // 40 looks at two targets take at least a second; a busy machine lets more of them pass.
    expect(asked).toBeLessThan(observations().length / 4)
    expect(new Set(batches.map(({ targets }) => targets)).size).toBe(1)
  })

  it('looks at many targets in one turn of the event loop', async () => {
    const many = Array.from({ length: 30 }, (_, n): Target => ({ id: `target ${n}`, labels: {} }))
    let turns = 0
    const turnOf: number[] = []
    const { looks, observations } = looking({
      targets: () => many,
      look: async () => {
        turnOf.push(turns)
        setImmediate(() => (turns += 1))
        return { readings: [] }
      },
    })
    await until(() => observations().length >= 30)
    await looks.stop()
    expect(turnOf.slice(0, 30)).toEqual(many.map(() => 0))
  })

  it('hurries to a look that was due much later when the cadence turns brisk', async () => {
    const { state, looks, observations } = looking({ look: async () => ({ readings: [] }) })
    state.cadence = 'quiet'
    await until(() => observations().length === 1)
    await delay(30)
    expect(observations()).toHaveLength(1)
    state.cadence = 'brisk'
    looks.hurry()
    await until(() => observations().length > 3)
    await looks.stop()
  })

  it('leaves a look where it was planned when its pace has become slower since and others are hurried', async () => {
    let brisk = 300
    const { looks, observations } = looking({
      pace: () => ({ ...usual, brisk }),
      look: async () => ({ readings: [] }),
    })
    await until(() => observations().length === 1)
    brisk = 60_000
    looks.hurry()
    await until(() => observations().length === 2)
    await looks.stop()
    const [first, second] = observations()
    expect(second?.at).toBeLessThan((first?.at ?? 0) + (first?.validFor ?? 0))
  })

  it('says nothing any more once it is stopped, not even of a look that was under way', async () => {
    let started = 0
    const { batches, looks } = looking({
      async look() {
        started += 1
        await delay(20)
        return { readings: [] }
      },
    })
    await until(() => started === 1)
    await looks.stop()
    const { length } = batches
    await delay(50)
    expect(batches).toHaveLength(length)
    expect(started).toBe(1)
  })

  it('tells of the targets of a probe before the first look, also when there are none', async () => {
    const { batches, looks } = looking({ targets: () => [], look: async () => ({ readings: [] }) })
    await looks.stop()
    expect(batches).toMatchObject([{ probe: 'probe', targets: [], observations: [] }])
  })

  it('takes every target for unseen while the probe throws when it is asked for them, and goes on after', async () => {
    let isAtFault = false
    const { looks, observations, faults } = looking({
      targets: () => {
        if (isAtFault) throw new Error('not understood')
        return [one]
      },
      look: async () => ({ readings: [] }),
    })
    const isSeen = () => observations().at(-1)?.outcome.ok
    await until(() => isSeen() === true)
    isAtFault = true
    looks.relist()
    await until(() => isSeen() === false)
    expect(observations().at(-1)?.outcome).toMatchObject({
      unknownReason: 'malformed',
      reason: 'targets_unknown',
    })
    isAtFault = false
    looks.relist()
    await until(() => isSeen() === true)
    await looks.stop()
    expect(faults).toEqual(['probe targets not understood'])
  })
})
