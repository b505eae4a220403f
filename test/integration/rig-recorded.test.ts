import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isCollision, seedAdminToken } from '../../rig/platform/admin-token.ts'
import { realTimings } from '../../rig/platform/context.ts'
import { newPolicyEngine } from '../../rig/platform/policy.ts'
import { jsonShape, recordedAnswers, recordedNotReady, shapeOf } from '../support/recorded-answers.ts'
import type { NotReady } from '../support/recorded-answers.ts'
import { bearer, setScene, type Scene } from '../support/rig-scene.ts'
import { eventually } from '../support/waiting.ts'

const { stsRedisPatience, gatewayRedisPatience, auditRedisPatience } = realTimings
let scene: Scene

beforeAll(async () => {
  // As slow as the real services are with Redis, and nothing of its own to do, so that nothing heals by chance.
  const timings = { stsRedisPatience, gatewayRedisPatience, auditRedisPatience, work: 3_600_000 }
  scene = await setScene({ webRoot: false, timings: { ...timings, auditBlock: 200 } })
})

afterAll(async () => {
  expect(await scene.end(), 'left behind').toEqual([])
})

beforeEach(() => scene.forgetLimits())

interface Asked {
  readonly message: IncomingMessage
  readonly body: string
  readonly seconds: number
}

/** One answer with its headers as they were sent, on a connection that is kept. */
async function ask(name: string, path: string): Promise<Asked> {
  const url = scene.platform.replicas.find((replica) => replica.name === name)?.url ?? ''
  const startedAt = performance.now()
  const headers = { authorization: `Bearer ${bearer}`, connection: 'keep-alive' }
  const request = get(`${url}${path}`, { agent: false, headers, signal: AbortSignal.timeout(60_000) })
  const [message] = (await once(request, 'response')) as [IncomingMessage]
  const body = await text(message)
  request.destroy()
  return { message, body, seconds: (performance.now() - startedAt) / 1_000 }
}

function headersOf({ rawHeaders }: IncomingMessage): readonly (readonly [string, string])[] {
  return Array.from({ length: rawHeaders.length / 2 }, (_, index) => [
    rawHeaders[2 * index] ?? '',
    rawHeaders[2 * index + 1] ?? '',
  ])
}

const notReady = recordedNotReady()

/** What was recorded of this cause, which must be something. */
function recorded(service: string, cause: string, path: NotReady['path'] = '/ready'): NotReady {
  const found = notReady.find((one) => one.service === service && one.cause === cause && one.path === path)
  if (found === undefined) throw new Error(`nothing was recorded of ${service} with ${cause}`)
  return found
}

/** Asks until the answer is the recorded one; a cause needs a moment to show. */
async function answersAsRecorded(name: string, cause: string, path: NotReady['path'] = '/ready') {
  const wanted = recorded(name.split('-')[0] ?? '', cause, path)
  await eventually(`${path} of ${name} with ${cause}`, async () => {
    const { message, body } = await ask(name, path)
    return (
      message.statusCode === wanted.status &&
      JSON.stringify(jsonShape(JSON.parse(body))) === JSON.stringify(jsonShape(wanted.body))
    )
  })
}

describe('X14, X15: the simulated platform answers like the real one', () => {
  test.each(recordedAnswers().map((one) => [`${one.path} of ${one.service}`, one] as const))(
    '%s',
    async (_, { service, path, shape }) => {
      const { message, body } = await ask(`${service}-0`, path)
      expect(shapeOf(message.statusCode ?? 0, headersOf(message), body.trimEnd())).toEqual(shape)
    },
  )

  test('counts nothing before it was done: no policy is compiled, no partition made', async () => {
    for (const name of ['sts-0', 'sts-1'])
      expect(await scene.metric(name, 'caracal_sts_opa_compile_total')).toBe(0)
    const leads = async (name: string) =>
      (await scene.metric(name, 'caracal_audit_is_retention_leader')) === 1
    await eventually('one leads', async () => (await leads('audit-0')) || (await leads('audit-1')))
    for (const name of ['audit-0', 'audit-1'])
      expect(await scene.metric(name, 'caracal_audit_retention_created_total')).toBe(0)
  })

  test.each([
    ['api-0', 'dead row', 'outbox-dead-messages', undefined],
    ['coordinator-0', 'dead row', 'coordinator-outbox-dead', undefined],
    ['gateway-0', 'stale snapshot', 'revocation-snapshot-stale', 'gateway-0'],
    ['gateway-1', 'sts cut off', 'gateway-unready', 'gateway-1'],
    ['sts-0', 'dropped events', 'audit-evidence-lost', 'sts-0'],
    ['sts-1', 'no replay volume', 'sts-unready', 'sts-1'],
  ] as const)('%s with %s', async (name, cause, fault, replica) => {
    await scene.platform.faults.inject(fault, replica)
    await answersAsRecorded(name, cause)
    await scene.platform.faults.clear(fault)
  })

  test('an STS that cannot make its groups', async () => {
    await scene.redis.rename('caracal.keys.invalidate', 'aside')
    await scene.redis.set('caracal.keys.invalidate', 'no stream')
    await scene.platform.replaceReplica('sts-0')
    await answersAsRecorded('sts-0', 'no consumer groups')
    await scene.redis.rename('aside', 'caracal.keys.invalidate')
    await eventually('sts-0 is ready', async () => (await scene.ready('sts-0')).status === 200)
  })

  test('an STS whose Postgres hangs', async () => {
    await scene.servers.postgres.suspend()
    await answersAsRecorded('sts-0', 'postgres hung')
    await scene.servers.postgres.resume()
  })
})

describe('X14: how long an answer takes while Redis', () => {
  test('hangs', async () => {
    const names = ['sts-0', 'gateway-0', 'audit-0']
    let early = 0
    scene.servers.redis.suspend()
    const silent = ['api-0', 'coordinator-0'].map((name) => ask(name, '/ready').then(() => (early += 1)))
    const answers = await Promise.all(names.map((name) => ask(name, '/ready')))
    expect(early).toBe(0)
    scene.servers.redis.resume()
    // They wait for as long as Redis does, and are answered when it is there again.
    await Promise.all(silent)
    answers.forEach(({ message, body, seconds }, index) => {
      const wanted = recorded((names[index] ?? '').slice(0, -2), 'redis hung')
      expect(message.statusCode).toBe(wanted.status)
      expect(JSON.parse(body)).toEqual(wanted.body)
      expect(seconds).toBeGreaterThan((wanted.seconds ?? 0) - 0.1)
    })
  })

  test('refuses', async () => {
    await scene.servers.redis.kill()
    await answersAsRecorded('api-0', 'redis refused')
    await answersAsRecorded('coordinator-0', 'redis refused')
    await answersAsRecorded('sts-0', 'redis refused')
    await answersAsRecorded('gateway-0', 'redis refused')
    const { apiRedisPatience, coordinatorRedisPatience } = realTimings
    expect(apiRedisPatience / 1_000).toBe(recorded('api', 'redis refused').seconds)
    expect(coordinatorRedisPatience / 1_000).toBe(recorded('coordinator', 'redis refused').seconds)
    await scene.servers.redis.restart()
    await eventually('Redis answers', async () => (await scene.redis.ping()) === 'PONG')
  })
})

test('T53: Audit stays unhealthy after an outage until it is given an entry', async () => {
  const stream = 'caracal.audit.events'
  await scene.redis.xgroup('CREATE', stream, 'audit-ingestor', '$', 'MKSTREAM').catch(() => {})
  // Every connection breaks once; a consumer has then read empty several times.
  await scene.redis.call('CLIENT', 'KILL', 'TYPE', 'normal')
  const reads = async () => {
    const stats = await scene.redis.info('commandstats')
    return Number(/^cmdstat_xreadgroup:calls=(\d+)/m.exec(stats)?.[1] ?? 0)
  }
  const before = await reads()
  await eventually('the consumers read again', async () => (await reads()) > before + 40)
  for (const name of ['audit-0', 'audit-1']) {
    await answersAsRecorded(name, 'after an outage of redis')
    await answersAsRecorded(name, 'after an outage of redis', '/health')
  }
  await scene.redis.xadd(stream, '*', 'data', '{}')
  const unhealthy = async () => {
    const statuses = await Promise.all(
      ['audit-0', 'audit-1'].map(async (name) => (await ask(name, '/health')).message.statusCode),
    )
    return statuses.filter((status) => status === 503).length
  }
  // Only the one that took it.
  await eventually('one is healthy', async () => (await unhealthy()) === 1)
})

test('T54: a refused policy denies everything in its zone and moves no counter', async () => {
  const errors = async () =>
    (await scene.metric('sts-0', 'caracal_sts_opa_compile_errors_total')) +
    (await scene.metric('sts-1', 'caracal_sts_opa_compile_errors_total'))
  const pending = async () =>
    ((await scene.redis.xpending('caracal.policy.invalidate', 'opa-engine')) as [number])[0]
  await scene.redis
    .xgroup('CREATE', 'caracal.policy.invalidate', 'opa-engine', '$', 'MKSTREAM')
    .catch(() => {})
  expect([await errors(), await pending()]).toEqual([0, 0])
  await scene.platform.faults.inject('policy-refused')
  await eventually('the message stays pending', async () => (await pending()) === 1)
  expect(await errors()).toBe(0)
  for (const name of ['sts-0', 'sts-1']) expect((await scene.ready(name)).status).toBe(200)
  await scene.platform.faults.clear('policy-refused')
  expect(await pending()).toBe(0)
})

test('R251 a bundle that does not compile leaves the old one in force, and an STS that starts with it judges nothing', () => {
  const engine = newPolicyEngine(() => 'version-1')
  engine.load('old')
  engine.breakPolicies('compile')
  expect(engine.evaluate('old')).toBeUndefined()
  // `503 policy_eval_failed` by the platform's STS 1.0.0.
  expect(engine.evaluate('new')).toBe('unavailable')
  expect(engine.counters).toMatchObject({ evaluations: 2, evaluationErrors: 1, compileErrors: 1 })
})

test('of two APIs that start at once on an empty database one fails on the unique index', async () => {
  const open = () => new pg.Client({ connectionString: adminUrl() })
  const [first, second] = [open(), open()]
  await Promise.all([first.connect(), second.connect()])
  try {
    await first.query('BEGIN')
    await seedAdminToken(first, 'another token')
    const colliding = seedAdminToken(second, 'another token').catch((error: unknown) => error)
    await eventually(
      'the second waits for the first',
      async () => (await first.query('SELECT 1 FROM pg_locks WHERE NOT granted')).rowCount === 1,
    )
    await first.query('COMMIT')
    expect(isCollision(await colliding)).toBe(true)
    // Started again, it finds the token.
    await seedAdminToken(second, 'another token')
  } finally {
    await Promise.all([first.end(), second.end()])
  }
})

function adminUrl(): string {
  const url = new URL(scene.servers.postgres.url)
  url.pathname = '/caracal'
  return url.href
}

test('X33: API and Coordinator log two lines for each request, Web one, the others none', async () => {
  const { platform } = scene
  const lines = () => platform.replicas.map(({ name }) => [name, platform.logged(name).lines] as const)
  const before = new Map(lines())
  for (const { name } of platform.replicas) await ask(name, '/health')
  const added = lines().map(([name, count]) => [name.slice(0, -2), count - (before.get(name) ?? 0)])
  expect(Object.fromEntries(added)).toEqual({ api: 2, sts: 0, gateway: 0, audit: 0, coordinator: 2, web: 1 })
})
