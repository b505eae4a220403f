import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { GateReport } from '../../src/contract/document.ts'
import type { CheckReport } from '../../src/contract/items.ts'
import { changesOf, type ClusterChanges } from '../support/cluster-changes.ts'
import { setClusterGround, type ClusterGround } from '../support/cluster-ground.ts'
import { checkIn, isFiring, stopIn, type Gate } from '../support/daemon.ts'

// What people and controllers do to a release that is deployed, and what the daemon makes of it.

const hidden = 'words-that-nobody-may-show'
const gateway = 'caracal-platform-gateway-1'
let ground: ClusterGround
let gate: Gate
let cluster: ClusterChanges

beforeAll(async () => {
  ground = await setClusterGround()
  await install()
  ground.configure()
  gate = await ground.start()
  cluster = changesOf(ground.cluster)
  await checkUntil('ready-gateway', 'pass', 30)
  await checkUntil('workload-drift', 'pass')
})

afterEach(async () => {
  const answers = await Promise.all(['/gates', '/metrics', '/rollouts'].map((path) => gate.get(path)))
  for (const text of [...answers.map((answer) => answer.text), ground.log()]) {
    expect(text).not.toContain(hidden)
    expect(text).not.toContain('value-that-nobody-may-show')
  }
})
afterAll(() => ground.end())

/** Applies the chart over whatever somebody changed by hand. */
async function install(...over: readonly string[]): Promise<void> {
  const { release, chart } = ground.cluster
  const token = `--set=env.SESSION_TOKEN=first-${hidden}`
  await ground.cluster.helm('upgrade', '--install', release, chart, token, ...over)
}

async function checkUntil(id: string, state: string, seconds = 20): Promise<CheckReport> {
  const isSo = (report: GateReport) => checkIn(report, id).state === state
  return checkIn(await gate.until(`${id} is ${state}`, isSo, seconds), id)
}

describe('an autoscaler', () => {
  it('may scale: that is no drift and no rollout, and readiness asks for what it wants', async () => {
    const seen = new Set<string>()
    await cluster.scaleApi(4)
    await gate.until(
      'four replicas have proven readiness',
      (report) => {
        seen.add(`rollout ${report.rollout.phase}, drift ${checkIn(report, 'workload-drift').state}`)
        const { state, message } = checkIn(report, 'ready-api')
        return state === 'pass' && message.startsWith('4 of 4 ')
      },
      30,
    )
    expect([...seen]).toEqual(['rollout idle, drift pass'])
  })
})

describe('a workload that somebody changed by hand', () => {
  it('fails by each variable, without the values of one that sounds like a secret, until it is fixed', async () => {
    const token = { name: 'SESSION_TOKEN', value: `other-${hidden}` }
    await cluster.patchContainer({ env: [{ name: 'MODE', value: 'canary' }, token] })
    const { message } = await checkUntil('workload-drift', 'fail')
    expect(message).toContain(
      'Deployment/caracal-platform-api containers[api].env[MODE] is canary instead of stable',
    )
    expect(message).toContain('env[SESSION_TOKEN] differs')
    expect((await gate.report()).rollout).toMatchObject({
      id: 'caracal-w1',
      detectedBy: 'workload-generation',
      reason: 'the pod template of api changed',
    })
    const before = { name: 'SESSION_TOKEN', value: `first-${hidden}` }
    await cluster.patchContainer({ env: [{ name: 'MODE', value: 'stable' }, before] })
    await checkUntil('workload-drift', 'pass')
  })

  it('X73: fails by another image, which Helm takes back by force alone, and by a variable that it never takes back', async () => {
    const image = 'registry.example/api:hotfix'
    await cluster.patchContainer({ image, env: [{ name: 'EXTRA', value: hidden }] })
    const { message } = await checkUntil('workload-drift', 'fail')
    expect(message).toContain(`image is ${image} instead of registry.example/api:v1`)
    expect(message).toContain('env[EXTRA] was added')
    await expect(install()).rejects.toThrow(/conflict[^]*\.image/)
    await install('--force-conflicts')
    const onlyExtra = (report: GateReport) =>
      checkIn(report, 'workload-drift').message.endsWith(
        'in 1 field: Deployment/caracal-platform-api containers[api].env[EXTRA] was added',
      )
    await gate.until('the image is fixed', onlyExtra, 20)
    await cluster.patchContainer({ env: [{ name: 'EXTRA', $patch: 'delete' }] })
    await checkUntil('workload-drift', 'pass')
  })
})

describe('a Secret that workloads refer to', () => {
  const by = 'referenced by api and audit and coordinator and gateway and sts'

  it('fails by the key that is missing and by the whole, with who refers to it, until it is back', async () => {
    await cluster.dropSecretKey('redisUrl')
    const { message } = await checkUntil('secret-references', 'fail', 40)
    expect(message).toBe(`Secret platform-runtime lacks 1 of its keys: key redisUrl, ${by}`)
    await cluster.deleteSecret()
    const gone = `Secret platform-runtime does not exist, ${by}`
    await gate.until('it is gone', (report) => checkIn(report, 'secret-references').message === gone, 40)
    await install('--force-conflicts')
    await checkUntil('secret-references', 'pass', 40)
  })
})

describe('a Service that leads elsewhere', () => {
  it('fails by both ports, and passes when it is fixed', async () => {
    await cluster.setServicePort('audit', 9999)
    const { message, reason } = await checkUntil('service-ports', 'fail', 30)
    expect(reason).toBe('no_such_port')
    expect(message).toMatch(
      /^Service caracal-platform-audit leads to port 9999, caracal-platform-audit-\S+ listens on 9090$/,
    )
    expect((await checkUntil('workload-drift', 'fail')).message).toContain('Service/caracal-platform-audit')
    await cluster.setServicePort('audit', 'http')
    await checkUntil('service-ports', 'pass')
    await checkUntil('workload-drift', 'pass')
  })
})

describe('one replica of several behind a Service', () => {
  it('stops the rollout and is named when it alone is stale', async () => {
    const { faults } = ground.cluster.platform
    await faults.inject('revocation-snapshot-stale', gateway)
    const report = await gate.until('it fires', isFiring('revocation-snapshot-stale'), 30)
    const { culprits } = stopIn(report, 'revocation-snapshot-stale')
    expect([report.verdict, culprits.map(({ target }) => target)]).toEqual(['stop', [`gateway/${gateway}`]])
    expect(checkIn(report, 'ready-gateway')).toMatchObject({
      reason: 'revocation_snapshot_stale',
      target: `gateway/${gateway}`,
    })
    await faults.clear('revocation-snapshot-stale')
    await checkUntil('ready-gateway', 'pass')
  })
})
