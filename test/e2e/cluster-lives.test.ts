import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { helmBinary } from '../../scripts/helm.ts'
import { cleanUp, run, type Ended } from '../support/cli-process.ts'
import { phaseIs, setClusterGround, type ClusterGround } from '../support/cluster-ground.ts'
import type { GateReport } from '../../src/contract/document.ts'
import { checkIn, proceeds, type Gate } from '../support/daemon.ts'

// Rollouts that are detected, one after the other, and evidence that names the first or the last of them.

let ground: ClusterGround
let gate: Gate
let helm: string

beforeAll(async () => {
  helm = (await helmBinary()) ?? 'helm'
  ground = await setClusterGround()
  await ground.cluster.upgrade()
  ground.configure()
  gate = await ground.start()
})
afterEach(cleanUp)
afterAll(() => ground.end())

function say(...args: readonly string[]): Promise<Ended> {
  const env = { CARACAL_GATE_URL: gate.url, CARACAL_GATE_TOKEN: ground.token, CARACAL_GATE_ACTOR: 'ann' }
  return run(args, env)
}

/** Runs a command that must end with this code; what it said otherwise is the reason that the test gives. */
async function ends(code: number, ...args: readonly string[]): Promise<void> {
  const ended = await say(...args)
  expect(ended.code, `${args.join(' ')}\n${ended.stdout}${ended.stderr}`).toBe(code)
}

/** What a pipeline says of the chart with this tag, and of the schema. */
async function prove(tag: string, rollout: string): Promise<void> {
  const { chart, release, namespace } = ground.cluster
  const where = ['--helm', helm, '--chart', chart, '--release', release, '--namespace', namespace]
  const rendered = await say('evidence', 'render', ...where, '--set', `tag=${tag}`, '--rollout', rollout)
  expect([rendered.code, rendered.stderr]).toEqual([0, ''])
  const words = ['--outcome', 'pass', '--message', 'tested on this schema', '--rollout', rollout]
  await ends(0, 'evidence', 'push', 'schema-compatibility', ...words)
}

/** `kubectl rollout restart`. */
async function restart(component: string): Promise<void> {
  const { controlPlane, namespace, release } = ground.cluster
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() }
  await controlPlane.request(
    'PATCH',
    `/apis/apps/v1/namespaces/${namespace}/deployments/${release}-platform-${component}`,
    {
      spec: { template: { metadata: { annotations } } },
    },
  )
}

describe('evidence that names a detected rollout', () => {
  it('X61: waits for the revision that it names, and counts for it', async () => {
    await prove('v2', 'caracal-r2')
    await ground.cluster.upgrade({ tag: 'v2' })
    const waited = await say('wait', '--rollout', 'caracal-r2', '--timeout', '60s')
    expect([waited.code, waited.stderr]).toEqual([0, ''])
    await gate.until('it is done', phaseIs('done'), 60)
  })

  it('X61: does not unsettle what is done when it comes early for the next revision', async () => {
    await gate.until('it may proceed', proceeds, 60)
    await prove('v3', 'caracal-r3')
    // What was unsettled would hold until the next revision comes.
    const report = await gate.until('it proceeds', proceeds, 60)
    expect(report.rollout).toMatchObject({ id: 'caracal-r2', phase: 'done' })
  })

  it('X61: goes on to count by its digest when workloads are restarted, whatever that rollout is named', async () => {
    await restart('api')
    const report = await gate.until('it is detected', ({ rollout }) => rollout.id === 'caracal-w1', 60)
    expect(report.rollout.detectedBy).toBe('workload-generation')
    const waited = await say('wait', '--rollout', 'caracal-w1', '--timeout', '90s')
    expect([waited.code, waited.stderr]).toEqual([0, ''])
    await gate.until('it is done', phaseIs('done'), 60)
    // Its end unsettles nothing: what it has shown of its migrations is so.
    await ends(0, 'wait', '--rollout', 'caracal-w1', '--timeout', '30s')
    expect(checkIn(await gate.report(), 'manifest-digest').state).toBe('pass')
    // What is pushed again in the name of the first is about the manifest all the same.
    const { chart, release, namespace } = ground.cluster
    const where = ['--helm', helm, '--chart', chart, '--release', release, '--namespace', namespace]
    const again = await say('evidence', 'render', ...where, '--set', 'tag=v2', '--rollout', 'caracal-r2')
    expect([again.code, again.stderr]).toEqual([0, ''])
  })

  it('X61: that waited opens the next revision when it comes', async () => {
    await ground.cluster.upgrade({ tag: 'v3' })
    await ends(0, 'wait', '--rollout', 'caracal-r3', '--timeout', '90s')
    await gate.until('it is done', phaseIs('done'), 60)
  })
})

describe('a rollout that is declared with what must arrive', () => {
  const arrival = (report: GateReport) => checkIn(report, 'arrival')

  it('X03: holds while nothing has changed, and may begin all the same', async () => {
    const image = 'api=registry.example/api:v999'
    await ends(0, 'begin', 'mine', '--image', image)
    await prove('v999', 'mine')
    await ends(0, 'wait', '--rollout', 'mine', '--phase', 'preflight', '--timeout', '60s')
    await ends(6, 'wait', '--rollout', 'mine', '--timeout', '2s')
    const { state, reason, message } = arrival(await gate.report())
    expect([state, reason]).toEqual(['pending', 'not_arrived'])
    expect(message).toMatch(/^0 of 2 replicas of api run api:v999; .* runs api:v3/)
  })

  it('X03: fails by name when something else arrives, and proceeds once every replica runs it', async () => {
    await ground.cluster.upgrade({ tag: 'v4' })
    const other = await gate.until(
      'another image',
      (seen) => arrival(seen).reason === 'arrived_otherwise',
      60,
    )
    expect(arrival(other)).toMatchObject({ state: 'fail' })
    expect(other.rollout).toMatchObject({ expected: [{ images: { api: 'registry.example/api:v999' } }] })
    await ground.cluster.upgrade({ tag: 'v999' })
    await ends(0, 'wait', '--rollout', 'mine', '--timeout', '90s')
    const digest = `api=sha256:${'0'.repeat(64)}`
    await ends(3, 'status', '--rollout', 'mine', '--digest', digest)
    // It is waited for: what runs in the pods may itself be late on a busy machine.
    await ends(0, 'wait', '--rollout', 'mine', '--image', 'api=api:v999', '--timeout', '30s')
  })

  it('X03: names the replica that has another content under the same tag', async () => {
    const { controlPlane, namespace } = ground.cluster
    const name = ground.cluster.kubelet.podNames().find((one) => one.includes('-api-')) ?? ''
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`
    const pod = await controlPlane.request<{ status: { containerStatuses: readonly object[] } }>('GET', path)
    const imageID = `registry.example/api@sha256:${'f'.repeat(64)}`
    const containerStatuses = pod.status.containerStatuses.map((one) => ({ ...one, imageID }))
    await controlPlane.request('PATCH', `${path}/status`, { status: { containerStatuses } })
    const report = await gate.until('it is named', (seen) => arrival(seen).state === 'fail', 30)
    expect(arrival(report)).toMatchObject({ reason: 'arrived_otherwise' })
    expect(arrival(report).message).toContain(`${name} has sha256:ffffffffffff`)
  })
})
