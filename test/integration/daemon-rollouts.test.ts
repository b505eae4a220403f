import { writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { GateReport } from '../../src/contract/document.ts'
import { author, isFiring, proceeds, setGround, stopIn, type Gate, type Ground } from '../support/daemon.ts'

let ground: Ground
let redis: Redis
let gate: Gate

beforeAll(async () => {
  ground = await setGround()
  redis = new Redis(ground.servers.redis.url, { protocol: 2 })
})
afterAll(async () => {
  redis.disconnect()
  await ground.end()
})
beforeEach(async () => {
  await rm(dirname(ground.files.state), { recursive: true, force: true })
  gate = await ground.start()
})
afterEach(async () => {
  await gate.kill()
  await ground.platform.faults.clearAll()
})

interface Problem {
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly allowed?: readonly string[]
  readonly faults?: readonly { readonly parameter: string; readonly allowed: string }[]
}

/** Posts, and gives status and body. */
async function post(path: string, body: object): Promise<{ status: number; body: Problem & GateReport }> {
  const { status, text } = await gate.post(path, body)
  return { status, body: JSON.parse(text) as Problem & GateReport }
}

function begin(id: string, rest: object = {}) {
  return post('/rollouts', { id, ...author, ...rest })
}

describe('a rollout', () => {
  it('begins, changes its phase and ends, and each is written down', async () => {
    await gate.until('proceed', proceeds, 20)
    expect((await gate.report()).rollout).toMatchObject({ id: null, phase: 'idle' })
    const begun = await begin('r1', { phase: 'preflight' })
    expect(begun.status).toBe(201)
    expect(begun.body.rollout).toMatchObject({ id: 'r1', phase: 'preflight', expected: [] })
    const rolling = await begin('r1', { phase: 'rolling' })
    expect(rolling.status).toBe(200)
    expect(rolling.body.rollout).toMatchObject({ phase: 'rolling' })
    expect((await gate.report()).rollout).toMatchObject({ id: 'r1', phase: 'rolling' })
    await gate.until('proceed', proceeds, 10)
    const done = await post('/rollouts/r1/finish', { outcome: 'done', ...author })
    expect([done.status, done.body.rollout.phase]).toEqual([200, 'done'])
    const record = (await gate.get('/rollouts/r1')).json<{ ledger: { kind: string; actor: string }[] }>()
    const kinds = record.ledger.map(({ kind }) => kind).filter((kind) => kind.startsWith('rollout-'))
    expect(kinds).toEqual(['rollout-begun', 'rollout-phase', 'rollout-finished'])
    expect(record.ledger.find(({ kind }) => kind === 'rollout-begun')?.actor).toBe('a test (demo)')
  })

  it('X03: never proceeds where nothing shows what was declared, and may be added to', async () => {
    await gate.until('proceed', proceeds, 20)
    const images = { api: 'caracal/api:1' }
    const begun = await begin('r1', { phase: 'preflight', revision: '47', images })
    expect(begun.body.rollout).toMatchObject({ revision: '47', expected: [{ revision: '47', images }] })
    const rolling = await begin('r1', { phase: 'rolling', chart: '1.2.3' })
    expect(rolling.body.rollout).toMatchObject({ phase: 'rolling', revision: '47', chart: '1.2.3' })
    expect((await begin('r1', { images: { api: 'caracal/api:2' } })).status).toBe(409)
    const report = await gate.until('hold', ({ verdict }) => verdict === 'hold', 20)
    expect(report.blocking[0]).toMatchObject({ reason: 'not_configured' })
    expect((await post('/rollouts/r1/finish', { outcome: 'done', ...author })).status).toBe(409)
  })

  it('is refused while another is under way, unless it supersedes that', async () => {
    await begin('r1')
    const refused = await begin('r2')
    expect([refused.status, refused.body.title]).toEqual([409, 'another rollout is under way'])
    expect(refused.body.detail).toContain('r1')
    expect((await begin('r2', { supersede: true })).status).toBe(201)
    expect((await gate.report()).rollout.id).toBe('r2')
    const record = (await gate.get('/rollouts/r1')).json<{
      phase: string
      ledger: { reason: string | null }[]
    }>()
    expect(record.phase).toBe('failed')
    expect(record.ledger.map(({ reason }) => reason)).toContain('superseded by r2')
    expect((await post('/rollouts/r2/finish', { outcome: 'failed', ...author })).status).toBe(200)
    expect((await begin('r2')).status).toBe(409)
  })

  it('is asked about by its id: another one is current, and the answer says so', async () => {
    await gate.until('proceed', proceeds, 20)
    await begin('r1')
    await gate.until('proceed', proceeds, 10)
    const other = (await gate.get('/gates?rollout=r0')).json<GateReport>()
    expect(other).toMatchObject({ superseded: true, verdict: 'hold' })
    expect((await gate.get('/gates?rollout=r1')).json<GateReport>()).toMatchObject({
      superseded: false,
      verdict: 'proceed',
    })
    expect((await gate.get('/gates/proceed?rollout=r0')).status).toBe(412)
    const acknowledgement = { stopCondition: 'outbox-dead-messages', rollout: 'r0', ...author }
    const refused = await post('/acknowledgements', acknowledgement)
    expect([refused.status, refused.body.title]).toEqual([409, 'another rollout is current'])
  })

  it('may not be done while a stop stands or is not acknowledged', async () => {
    await gate.until('proceed', proceeds, 20)
    await begin('r1', { phase: 'rolling' })
    await ground.platform.faults.inject('outbox-dead-messages')
    await gate.until('it fires', isFiring('outbox-dead-messages'), 10)
    const finish = () => post('/rollouts/r1/finish', { outcome: 'done', ...author })
    const refused = await finish()
    expect([refused.status, refused.body.title]).toEqual([409, 'a stop forbids it'])
    expect(refused.body.detail).toContain('outbox-dead-messages')
    const tooEarly = await post('/acknowledgements', { stopCondition: 'outbox-dead-messages', ...author })
    expect([tooEarly.status, tooEarly.body.title]).toEqual([409, 'the stop condition is still firing'])
    await ground.platform.faults.clear('outbox-dead-messages')
    await gate.until('its cause is gone', (report) => !isFiring('outbox-dead-messages')(report), 10)
    expect((await finish()).status).toBe(409)
    const accepted = await post('/acknowledgements', { stopCondition: 'outbox-dead-messages', ...author })
    expect(accepted.status).toBe(200)
    expect((await finish()).status).toBe(200)
  })

  it('finds what was red before it to be preexisting', async () => {
    await gate.until('proceed', proceeds, 20)
    await ground.platform.faults.inject('outbox-dead-messages')
    await gate.until('it fires', isFiring('outbox-dead-messages'), 10)
    await begin('r1')
    const report = await gate.report()
    expect(report.verdict).toBe('stop')
    expect(stopIn(report, 'outbox-dead-messages').preexisting).toBe(true)
  })

  it('may take note of dead letters while they lie there, and is stopped again by the next', async () => {
    await gate.until('proceed', proceeds, 20)
    await begin('r1', { phase: 'rolling' })
    for (const firings of [1, 2]) {
      await redis.xadd('caracal.audit.events.dlq', '*', 'data', 'x')
      const report = await gate.until('it fires', isFiring('audit-dlq-growing'), 10)
      expect(stopIn(report, 'audit-dlq-growing').firings).toBe(firings)
      const accepted = await post('/acknowledgements', { stopCondition: 'audit-dlq-growing', ...author })
      expect(accepted.status).toBe(200)
      await gate.until('proceed again', proceeds, 10)
    }
  })
})

describe('a command', () => {
  const wrong: readonly (readonly [string, string, object, number])[] = [
    ['of a rollout that is not under way', '/rollouts/r9/finish', { outcome: 'done', ...author }, 404],
    ['without an actor', '/rollouts', { id: 'r1', reason: 'x' }, 400],
    ['with a member that does not exist', '/rollouts', { id: 'r1', supercede: true, ...author }, 400],
    ['with a phase that nobody declares', '/rollouts', { id: 'r1', phase: 'done', ...author }, 400],
    ['on a stop condition that does not exist', '/acknowledgements', { stopCondition: 'x', ...author }, 404],
    [
      'without anything to acknowledge',
      '/acknowledgements',
      { stopCondition: 'sts-unready', ...author },
      409,
    ],
    ['with evidence for what is measured', '/evidence/ready-api', { ...evidence(), ...author }, 409],
    ['with evidence for nothing', '/evidence/nothing', { ...evidence(), ...author }, 404],
  ]
  it.each(wrong)('%s is refused in words', async (_, path, sent, expected) => {
    const { status, body } = await post(path, sent)
    expect(status).toBe(expected)
    expect(body.status).toBe(expected)
    expect(body.title.length).toBeGreaterThan(3)
    if (expected === 400) expect(body.faults?.length).toBeGreaterThan(0)
    else expect(body.detail).toMatch(/\w \w/)
    expect((await gate.report()).rollout.id).toBeNull()
  })

  it('needs a token with its scope; without any configured, writing is off', async () => {
    const narrow = join(ground.folder, 'narrow-token')
    const token = 'narrow-and-long-enough'
    writeFileSync(narrow, token)
    ground.configure((configuration) => {
      configuration['tokens'] = [{ name: 'narrow', token: { file: narrow }, scopes: ['acknowledge'] }]
    })
    await gate.kill()
    gate = await ground.start()
    const ask = (authorization?: string) =>
      fetch(`${gate.url}/rollouts`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(authorization !== undefined && { authorization }),
        },
        body: JSON.stringify({ id: 'r1', ...author }),
      })
    const answers = await Promise.all([ask(), ask('Bearer wrong'), ask(`Bearer ${token}`)])
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 403])
    expect(answers.map(({ headers }) => headers.has('www-authenticate'))).toEqual([true, true, false])
    expect(await answers[2]?.text()).toContain('narrow has no scope rollout')
    ground.configure((configuration) => (configuration['tokens'] = []))
    await gate.kill()
    gate = await ground.start()
    expect((await ask(`Bearer ${token}`)).status).toBe(403)
    expect((await gate.report()).rollout.id).toBeNull()
    ground.configure()
  })
})

function evidence(): object {
  return { outcome: 'pass', validForSeconds: 60 }
}
