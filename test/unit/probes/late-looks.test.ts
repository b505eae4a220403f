import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { measureOwnTime } from '../../../src/connections/own-time.ts'
import {
  blindSpot,
  type Observation,
  type Target,
  type UnknownReason,
} from '../../../src/core/observation.ts'
import { ProbeError, type Look, type Probe } from '../../../src/probes/probe.ts'
import { observe } from '../../../src/probes/observe.ts'
import { startLooking } from '../../../src/daemon/looking.ts'
import { depth } from '../core/small-rules.ts'
import { block, starveUntil } from '../../support/standing-still.ts'

const clock = { now: () => performance.now() }
const target: Target = { id: 'sts/sts-1', labels: {} }

let measuring: ReturnType<typeof measureOwnTime>
beforeAll(async () => {
  measuring = measureOwnTime()
  await turn()
})
afterAll(() => measuring.stop())

async function turn(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 60))
}

function looking(look: Probe['look'], timeout = 100): Promise<Observation> {
  const pace = () => ({ quiet: 1_000, brisk: 1_000, timeout })
  const probe: Probe = { name: 'probe', provides: [], targets: () => [target], pace, look }
  return observe(probe, target, clock, 1_000, () => {})
}

function hangs(): Promise<Look> {
  return new Promise(() => {})
}

/** The outcome of a look during which this process hardly runs. */
async function starved(look: Probe['look']): Promise<Observation['outcome']> {
  let observation: Observation | undefined
  void looking(look).then((seen) => (observation = seen))
  await starveUntil(() => observation !== undefined)
  if (observation === undefined) throw new Error('it was not looked')
  return observation.outcome
}

function probeError(unknownReason: UnknownReason, reason: string, message: string): ProbeError {
  return new ProbeError({ unknownReason, reason, message })
}

describe('a look that brought nothing', () => {
  it('R120 X11: is the fault of a target that hangs, as soon as the exporter runs', async () => {
    // On a busy machine the first looks may be late indeed.
    let outcome: Observation['outcome'] | undefined
    for (let n = 0; n < 20 && !(outcome?.ok === false && outcome.unknownReason === 'timeout'); n += 1)
      ({ outcome } = await looking(hangs))
    expect(outcome).toMatchObject({ unknownReason: 'timeout', reason: 'timeout' })
  })

  it('R120 X11: is late when the exporter stood still meanwhile, whatever the client says of it', async () => {
    const message = expect.stringMatching(/^the exporter was late itself: it stood still for/) as string
    const late = { ok: false, unknownReason: 'late', reason: 'late', message }
    expect(await starved(hangs)).toEqual(late)
    const gaveUp = () => probeError('timeout', 'postgres_timeout', 'Postgres did not answer in time')
    const reset = () => probeError('unreachable', 'connection_reset', 'it reset the connection')
    for (const fault of [gaveUp, reset])
      expect(await starved(() => turn().then(() => Promise.reject(fault())))).toEqual(late)
  })

  it('R120 X11: is late in a part that did not come, of what else was seen', async () => {
    const blind = { unknownReason: 'timeout', reason: 'redis_timeout', message: 'no answer' } as const
    const seen = await starved(async () => {
      await turn()
      return { readings: [], blindSpots: [blindSpot(depth, {}, blind)] }
    })
    expect(seen).toMatchObject({ ok: true, blindSpots: [{ signal: depth.name, unknownReason: 'late' }] })
  })

  it.each(['unauthorized', 'throttled', 'malformed', 'contradictory'] as const)(
    'R120: is %s for what the target said, however late it was heard',
    async (reason) => {
      const refusal = () => Promise.reject(probeError(reason, reason, 'it said so'))
      expect(await starved(() => turn().then(refusal))).toMatchObject({ unknownReason: reason })
    },
  )

  it('R120 X11: is late when the connection was lost while the exporter stood still before it', async () => {
    block(800)
    const lost = probeError('unreachable', 'postgres_connection_lost', 'the connection broke')
    const { outcome } = await looking(() => Promise.reject(lost))
    expect(outcome).toMatchObject({ unknownReason: 'late' })
  })
})

describe('a watch that says that it cannot see', () => {
  it('R120 X11: is late when the exporter stood still since it said anything', async () => {
    const seen: Observation[] = []
    const silent = probeError('timeout', 'redis_timeout', 'Redis did not answer in time')
    const looks = startLooking({
      probes: [],
      watches: [
        {
          name: 'watch',
          provides: [],
          targets: () => [target],
          validFor: 1_000,
          async follow(_, deliver) {
            block(400)
            deliver(silent)
          },
        },
      ],
      clock,
      cadence: () => 'brisk',
      deliver: () => {},
      deliverNow: ({ observations }) => void seen.push(...observations),
      onFault: () => {},
    })
    await looks.stop()
    expect(seen.map(({ outcome }) => outcome)).toMatchObject([{ unknownReason: 'late' }])
  })
})
