import assert from 'node:assert/strict'
import { join } from 'node:path'
import { nodeAddress } from '../../../rig/node/network.ts'
import { platformPort } from '../../../rig/node/pods.ts'
import { nodeName } from '../../../rig/node/servers.ts'
import { launch } from '../../../rig/processes.ts'
import { checkIn, isReady, until } from '../asking.ts'
import { postgresPort, redisPort } from '../ground.ts'
import type { Scenario } from '../scenarios.ts'
import { gateChart, type Stage } from '../stage.ts'
import { gateValues } from './install.ts'

const probed = ['ready-api', 'ready-sts', 'ready-gateway', 'ready-audit', 'ready-coordinator']

export const networkPolicy: Scenario = {
  name: 'network-policy',
  shows:
    'where NetworkPolicies are enforced, what the chart names gets through and nothing else, of the exporter and of the mirror, and the doctor names a policy that is missing',
  async run(stage) {
    const enforcer = launchEnforcer(stage)
    try {
      await closePlatform(stage)
      // As most enforcers do, it leaves connections alone that were there before the policy.
      const deployment = 'deployment/gate-caracal-gate-exporter'
      await stage.kubectl('rollout', 'restart', '--namespace=gate', deployment)
      await stage.kubectl('rollout', 'status', '--namespace=gate', deployment)
      await stage.both(
        'nothing of the platform is reached',
        (report) =>
          report.verdict !== 'proceed' && probed.every((id) => checkIn(report, id).state !== 'pass'),
      )
      assert.match(await doctor(stage), /NetworkPolicy|network policy/i)
      const { networkPolicy: egress, ...values } = gateValues(stage)
      const command = ['upgrade', 'gate', gateChart, '--namespace', 'gate', '--wait', '--timeout', '240s']
      const admitted = { ...values, networkPolicy: { ...(egress as object), platform: { enabled: true } } }
      await stage.helm(command, admitted)
      await stage.both('all of the platform is reached', (report) =>
        probed.every((id) => checkIn(report, id).state === 'pass'),
      )
      await passesNothingElse(stage)
      // Another rollout is meant, so that the mirror says what it has read without being ready: Helm need not wait.
      const mirror = { enabled: true, rollout: 'policy/1' }
      await stage.helm(
        command.filter((word) => word !== '--wait'),
        { ...admitted, mirror },
      )
      await mirrorReachesTheExporterAlone(stage)
    } catch (error) {
      stage.tell(enforcer.output())
      throw error
    } finally {
      await enforcer.end('SIGTERM')
    }
  },
}

/** The part of kube-router that makes rules of policies. It sees to the rules of this network namespace alone. */
function launchEnforcer({ materials, node }: Stage) {
  return launch({
    command: join(materials.policies, 'program'),
    args: [
      `--kubeconfig=${node.controlPlane.adminKubeconfigPath}`,
      `--hostname-override=${nodeName}`,
      '--service-cluster-ip-range=10.96.0.0/16',
    ],
    folder: join(materials.folder, 'node'),
    endSignal: 'SIGKILL',
  })
}

/** What the platform's chart does with `networkPolicy.enabled`: whom nobody admits is not let in. */
async function closePlatform({ node }: Stage): Promise<void> {
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'closed', namespace: 'platform' },
    spec: { podSelector: {}, policyTypes: ['Ingress'] },
  }
  await node.controlPlane.apply(policy)
}

async function doctor(stage: Stage): Promise<string> {
  const [replica] = await stage.replicas()
  assert.ok(replica, 'a replica is ready')
  const command = ['node', '/app/main.js', 'doctor', '--config', '/etc/caracal-gate/config.yaml']
  // It ends with another code than 0, since something is wrong.
  return stage
    .kubectl('exec', '--namespace=gate', replica.pod, '--', ...command)
    .catch((error: unknown) => (error as { readonly stdout: string }).stdout)
}

async function passesNothingElse(stage: Stage): Promise<void> {
  const [exporter] = await stage.replicas()
  const platform = (await stage.podsOf('platform')).filter(isReady)
  const [api, gateway] = ['-api-', '-gateway-'].map((part) =>
    platform.find(({ metadata }) => metadata.name.includes(part)),
  )
  assert.ok(exporter && api && gateway, 'pods of both are ready')
  const places = [
    [nodeAddress, redisPort],
    [nodeAddress, postgresPort],
    [api.status?.podIP, 3_000],
    [nodeAddress, platformPort],
    [gateway.status?.podIP, 22],
  ] as const
  const open = await reached(stage, 'gate', exporter.pod, places)
  assert.deepEqual(open, [true, true, true, false, false], 'what the exporter reaches')
  const inside = [
    [api.status?.podIP, 3_000],
    [new URL(exporter.url).hostname, 9_465],
  ] as const
  assert.deepEqual(
    await reached(stage, 'platform', gateway.metadata.name, inside),
    [false, true],
    'what a pod of the platform reaches: not its neighbour, whom it is not admitted to, but the exporter',
  )
}

async function mirrorReachesTheExporterAlone(stage: Stage): Promise<void> {
  const mirror = await until('the mirror has read a document', async () => {
    const pod = (await stage.podsOf('gate')).find(({ metadata }) => metadata.name.includes('-mirror-'))
    const said = pod && (await stage.kubectl('logs', '--namespace=gate', pod.metadata.name))
    return said?.includes('"reason":"superseded"') === true ? pod : undefined
  })
  const [exporter] = await stage.replicas()
  const api = (await stage.podsOf('platform')).find(({ metadata }) => metadata.name.includes('-api-'))
  assert.ok(mirror && exporter && api, 'there are pods of all')
  const exporterAddress = new URL(exporter.url).hostname
  const places = [
    [exporterAddress, 9_465],
    [api.status?.podIP, 3_000],
    [nodeAddress, redisPort],
    [nodeAddress, postgresPort],
  ] as const
  assert.deepEqual(
    await reached(stage, 'gate', mirror.metadata.name, places),
    [true, false, false, false],
    'what the mirror reaches: the exporter and nothing else',
  )
  assert.deepEqual(
    await reached(stage, 'platform', api.metadata.name, [[mirror.status?.podIP, 9_466]]),
    [false],
    'a pod of the platform does not reach the mirror',
  )
}

/** Which of these places a pod can open a connection to. */
async function reached(
  stage: Stage,
  namespace: string,
  pod: string,
  places: readonly (readonly [string | undefined, number])[],
): Promise<readonly boolean[]> {
  const script = `
    const { connect } = require('node:net')
    const reach = ([host, port]) => new Promise((done) => {
      const socket = connect({ host, port, timeout: 3000 })
      const end = (open) => { socket.destroy(); done(open) }
      socket.on('connect', () => end(true)).on('error', () => end(false)).on('timeout', () => end(false))
    })
    Promise.all(${JSON.stringify(places)}.map(reach)).then((open) => console.log(JSON.stringify(open)))`
  const said = await stage.kubectl('exec', `--namespace=${namespace}`, pod, '--', 'node', '-e', script)
  return JSON.parse(said) as readonly boolean[]
}
