import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { nodeAddress } from '../../../rig/node/network.ts'
import { isReady, until } from '../asking.ts'
import { exporterImage, postgresPort, redisPort } from '../ground.ts'
import type { Scenario } from '../scenarios.ts'
import { gateChart, type Stage, type Values } from '../stage.ts'

/** The exporter in the namespace `gate`, watching the release in the namespace `platform`. */
export function gateValues(stage: Stage): Values {
  const postgres = new URL(stage.platform.postgres.url)
  return {
    image: { repository: exporterImage, tag: '1', pullPolicy: 'Never' },
    release: { name: 'caracal', namespace: 'platform', appName: 'platform' },
    kubernetes: { helmSecrets: { enabled: true }, secretReferences: { names: ['platform-runtime'] } },
    metricsBearer: { secretName: 'gate-secrets', key: 'metricsBearer' },
    redis: {
      url: `redis://${nodeAddress}:${redisPort}/0`,
      username: 'caracal_gate',
      password: { secretName: 'gate-secrets', key: 'redisPassword' },
    },
    postgres: {
      url: `postgres://${postgres.username}@${nodeAddress}:${postgresPort}${postgres.pathname}`,
      password: { secretName: 'gate-secrets', key: 'postgresPassword' },
      tls: { mode: 'off' },
    },
    // A Service's port is the API server's own by the time that policies see it.
    networkPolicy: {
      egress: { apiServer: { ports: [443, Number(new URL(stage.node.controlPlane.url).port)] } },
    },
    tokens: [
      {
        name: 'all',
        secretName: 'gate-secrets',
        key: 'token',
        scopes: ['rollout', 'evidence', 'acknowledge'],
      },
    ],
    config: {
      migrations: { expected: ['0001_baseline', '0002_approval_hardening', '0003_operator_run_token_usage'] },
      limits: { readiness: { lostFor: '3s' } },
      rollout: { steady: '2s' },
    },
  }
}

export const installation: Scenario = {
  name: 'install',
  shows:
    'both replicas become ready as uid 65532 on a root file system that cannot be written, and log in to the cluster',
  async run(stage) {
    await stage.upgradePlatform({ tag: 'v1' })
    await makeSecrets(stage)
    await installGate(stage)
    const pods = (await stage.podsOf('gate')).filter(isReady)
    assert.equal(pods.length, 2, 'ready pods of the exporter')
    for (const { metadata } of pods) await seesItsPlace(stage, metadata.name)
    for (const replica of await stage.replicas()) {
      // Both stand on what only the cluster says: pods, workloads and the release of Helm.
      await until(`${replica.pod} has evidence from the cluster`, async () => {
        const report = await replica.report()
        const checks = report.gates.flatMap((gate) => gate.checks)
        const wanted = ['workload-rollout', 'workload-drift', 'secret-references', 'ready-api', 'ready-sts']
        const open = wanted.filter((id) => checks.find((check) => check.id === id)?.state !== 'pass')
        if (open.length > 0) throw new Error(`open: ${open.join(', ')}; ${report.summary}`)
        return true
      })
    }
  },
}

/** Installs the exporter and waits until Helm has seen both of its replicas ready. */
export async function installGate(stage: Stage): Promise<void> {
  const command = ['install', 'gate', gateChart, '--namespace', 'gate']
  await stage.helm([...command, '--wait', '--timeout', '180s'], gateValues(stage))
}

async function makeSecrets(stage: Stage): Promise<void> {
  const { controlPlane } = stage.node
  const password = decodeURIComponent(new URL(stage.platform.postgres.url).password)
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'gate-secrets', namespace: 'gate' },
    stringData: {
      metricsBearer: stage.platform.metricsBearer,
      redisPassword: 'of-the-test',
      postgresPassword: password,
      postgresAdminPassword: decodeURIComponent(new URL(stage.servers.postgres.url).password),
      token: stage.token,
    },
  }
  await controlPlane.apply(secret)
  await grantInRedis(stage)
}

/** What files/redis-acl.txt gives, as a person gives it. */
async function grantInRedis(stage: Stage): Promise<void> {
  const rights = readFileSync(`${gateChart}/files/redis-acl.txt`, 'utf8').trim().split(/\s+/)
  const redis = new Redis(stage.servers.redis.url)
  await redis.call('ACL', 'SETUSER', 'caracal_gate', ...rights, 'on', '>of-the-test')
  redis.disconnect()
}

/** The identity and the file system of the process, as it finds them itself. */
async function seesItsPlace(stage: Stage, pod: string): Promise<void> {
  const script = `
    const { writeFileSync } = require('node:fs')
    let written = 'written'
    try { writeFileSync('/app/x', '') } catch (error) { written = error.code }
    console.log(JSON.stringify([process.getuid(), process.getgid(), written]))`
  const said = await stage.kubectl('exec', '--namespace=gate', pod, '--', 'node', '-e', script)
  assert.deepEqual(JSON.parse(said), [65_532, 65_532, 'EROFS'], `what ${pod} finds`)
}
