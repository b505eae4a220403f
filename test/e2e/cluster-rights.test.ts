import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { GateReport } from '../../src/contract/document.ts'
import type { CheckReport } from '../../src/contract/items.ts'
import { renderChart, theOne, type Rendered } from '../support/chart.ts'
import { run } from '../support/cli-process.ts'
import { setClusterGround, type ClusterGround } from '../support/cluster-ground.ts'
import { checkIn, author, proceeds, type Gate } from '../support/daemon.ts'

// What the exporter proves with the rights that its chart gives without the Secrets of Helm, and with less than that.

interface Rule {
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

const namespace = 'modest'
const account = 'modest-gate'
let ground: ClusterGround
let running: Gate | undefined
let role: Rendered

beforeAll(async () => {
  ground = await setClusterGround()
  const { controlPlane, release } = ground.cluster
  await controlPlane.createNamespace(namespace)
  const kubernetes = { helmSecrets: { enabled: false }, secretReferences: { names: ['platform-runtime'] } }
  const values = {
    fullnameOverride: account,
    release: { name: release, namespace: ground.cluster.namespace },
    kubernetes,
  }
  const objects = await renderChart(values, namespace)
  for (const object of objects)
    if (['ServiceAccount', 'Role', 'RoleBinding'].includes(object.kind)) await controlPlane.apply(object)
  role = theOne(objects, 'Role', `${account}-release`)
  const { path: kubeconfig } = await controlPlane.kubeconfigFor(namespace, account)
  ground.configure((configuration) => {
    configuration['kubernetes'] = { enabled: true, kubeconfig, helmSecrets: false }
  })
  await ground.cluster.upgrade()
})

afterEach(async () => {
  await running?.kill()
})
afterAll(() => ground.end())

async function start(): Promise<Gate> {
  running = await ground.start()
  return running
}

async function checkUntil(of: Gate, id: string, state: string): Promise<CheckReport> {
  const isSo = (report: GateReport) => checkIn(report, id).state === state
  return checkIn(await of.until(`${id} is ${state}`, isSo, 30), id)
}

/** Gives the rights of the chart, as `change` leaves each of them. */
async function grant(change: (rule: Rule) => readonly Rule[]): Promise<void> {
  const changed = (role['rules'] as readonly Rule[]).flatMap(change)
  const rules = changed.filter(({ resources, verbs }) => resources.length > 0 && verbs.length > 0)
  await ground.cluster.controlPlane.apply({ ...role, rules } as Rendered)
}

/** What takes evidence then; the last one also where no rollout is under way. */
const elsewhere = [
  'workload-drift',
  'manifest-digest',
  'helm-render',
  'previous-revision',
  'schema-compatibility',
]

describe('an exporter that may not read the Secrets of Helm', () => {
  it('detects an upgrade by what it does, and with evidence every gate passes until it is done', async () => {
    const gate = await start()
    await checkUntil(gate, 'secret-references', 'pass')
    const upgrading = ground.cluster.upgrade({ tag: 'v2' })
    const begun = await gate.until('it is detected', ({ rollout }) => rollout.phase === 'migrating', 30)
    expect(begun.rollout).toMatchObject({
      detectedBy: 'migration-job',
      reason: 'there is a new run of the migration Job migrate',
    })
    for (const check of elsewhere.slice(0, -1))
      expect(checkIn(begun, check)).toMatchObject({ state: 'unknown', unknownReason: 'not_configured' })
    for (const check of elsewhere) {
      const body = { ...author, outcome: 'pass', validForSeconds: 600 }
      expect((await gate.post(`/evidence/${check}`, body)).status).toBe(201)
    }
    await upgrading
    await gate.until('it is done', ({ rollout }) => rollout.phase === 'done', 60)
    const report = await gate.until('it may proceed', proceeds, 10)
    expect(report.gates.map(({ state }) => state)).toEqual(Array(6).fill('pass'))
    const { text } = await gate.get(`/rollouts/${report.rollout.id}`)
    for (const step of ['migrating -> rolling', 'rolling -> verifying', 'verifying -> done'])
      expect(text).toContain(step)
  })
})

describe('the doctor with the same rights', () => {
  it('finds the pods by themselves, asks each of them, and nothing to fix', async () => {
    const { stdout, code } = await run(['doctor', '--config', ground.files.config, '-o', 'json'])
    const { findings } = JSON.parse(stdout) as { findings: readonly Record<string, string>[] }
    expect(findings.filter(({ state }) => state === 'failed')).toEqual([])
    expect(code).toBe(0)
    const asked = findings.filter(({ area, state }) => area === 'bearer' && state === 'ok')
    expect(asked.map(({ subject = '' }) => subject).toSorted()).toEqual(['audit', 'gateway', 'sts'])
    const reached = findings.filter(({ area, subject }) => area === 'network' && subject?.includes('/'))
    expect(reached.length).toBeGreaterThan(5)
  })
})

const lacks = [
  { right: 'list jobs.batch', resource: 'jobs', verb: 'list', check: 'migration-jobs' },
  {
    right: 'watch endpointslices.discovery.k8s.io',
    resource: 'endpointslices',
    verb: 'watch',
    check: 'service-ports',
  },
  { right: 'list pods', resource: 'pods', verb: 'list', check: 'ready-gateway' },
  { right: 'get secrets platform-runtime', resource: 'secrets', verb: 'get', check: 'secret-references' },
]

describe('an exporter that lacks a right', () => {
  it.each(lacks)('names it, who lacks it and the fix: $right', async ({ right, resource, verb, check }) => {
    await grant((rule) =>
      rule.resources.includes(resource)
        ? [
            { ...rule, resources: rule.resources.filter((one) => one !== resource) },
            { ...rule, resources: [resource], verbs: rule.verbs.filter((one) => one !== verb) },
          ]
        : [rule],
    )
    const gate = await start()
    const isForbidden = (report: GateReport) => checkIn(report, check).reason === 'forbidden'
    const report = await gate.until('it is forbidden', isForbidden, 30)
    expect(checkIn(report, check)).toMatchObject({
      state: 'unknown',
      unknownReason: 'unauthorized',
      message: `system:serviceaccount:${namespace}:${account} may not ${right} in namespace platform: the API server forbids it: grant it with the Role of the chart (helm/templates/role.yaml)`,
    })
    expect(report.stopConditions.filter(({ state }) => state === 'firing')).toEqual([])
  })

  it('proves what it could not as soon as it is granted', async () => {
    await grant((rule) => (rule.resources.includes('endpointslices') ? [] : [rule]))
    const gate = await start()
    await checkUntil(gate, 'service-ports', 'unknown')
    await grant((rule) => [rule])
    await checkUntil(gate, 'service-ports', 'pass')
  })
})
