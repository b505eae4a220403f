import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GateReport } from '../../src/contract/document.ts'
import { setClusterGround, type ClusterGround } from '../support/cluster-ground.ts'
import { checkIn, author, isFiring, stopIn, type Gate } from '../support/daemon.ts'

// An API server that is gone, and one that takes connections and says nothing more.

const gateway = 'caracal-platform-gateway-1'
const ofCluster = [
  'release-deployed',
  'workload-drift',
  'secret-references',
  'service-ports',
  'migration-jobs',
  'previous-revision',
  'ready-api',
  'ready-sts',
  'ready-gateway',
  'workload-rollout',
]
let ground: ClusterGround
let gate: Gate

beforeAll(async () => {
  ground = await setClusterGround()
  await ground.cluster.upgrade()
  await ground.cluster.upgrade()
  ground.configure()
  gate = await ground.start()
  await gate.until('all is proven', areAll('pass'), 60)
  const declared = await gate.post('/rollouts', { id: 'release-1', phase: 'preflight', ...author })
  expect(declared.status).toBe(201)
})

afterAll(() => ground.end())

function areAll(state: string): (report: GateReport) => boolean {
  return (report) => ofCluster.every((id) => checkIn(report, id).state === state)
}

/** All that is said to be wrong at any moment of the next seconds: verdicts, stop conditions and culprits. */
async function wrongIn(seconds: number): Promise<readonly string[]> {
  const wrong = new Set<string>()
  const end = performance.now() + seconds * 1_000
  while (performance.now() < end) {
    const { verdict, stopConditions, gates } = await gate.report()
    if (verdict !== 'hold') wrong.add(`verdict ${verdict}`)
    for (const { id, state, latch } of stopConditions)
      if (state === 'firing' || latch?.acknowledged === null) wrong.add(`${id} ${state}`)
    for (const { culprits } of gates.flatMap(({ checks }) => checks))
      for (const { answer, key } of culprits) if (answer === 'unmet') wrong.add(key)
    await delay(100)
  }
  return [...wrong]
}

async function replicasThatProveReadiness(): Promise<number> {
  const { text } = await gate.get('/metrics')
  return text.split('\n').filter((line) => /^caracal_readiness_ready\{.*\} 1$/.test(line)).length
}

interface Outage {
  readonly name: string
  readonly reasons: readonly string[]
  readonly begin: () => Promise<void> | void
  readonly end: () => Promise<void> | void
  readonly seconds: number
}

const outages: readonly Outage[] = [
  {
    name: 'that hangs',
    reasons: ['timeout'],
    begin: () => ground.cluster.controlPlane.pauseApiServer(),
    end: () => ground.cluster.controlPlane.resumeApiServer(),
    // What was seen last would be believed for 15 s.
    seconds: 17,
  },
  {
    name: 'that is gone',
    reasons: ['unreachable'],
    begin: () => ground.cluster.controlPlane.stopApiServer(),
    end: () => ground.cluster.controlPlane.startApiServer(),
    seconds: 5,
  },
]

describe.each(outages)('an API server $name', ({ begin, end, reasons, seconds }) => {
  it('leaves unknown all that it proves, stops nothing, latches nothing and hides no replica', async () => {
    await begin()
    const report = await gate.until('it is unknown', areAll('unknown'), 15)
    expect([...new Set(ofCluster.map((id) => checkIn(report, id).unknownReason))]).toEqual(reasons)
    expect(await wrongIn(seconds)).toEqual([])
    expect(await replicasThatProveReadiness()).toBe(10)
    expect(checkIn(await gate.report(), 'streams-exist').state).toBe('pass')
  })

  it('silences no replica that says by itself that it is not ready', async () => {
    const { faults } = ground.cluster.platform
    await faults.inject('gateway-unready', gateway)
    const report = await gate.until('it fires', isFiring('gateway-unready'), 20)
    expect(stopIn(report, 'gateway-unready')).toMatchObject({
      target: `gateway/${gateway}`,
      reason: 'sts_unreachable',
    })
    await faults.clear('gateway-unready')
  })

  it('is back with all that it proved, in the same rollout', async () => {
    await end()
    // Controllers, too, were away: Services follow their pods only when those are back.
    await gate.until('all is proven again', areAll('pass'), 90)
    const clear = ({ stopConditions }: GateReport) => stopConditions.every(({ state }) => state === 'clear')
    const report = await gate.until('nothing fires', clear, 30)
    expect(report.rollout).toMatchObject({ id: 'release-1', phase: 'preflight' })
    const latched = report.stopConditions.filter(({ latch }) => latch !== null)
    expect(latched.map(({ id }) => id)).toEqual(['gateway-unready'])
    const acknowledged = await gate.post('/acknowledgements', { stopCondition: 'gateway-unready', ...author })
    expect(acknowledged.status).toBe(200)
  })
})
