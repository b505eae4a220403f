import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GateReport } from '../../src/contract/document.ts'
import { chartState, setClusterGround, type ClusterGround } from '../support/cluster-ground.ts'
import { author, isFiring, stopIn, type Gate } from '../support/daemon.ts'

// What becomes of the memory that two daemons keep in one ConfigMap when they, it or the API server go away.

const dead = 'outbox-dead-messages'
const circuit = 'sts-circuit-open'
const letters = 'audit-dlq-growing'
const id = 'release-1'
const maps = `/api/v1/namespaces/${chartState.namespace}/configmaps`
let ground: ClusterGround
let gates: readonly Gate[]

beforeAll(async () => {
  ground = await setClusterGround()
  await ground.cluster.upgrade()
  ground.configure((configuration) => (configuration['state'] = chartState))
  gates = [await ground.start(), await ground.start()]
  await both(
    'the release stands',
    ({ gates: all }) => all.find((gate) => gate.id === 'readiness')?.state === 'pass',
  )
})

afterAll(() => ground.end())

/** Both come to this; gives what they said. */
function both(what: string, holds: (report: GateReport) => boolean, seconds = 30): Promise<GateReport[]> {
  return Promise.all(gates.map((gate) => gate.until(what, holds, seconds)))
}

async function restartBoth(): Promise<void> {
  await Promise.all(gates.map((gate) => gate.kill()))
  gates = await Promise.all([ground.start(), ground.start()])
}

/** Makes a stop condition fire, and takes its cause away. */
async function happen(stop: string): Promise<void> {
  await ground.cluster.platform.faults.inject(stop)
  await both(`${stop} fires`, isFiring(stop))
  await ground.cluster.platform.faults.clear(stop)
}

async function acknowledge(stop: string): Promise<void> {
  const answer = await gates[0]?.post('/acknowledgements', { stopCondition: stop, ...author })
  expect(answer?.status).toBe(200)
}

function isKept({ evaluator }: GateReport): boolean {
  return evaluator.stateStore.ok
}

function isNotKept(report: GateReport): boolean {
  return !isKept(report)
}

describe('the memory of two daemons', () => {
  it('is there when both were killed', async () => {
    // On a busy machine the daemons may have come in the middle of the installation, and follow that.
    const declared = await gates[0]?.post('/rollouts', { id, phase: 'rolling', supersede: true, ...author })
    expect(declared?.status).toBe(201)
    await both('both know the rollout', ({ rollout }) => rollout.id === id)
    await happen(dead)
    await happen(circuit)
    await acknowledge(circuit)
    await both('both know the acknowledgement', (report) => stopIn(report, circuit).acknowledged)
    await restartBoth()
    for (const report of await both('both remember', ({ rollout }) => rollout.id === id)) {
      expect(report.verdict).toBe('stop')
      expect(stopIn(report, dead).latch).toMatchObject({ preexisting: false, acknowledged: null })
      expect(stopIn(report, circuit).latch?.acknowledged?.actor).toContain(author.actor)
    }
  })

  it('is written anew when the ConfigMap was deleted, as soon as somebody has made it again', async () => {
    const { controlPlane } = ground.cluster
    const { namespace, configMap } = chartState
    await controlPlane.request('DELETE', `${maps}/${configMap}`)
    for (const { evaluator } of await both('it is said', isNotKept))
      expect(evaluator.stateStore.message).toBe(
        `the state can't be kept in the ConfigMap ${namespace}/${configMap}: it is not there, and configmaps may not be created: kubectl -n ${namespace} create configmap ${configMap}`,
      )
    expect(await gates[0]?.metric('caracal_gate_exporter_state_store_up')).toBe(0)
    // R94 X98: what can't be kept is refused, and is told again.
    await both('it is over', (report) => stopIn(report, dead).state === 'clear')
    const refused = await gates[0]?.post('/acknowledgements', { stopCondition: dead, ...author })
    expect(refused?.status).toBe(503)
    await controlPlane.request('POST', maps, { metadata: { name: configMap } })
    await both('it is kept again', isKept)
    await acknowledge(dead)
    await both('both know the acknowledgement', (report) => stopIn(report, dead).acknowledged)
    await restartBoth()
    for (const report of await both('both remember', ({ rollout }) => rollout.id === id))
      expect([dead, circuit].map((stop) => stopIn(report, stop).acknowledged)).toEqual([true, true])
  })

  it('takes in what happened while the API server was away', async () => {
    const { controlPlane } = ground.cluster
    await both('the streams are known', (report) => stopIn(report, letters).state === 'clear')
    await controlPlane.stopApiServer()
    await happen(letters)
    await both('it is said', isNotKept)
    await controlPlane.startApiServer()
    await both('it is kept again', isKept, 60)
    await restartBoth()
    for (const report of await both('both remember', ({ rollout }) => rollout.id === id))
      expect(stopIn(report, letters).latch).toMatchObject({ preexisting: false, acknowledged: null })
  })
})
