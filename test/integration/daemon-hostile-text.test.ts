import { spawnSync } from 'node:child_process'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { author, proceeds, setGround, stopIn, type Gate, type Ground } from '../support/daemon.ts'
import { misbehavingServer, says, saysJson, type MisbehavingServer } from '../support/misbehaving-server.ts'
import { eventually } from '../support/waiting.ts'

const escape = '\u001b[31mred\u001b]0;title\u0007'
const hostile = [
  escape,
  '\u202egpj.exe\u2066',
  '<script>alert(1)</script>',
  'x"} 1\n# HELP fake_metric fake\nfake_metric 1\n',
  '\u009b31m \u2028 \u2029 \ufeff',
  '\ud800 half a pair',
  'a'.repeat(1_000_000),
]

// C0 and C1 controls but for the end of a line, separators, direction overrides and isolates.
// eslint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/

let ground: Ground
let gate: Gate
let replica: MisbehavingServer

beforeAll(async () => {
  ground = await setGround()
  replica = await misbehavingServer(saysJson(200, { ready: true }))
  ground.configure((configuration) => {
    const { sts, web } = replicasWith(configuration)
    Object.assign(configuration['services'] as object, { sts, web })
  })
  gate = await ground.start()
})
afterAll(async () => {
  await replica.close()
  await ground.end()
})

/** An STS and a web replica that say what the test has them say. */
function replicasWith(configuration: Record<string, unknown>): { sts: object; web: object } {
  const { sts } = configuration['services'] as { sts: { replicas: object[] } }
  return {
    sts: { replicas: [...sts.replicas, { name: 'odd', url: `${replica.url}/sts` }] },
    web: { replicas: [{ name: 'odd', url: `${replica.url}/web` }] },
  }
}

/** Waits until the odd replica has been asked for everything that is asked often. */
async function asked(): Promise<void> {
  const before = replica.requests.length
  const paths = ['/sts/ready', '/sts/metrics', '/web/health']
  await eventually('it was asked', () => {
    const seen = replica.requests.slice(before).map(({ path }) => path)
    return paths.every((path) => seen.filter((one) => one === path).length > 1)
  })
}

async function expectHarmless(): Promise<void> {
  const { text: metrics } = await gate.get('/metrics')
  expect(metrics.length).toBeLessThan(400_000)
  expect(metrics).not.toMatch(unprintable)
  expect(metrics).not.toMatch(/^fake_metric/m)
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: metrics,
    encoding: 'utf8',
  })
  expect([status, stdout, stderr]).toEqual([0, '', ''])
  const gates = await gate.get('/gates')
  expect(gates.text.length).toBeLessThan(300_000)
  for (const text of stringsIn(gates.json())) {
    expect(text).not.toMatch(unprintable)
    expect(text).not.toContain('\n')
    expect(text.length).toBeLessThanOrEqual(2_000)
    expect(text.isWellFormed()).toBe(true)
  }
  expect(ground.log()).not.toMatch(unprintable)
  expect(ground.log().length).toBeLessThan(1_000_000)
  for (const line of ground.log().split('\n')) if (line !== '') JSON.parse(line)
}

function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [key, ...stringsIn(inner)])
}

describe('text from a target is data', () => {
  it('in what a replica says of its readiness, its metrics and its health', async () => {
    for (const text of hostile) {
      replica.behave(
        saysJson(503, { ready: false, error: text, reason: text, dependency: text, deadCount: text }),
      )
      await asked()
      await expectHarmless()
    }
    const metrics = hostile.map((text) => `caracal_sts_${text}{replica="${text}",x="y\\${text}"} 1 ${text}\n`)
    const types = ['text/plain', 'text/html', `text/plain; ${'b'.repeat(1_000)}`]
    for (const [index, body] of metrics.entries()) {
      replica.behave(says({ status: 200, type: types[index % types.length] ?? '', body }))
      await asked()
      await expectHarmless()
    }
    expect((await gate.report()).blocking.some(({ message }) => message.includes('sts/odd'))).toBe(true)
  })

  it('in the names of consumer groups and consumers', async () => {
    const redis = new Redis(ground.servers.redis.url, { protocol: 2 })
    const stream = 'caracal.sessions.revoke'
    const names = [...hostile, ...hostile.map((text) => `gateway-revocation:${text}`)]
    for (const name of names) {
      await redis.xgroup('CREATE', stream, name, '0')
      await redis.xgroup('CREATECONSUMER', stream, name, `consumer ${name}`)
    }
    // Groups that the platform does not know are counted and never named.
    const orphans = `caracal_stream_orphan_groups{stream="${stream}"}`
    await eventually('they are counted', async () => (await gate.metric(orphans)) === hostile.length)
    await expectHarmless()
    for (const name of names) await redis.xgroup('DESTROY', stream, name)
    redis.disconnect()
  })

  it('in the versions of migrations', async () => {
    // Postgres takes no halves of pairs from anybody, and no key of a megabyte.
    const client = new pg.Client({
      connectionString: ground.servers.postgres.urlFor({ database: 'caracal' }),
    })
    await client.connect()
    for (const text of hostile)
      await client.query('INSERT INTO schema_migrations VALUES ($1, now())', [
        `9 ${text.toWellFormed().slice(0, 100_000)}`,
      ])
    const looks = 'caracal_gate_exporter_probe_attempts_total{probe="schema-migrations"}'
    const before = (await gate.metric(looks)) ?? 0
    await eventually('they are looked at', async () => ((await gate.metric(looks)) ?? 0) > before + 1)
    await expectHarmless()
    // Once they were there, that they are gone is a fault that names them.
    await gate.post('/rollouts', { id: 'r1', ...author })
    await eventually('they are looked at', async () => ((await gate.metric(looks)) ?? 0) > before + 4)
    await client.query(`DELETE FROM schema_migrations WHERE version LIKE '9 %'`)
    await gate.until(
      'they are missed',
      ({ gates }) => gates.some(({ id, state }) => id === 'migration-safety' && state === 'fail'),
      10,
    )
    await expectHarmless()
    await client.end()
  })

  it('in what a person says, and none of it hinders the next verdict', async () => {
    for (const [n, text] of hostile.entries()) {
      const words = text.slice(0, 300)
      await gate.post('/rollouts', { id: `said-${n}`, actor: words, reason: words, supersede: true })
      // An id that nobody could ask about is refused, and leaves nothing.
      await gate.post('/rollouts', { id: text, ...author, supersede: true })
      await gate.post('/rollouts', { id: `last-${n}`, ...author, supersede: true })
      await gate.get(`/gates?rollout=${encodeURIComponent(words.toWellFormed())}`)
      await gate.get(`/rollouts/${encodeURIComponent(words.slice(0, 90).toWellFormed())}`)
    }
    await expectHarmless()
    const { text } = await gate.get('/rollouts')
    for (const said of stringsIn(JSON.parse(text))) expect(said).not.toMatch(unprintable)
    ground.configure()
    await gate.until(
      'the odd replica is gone',
      (report) => stopIn(report, 'sts-unready').state === 'clear',
      20,
    )
    await gate.post('/acknowledgements', { stopCondition: 'sts-unready', ...author })
    await gate.until('proceed', proceeds, 20)
  })
})
