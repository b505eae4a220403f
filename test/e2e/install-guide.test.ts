import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startDaemon, type Daemon } from '../../demo/daemon.ts'
import { gatesAt, type Gates } from '../../demo/gates.ts'
import { startPlatform, type Platform } from '../../rig/platform/index.ts'
import { startServers, type Servers } from '../../rig/servers.ts'
import { root, run } from '../support/cli-process.ts'

const guide = readFileSync(join(root, 'docs/operate/install-compose.md'), 'utf8')

// The simulated platform has a role of the name that the guide uses.
const user = 'guide_reader'
const bearer = 'bearer-of-the-platform'
const token = 'token-of-the-pipeline'

let servers: Servers
let platform: Platform
let folder: string
let daemon: Daemon
let gates: Gates

function fence(language: string): string {
  const [, text] = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(guide) ?? []
  if (text === undefined) throw new Error(`the guide has no ${language}`)
  return text.replaceAll('caracal_gate', user)
}

async function createRole(): Promise<void> {
  const address = new URL(servers.postgres.url)
  address.pathname = '/caracal'
  const client = new pg.Client({ connectionString: address.href })
  await client.connect()
  await client.query(fence('sql'))
  await client.end()
}

async function createUser(): Promise<void> {
  const [, line = ''] = /^redis-cli (ACL SETUSER .*)$/m.exec(guide) ?? []
  const [command = '', ...words] = line.replaceAll("'", '').replace('caracal_gate', user).split(' ')
  const redis = new Redis(servers.redis.url, { protocol: 2 })
  await redis.call(command, ...words)
  redis.disconnect()
}

function configuration(): string {
  let text = fence('yaml')
  const ports = { api: 3000, sts: 8080, gateway: 8081, audit: 9090, coordinator: 4000, web: 3001 }
  for (const [service, port] of Object.entries(ports)) {
    const replica = platform.replicas.find((one) => one.service === service)
    text = text.replace(`http://127.0.0.1:${port}`, replica?.url ?? '')
  }
  return text
    .replace('127.0.0.1:6379', `127.0.0.1:${servers.redis.port}`)
    .replace('127.0.0.1:5432', new URL(servers.postgres.url).host)
    .replace('127.0.0.1:9465', '127.0.0.1:0')
    .replaceAll('/etc/caracal-gate/secrets', folder)
    .replace('/var/lib/caracal-gate', folder)
    .concat('rollout: { steady: 1s }\n')
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gate-guide-'))
  servers = await startServers({ redis: { config: { appendonly: 'yes' } } })
  const replicas = { api: 1, sts: 1, gateway: 1, audit: 1, coordinator: 1, web: 1 }
  platform = await startPlatform({
    redisUrl: servers.redis.url,
    postgresUrl: servers.postgres.url,
    metricsBearer: bearer,
    replicas,
  })
  await createRole()
  await createUser()
  const secrets = {
    'metrics-bearer': bearer,
    'pipeline-token': token,
    'postgres-password': 'change-me',
    'redis-password': 'change-me',
  }
  for (const [name, secret] of Object.entries(secrets)) writeFileSync(join(folder, name), `${secret}\n`)
  writeFileSync(join(folder, 'caracal-gate.yaml'), configuration())
})

afterAll(async () => {
  await daemon?.stop()
  await platform?.stop()
  await servers?.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('the installation guide', () => {
  const config = () => join(folder, 'caracal-gate.yaml')

  test('has a configuration without faults', async () => {
    expect(await run(['check-config', '--config', config()])).toMatchObject({
      code: 0,
      stderr: 'The configuration is valid.\n',
    })
  })

  test('leaves one thing to prove, with the least privileges that it grants', async () => {
    daemon = await startDaemon(config(), join(folder, 'daemon.log'))
    gates = gatesAt(daemon.url, token)
    const { blocking } = await gates.until('one blocker', (report) => report.blocking.length === 1, 60)
    expect(blocking).toMatchObject([
      { ref: 'gates/rollback-plan/checks/schema-compatibility', reason: 'not_configured' },
    ])
  })

  test('ends with proceed, once the evidence is handed in', async () => {
    const [, body = ''] = /-d '(\{"outcome.*\})'/.exec(guide) ?? []
    const { status } = await gates.post('/evidence/schema-compatibility', JSON.parse(body) as object)
    expect(status).toBe(201)
    const report = await gates.until('proceed', ({ verdict }) => verdict === 'proceed', 60)
    expect(report.gates.map(({ id, state }) => [id, state])).toEqual([
      ['source-verification', 'skipped'],
      ['render-validation', 'skipped'],
      ['migration-safety', 'pass'],
      ['readiness', 'pass'],
      ['event-health', 'pass'],
      ['rollback-plan', 'pass'],
    ])
    expect(report.stopConditions.filter(({ state }) => state !== 'clear').map(({ id }) => id)).toEqual([
      'migration-job-failed',
    ])
  })
})
