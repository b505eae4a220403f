import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bearer, eventually, setScene } from '../support/rig-scene.ts'
import type { Scene } from '../support/rig-scene.ts'

let scene: Scene

beforeAll(async () => {
  scene = await setScene()
})

afterAll(async () => {
  expect(await scene.end(), 'left behind').toEqual([])
})

describe('servers', () => {
  test('a suspended Redis and Postgres keep silent and come back', async () => {
    scene.servers.redis.suspend()
    await expect(scene.redis.ping()).rejects.toThrow('timed out')
    scene.servers.redis.resume()
    await eventually(async () => (await scene.redis.ping()) === 'PONG', 'Redis answers')

    await scene.servers.postgres.suspend()
    await expect(scene.sql('SELECT 1')).rejects.toThrow(/timeout/i)
    await scene.servers.postgres.resume()
    await eventually(async () => (await scene.sql('SELECT 1 AS one'))['one'] === 1, 'Postgres answers')
  })

  test('a parent that is killed leaves neither servers nor folders behind', async () => {
    const module = join(import.meta.dirname, '../../rig/servers.ts')
    const script = `
      const { startServers } = await import(${JSON.stringify(module)})
      const { redis, postgres } = await startServers()
      console.log(redis.pid + ' ' + postgres.pid)
      process.kill(process.pid, 'SIGKILL')`
    const folder = mkdtempSync(join(scene.folder, 'killed-'))
    chmodSync(folder, 0o711)
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await new Promise((resolve) => child.once('close', resolve))
    expect(output).toMatch(/^\d+ \d+\n$/)
    await eventually(async () => readdirSync(folder).length === 0, 'the folders are removed')
    rmSync(folder, { recursive: true })
  })
})

describe('the platform at rest', () => {
  beforeEach(() => scene.forgetLimits())

  test('every replica is healthy and ready, each with the body of its service', async () => {
    await eventually(async () => (await scene.notReady()).length === 0, 'every replica is ready')
    expect(await scene.ready('api-0')).toEqual({ status: 200, body: { ok: true } })
    expect(await scene.ready('sts-1')).toEqual({ status: 200, body: { ok: true, ready: true } })
    expect(await scene.ready('gateway-1')).toEqual({ status: 200, body: { ok: true, ready: true } })
    expect(await scene.ready('audit-0')).toEqual({ status: 200, body: { ready: true } })
    expect(await scene.ready('coordinator-0')).toEqual({ status: 200, body: { ok: true } })
    expect(await scene.ready('web-0')).toEqual({ status: 200, body: { status: 'ready' } })
    expect((await scene.ask('sts-0', '/health')).body).toBe('')
  })

  test('rows are dispatched, streams are read, events are stored', async () => {
    const look = async () => {
      const { sent } = await scene.sql(
        `SELECT (SELECT count(*) FROM event_outbox WHERE dispatched_at IS NOT NULL)
           + (SELECT count(*) FROM caracal_outbox WHERE status = 'published') AS sent`,
      )
      return {
        sent: Number(sent),
        events: await scene.redis.xlen('caracal.audit.events'),
        stored:
          (await scene.metric('audit-0', 'caracal_audit_inserts_total')) +
          (await scene.metric('audit-1', 'caracal_audit_inserts_total')),
        applied: await scene.metric('gateway-0', 'caracal_gateway_revocation_messages_total'),
        reloads: await scene.metric('gateway-1', 'caracal_gateway_revocation_reloads_total'),
      }
    }
    const before = await look()
    expect(before.sent).toBeGreaterThanOrEqual(1_000)
    await delay(2_500)
    const after = await look()
    for (const key of ['sent', 'events', 'stored', 'applied', 'reloads'] as const) {
      expect(after[key], key).toBeGreaterThan(before[key])
    }
    expect((await scene.sql('SELECT count(*) AS n FROM schema_migrations'))['n']).toBe('3')
  })

  test('T01: every /metrics needs the bearer and is well-formed with it', async () => {
    for (const name of ['api-0', 'sts-0', 'gateway-0', 'audit-0']) {
      expect((await scene.ask(name, '/metrics')).status, name).toBe(401)
      expect((await scene.ask(name, '/metrics', 'wrong')).status, name).toBe(401)
      const { status, body, type } = await scene.ask(name, '/metrics', bearer)
      expect(status, name).toBe(200)
      expect(type).toContain('text/plain; version=0.0.4')
      for (const line of body.split('\n').filter((candidate) => !/^(#.*)?$/.test(candidate))) {
        expect(line).toMatch(/^caracal_[a-z_]+(\{[a-z_]+="[^"]*"\})? [\d.]+$/)
      }
    }
  })

  test('T02: the Coordinator has two gates that exclude each other', async () => {
    expect((await scene.ask('coordinator-0', '/metrics')).body).toContain('missing_token')
    expect((await scene.ask('coordinator-0', '/metrics', bearer)).body).toContain('operator_token_required')
    expect((await scene.ask('coordinator-0', '/metrics', scene.platform.coordinatorToken)).body).toContain(
      'unauthorized',
    )
    expect((await scene.ask('coordinator-0', '/stats', scene.platform.coordinatorToken)).status).toBe(200)
  })

  test('T34: the limiter of /ready counts over all API replicas', async () => {
    const answers: number[] = []
    for (let turn = 0; turn < 62; turn += 1) {
      for (const name of ['api-0', 'api-1']) answers.push((await scene.ask(name, '/ready')).status)
    }
    // A minute may end between two calls.
    expect(answers.filter((status) => status === 429).length).toBeLessThanOrEqual(4)
    expect(answers.slice(0, 100).every((status) => status === 200)).toBe(true)
    const key = (await scene.redis.keys('api:ready_rl:127.0.0.1:*'))[0] ?? ''
    await scene.redis.set(key, '500', 'EX', 90)
    const [seconds] = await scene.redis.time()
    await scene.redis.set(`api:ready_rl:127.0.0.1:${Math.floor(Number(seconds) / 60)}`, '500', 'EX', 90)
    expect(await scene.ready('api-1')).toEqual({ status: 429, body: { error: 'rate_limited' } })
  })

  test('T23, T27: observer groups have no consumer, and each Gateway replica has a group of its own', async () => {
    const groups = (await scene.redis.xinfo('GROUPS', 'caracal.audit.events')) as unknown[][]
    const siem = groups.find((group) => group[1] === 'siem-export') ?? []
    expect(siem[siem.indexOf('consumers') + 1]).toBe(0)
    expect(Number(siem[siem.indexOf('lag') + 1])).toBeGreaterThan(0)
    const revocation = (await scene.redis.xinfo('GROUPS', 'caracal.sessions.revoke')) as unknown[][]
    expect(revocation.map((group) => group[1])).toEqual(
      expect.arrayContaining([
        'sts-revocation',
        'gateway-revocation:caracal-caracal-gateway-0',
        'gateway-revocation:caracal-caracal-gateway-1',
      ]),
    )
  })

  test('T24: a revocation of an edge alone stays pending at the STS', async () => {
    await eventually(async () => {
      const [pending] = (await scene.redis.xpending('caracal.sessions.revoke', 'sts-revocation')) as [number]
      return pending > 0
    }, 'something is pending')
  })

  test('T42: the Gateway takes any unknown path for a request to a resource', async () => {
    const denied = await scene.metric('gateway-0', 'caracal_gateway_requests_denied_total')
    expect((await scene.ask('gateway-0', '/readyz')).status).toBe(401)
    expect(await scene.metric('gateway-0', 'caracal_gateway_requests_denied_total')).toBe(denied + 1)
  })

  test('T43: the console answers any other path with a page and 200', async () => {
    const { status, type } = await scene.ask('web-0', '/ready?x=1')
    expect([status, type]).toEqual([200, 'text/html; charset=utf-8'])
  })
})
