import { rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CheckReport } from '../../src/contract/items.ts'
import type { Problem } from '../../src/contract/problem.ts'
import { canary } from '../support/canary.ts'
import { author, checkIn, setGround, type Gate, type Ground } from '../support/daemon.ts'

let ground: Ground
let gate: Gate

beforeAll(async () => {
  ground = await setGround()
  // Two tokens beside the one that may do everything.
  const narrow = join(ground.folder, 'narrow-token')
  await writeFile(narrow, 'narrow-and-long-enough-for-a-token')
  ground.configure((configuration) => {
    const tokens = configuration['tokens'] as object[]
    configuration['tokens'] = [
      ...tokens,
      { name: 'narrow', token: { file: narrow }, scopes: ['acknowledge'] },
    ]
    const { gates } = configuration as { gates?: Record<string, unknown> }
    configuration['checks'] = { canary: 'on' }
    configuration['gates'] = { ...gates, 'rollback-plan': 'on', 'render-validation': 'on' }
  })
})
afterAll(() => ground.end())
beforeEach(async () => {
  await rm(dirname(ground.files.state), { recursive: true, force: true })
  gate = await ground.start()
})
afterEach(() => gate.kill())

const digest = `sha256:${'ab'.repeat(32)}`

interface Pushed {
  readonly status: number
  readonly body: Problem & { readonly expiresAt: string }
}

async function push(body: object = {}, check = 'schema-compatibility'): Promise<Pushed> {
  const sent = { outcome: 'pass', validForSeconds: 600, ...author, ...body }
  const { status, text } = await gate.post(`/evidence/${check}`, sent)
  return { status, body: JSON.parse(text) as Pushed['body'] }
}

async function heldFor(id = 'schema-compatibility'): Promise<CheckReport> {
  const { gates } = await gate.report()
  const found = gates.flatMap(({ checks }) => checks).find((check) => check.id === id)
  if (found === undefined) throw new Error(`there is no check ${id}`)
  return found
}

function ago(seconds: number): string {
  return new Date(Date.now() - seconds * 1_000).toISOString()
}

function begin(id: string, more: object = {}) {
  return gate.post('/rollouts', { id, phase: 'rolling', ...author, ...more })
}

describe('evidence', () => {
  it('shows in its check, with who says it, what it is about and until when it counts', async () => {
    const issuedAt = ago(60)
    const { status, body } = await push({ issuedAt, digest, message: 'helm lint passed' }, 'helm-render')
    expect(status).toBe(201)
    expect(body).toMatchObject({ check: 'helm-render', outcome: 'pass', issuedAt, digest })
    expect(Date.parse(body.expiresAt) - Date.parse(issuedAt)).toBe(600_000)
    const check = await heldFor('helm-render')
    expect(check.state).toBe('pass')
    expect(check.message).toContain(
      `helm lint passed for sha256:abababababab, says a test, expires ${body.expiresAt.slice(0, 16)}Z`,
    )
  })

  it('is refused when it is sent again after something newer, and changes nothing then', async () => {
    const [first, second] = [{ issuedAt: ago(20) }, { issuedAt: ago(10), outcome: 'fail' }]
    expect((await push(first)).status).toBe(201)
    expect((await push(first)).status).toBe(200)
    expect((await push(second)).status).toBe(201)
    const replayed = await push(first)
    expect([replayed.status, replayed.body.title]).toEqual([409, 'newer evidence is held'])
    expect((await heldFor()).state).toBe('fail')
  })

  it('stays bound over a restart', async () => {
    const newest = { issuedAt: ago(10), digest, rollout: 'r1', outcome: 'fail' }
    expect((await push(newest)).status).toBe(201)
    await gate.kill()
    gate = await ground.start()
    expect((await push({ issuedAt: ago(20), rollout: 'r1' })).body.title).toBe('newer evidence is held')
    expect((await push(newest)).status).toBe(200)
    await begin('r1')
    expect((await heldFor()).message).toContain('fail for sha256:abababababab, says a test, expires ')
    await begin('r2', { supersede: true })
    const report = await gate.until('it is another rollout', ({ rollout }) => rollout.id === 'r2', 5)
    expect(report.verdict).not.toBe('proceed')
    expect((await push({ rollout: 'r3' })).body).toMatchObject({ rollout: 'r3', waitsFor: 'r3' })
    expect((await push({ rollout: 'r1' })).body.title).toBe('this rollout has ended')
  })

  it('that names a rollout waits for it, and what names none must not be older than it', async () => {
    expect((await push({ rollout: 'r1', issuedAt: ago(5) })).status).toBe(201)
    await begin('r1')
    expect(await heldFor()).toMatchObject({
      state: 'pass',
      message: expect.stringMatching(/pass, says a test, expires /) as string,
    })
    const stale = await push({ issuedAt: ago(3) })
    expect([stale.status, stale.body.title]).toEqual([409, 'the evidence is older than the rollout'])
    expect((await push({ issuedAt: ago(4), rollout: 'r1' })).status).toBe(201)
    const { text } = await gate.get('/rollouts/r1')
    expect(text).toContain('"kind":"evidence"')
  })

  it('is refused for a rollout that has ended', async () => {
    await begin('r1')
    await gate.post('/rollouts/r1/finish', { outcome: 'failed', ...author })
    expect((await push({ rollout: 'r1' })).body.title).toBe('this rollout has ended')
  })

  it.each<[string, object, number, string]>([
    ['has expired on its way', { issuedAt: ago(601) }, 409, 'the evidence has expired'],
    ['comes from the future', { issuedAt: ago(-3_600) }, 409, 'the evidence comes from the future'],
    ['has a time that is none', { issuedAt: 'yesterday' }, 400, 'Invalid request'],
    ['has a digest that is none', { digest: 'sha256:abc' }, 400, 'Invalid request'],
    ['never expires', { validForSeconds: 1e9 }, 400, 'Invalid request'],
  ])('is refused when it %s', async (_, body, status, title) => {
    const refused = await push(body)
    expect([refused.status, refused.body.title]).toEqual([status, title])
    expect(refused.body.detail).toMatch(/\w \w/)
    expect((await heldFor()).state).toBe('unknown')
  })

  it.each<[string, string | undefined, number]>([
    ['no token', undefined, 401],
    ['a token that nobody knows', 'forged', 401],
    ['a token without the scope', 'narrow-and-long-enough-for-a-token', 403],
  ])('is refused with %s', async (_, token, status) => {
    const response = await fetch(`${gate.url}/evidence/schema-compatibility`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ outcome: 'pass', validForSeconds: 600, ...author }),
    })
    expect(response.status).toBe(status)
    expect((await heldFor()).state).toBe('unknown')
  })
})

describe('R222: evidence of a canary', () => {
  type Entry = Readonly<Record<string, string>>

  function canary(more: object = {}, changes: Readonly<Record<string, Entry>> = {}) {
    const asked = ground.platform.replicas.filter(({ service }) =>
      ['sts', 'gateway', 'audit'].includes(service),
    )
    const replicas = asked.map(({ service: component, name, url }) => {
      const replica = component === 'gateway' ? new URL(url).host : name
      return { component, replica, outcome: 'pass', ...changes[name] }
    })
    return push({ replicas, ...more }, 'canary')
  }

  const deaf = { outcome: 'fail', step: 'revocation', reason: 'not_seen', message: 'it still served' }

  function gatewayName(): string {
    return ground.platform.replicas.findLast(({ service }) => service === 'gateway')?.name ?? ''
  }

  it('counts when it names every replica, over a restart, until it expires', async () => {
    expect(await heldFor('canary')).toMatchObject({ state: 'unknown', reason: 'not_configured' })
    const { status, body } = await canary({ validForSeconds: 86_400, issuedAt: ago(1) })
    expect(status).toBe(201)
    expect(Date.parse(body.expiresAt) - Date.now()).toBeLessThan(15 * 60_000)
    expect((await heldFor('canary')).state).toBe('pass')
    await gate.kill()
    gate = await ground.start()
    await gate.until('it passes', (report) => checkIn(report, 'canary').state === 'pass', 10)
    const line = `caracal_rollout_evidence_replica_accepted{check="canary",component="gateway",replica="${gatewayName()}"}`
    expect(await gate.metric(line)).toBe(1)
    expect((await canary({ validForSeconds: 1 })).status).toBe(201)
    await gate.until('it has expired', (report) => checkIn(report, 'canary').reason === 'stale', 10)
  })

  it('holds by the name of the replica that failed, and of one that it did not go through', async () => {
    const failed = { [gatewayName()]: deaf }
    expect((await canary({}, failed)).body).toMatchObject({
      status: 400,
      faults: [{ value: 'fail', allowed: expect.stringContaining('gateway/') as string }],
    })
    expect((await canary({ outcome: 'fail' }, failed)).status).toBe(201)
    const check = await heldFor('canary')
    expect(check).toMatchObject({ state: 'fail', reason: 'canary_revocation_failed', culpritCount: 1 })
    expect(check.message).toBe(`gateway/${gatewayName()} failed at revocation (not_seen): it still served`)
    expect(
      (await push({ replicas: [{ component: 'sts', replica: 'x', outcome: 'pass' }] })).body,
    ).toMatchObject({
      status: 400,
      detail: expect.stringContaining('replicas is "present"; allowed: no such member') as string,
    })
    const sts = ground.platform.replicas.find(({ service }) => service === 'sts')?.name
    const replicas = [{ component: 'sts', replica: sts, outcome: 'pass' }]
    expect((await push({ replicas }, 'canary')).status).toBe(201)
    expect((await heldFor('canary')).culprits.map(({ key, reason }) => `${key} ${reason}`)).toEqual(
      expect.arrayContaining([`gateway/${gatewayName()} canary_missing`, 'audit canary_missing']),
    )
  })

  it('R224: adds a line to the ledger when it says something else, and none when it passes again', async () => {
    await begin('r1')
    for (const outcome of ['pass', 'pass', 'fail', 'pass', 'pass']) await canary({ outcome })
    const { text } = await gate.get('/rollouts/r1')
    expect(text.match(/"kind":"evidence"/g)).toHaveLength(3)
  })
})

describe('evidence of caracal-gate canary', () => {
  /** Runs it against the platform, pushes what it found, and gives the check. */
  async function pushed(more: Readonly<Record<string, string>> = {}) {
    const args = ['--push', '--url', gate.url]
    const ran = await canary(ground.platform, { ...more, CARACAL_GATE_TOKEN: ground.token }, args)
    return { ...ran, check: await heldFor('canary') }
  }

  it('passes where every replica that is watched passed, and fails by what failed', async () => {
    const good = await pushed()
    expect([good.bad, good.code, good.stderr]).toEqual([[], 0, ''])
    expect(good.check).toMatchObject({ state: 'pass' })
    const [first, second] = ground.platform.replicas.filter(({ service }) => service === 'gateway')
    const part = await pushed({ CARACAL_CANARY_GATEWAY: `${first?.url},http://127.0.0.1:1` })
    expect(part.code).toBe(9)
    expect(part.check.culprits.map(({ key, reason }) => `${key} ${reason}`)).toEqual([
      'gateway/127.0.0.1:1 canary_inconclusive',
      `gateway/${second?.name} canary_missing`,
    ])
    ground.platform.deafen('audit-0', true)
    try {
      const { code, check } = await pushed({ CARACAL_CANARY_AUDIT_WITHIN: '1s' })
      expect([code, check.state, check.reason]).toEqual([8, 'fail', 'canary_audit_failed'])
      expect(check.message).toContain('audit_ingestion_dead')
    } finally {
      ground.platform.deafen('audit-0', false)
    }
  })
})
