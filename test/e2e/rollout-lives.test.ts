import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { GateReport } from '../../src/contract/document.ts'
import type { RolloutReport } from '../../src/contract/rollouts.ts'
import { cleanUp, run, type Ended } from '../support/cli-process.ts'
import { author, checkIn, proceeds, setGround, type Gate, type Ground } from '../support/daemon.ts'

// One rollout after the other, each with evidence of its own or without: what a pipeline asks by HTTP and by the command
// line. The tests go on from each other, as rollouts do.

let ground: Ground
let gate: Gate

beforeAll(async () => {
  ground = await setGround()
  ground.configure((configuration) => {
    configuration['gates'] = { 'source-verification': { enabled: false, reason: 'there is no cluster' } }
  })
  gate = await ground.start()
})
afterEach(cleanUp)
afterAll(() => ground.end())

function say(...args: readonly string[]): Promise<Ended> {
  const env = { CARACAL_GATE_URL: gate.url, CARACAL_GATE_TOKEN: ground.token, CARACAL_GATE_ACTOR: 'ann' }
  return run(args, env)
}

async function push(outcome: 'pass' | 'fail', more: object = {}, check = 'helm-render'): Promise<number> {
  const body = { outcome, validForSeconds: 3_600, ...author, ...more }
  return (await gate.post(`/evidence/${check}`, body)).status
}

/** Both checks that take evidence here. */
async function prove(more: object = {}): Promise<void> {
  for (const check of ['helm-render', 'schema-compatibility'])
    expect(await push('pass', more, check)).toBe(201)
}

async function statusOf(path: string): Promise<number> {
  return (await gate.get(path)).status
}

function ahead(seconds: number): string {
  return new Date(Date.now() + seconds * 1_000).toISOString()
}

function isHeldBy(reason: string): (report: GateReport) => boolean {
  return ({ verdict, blocking }) =>
    verdict === 'hold' && blocking.some((blocker) => blocker.reason === reason)
}

/** That this rollout does not proceed, whoever asks for it and how. */
async function expectNeverProceeds(id: string): Promise<void> {
  const asked = encodeURIComponent(id)
  expect(await statusOf(`/gates/proceed?rollout=${asked}`)).toBe(412)
  expect((await gate.get(`/gates?rollout=${asked}`)).json<GateReport>().verdict).toBe('hold')
  expect((await say('status', '--rollout', id)).code).toBe(7)
  expect((await say('wait', '--rollout', id, '--timeout', '60s')).code).toBe(7)
}

describe('the evidence of one rollout', () => {
  it('X83: opens that rollout, while it is under way and when it is done', async () => {
    await prove({ rollout: 'A' })
    expect((await say('begin', 'A')).code).toBe(0)
    expect((await say('wait', '--rollout', 'A', '--timeout', '60s')).code).toBe(0)
    expect((await say('finish', 'A', '--outcome', 'done')).code).toBe(0)
    await gate.until('it goes on to proceed', proceeds, 10)
    expect(await statusOf('/gates/proceed?rollout=A')).toBe(200)
  })

  it('X83: opens no other, which can not be called done without proof', async () => {
    expect((await say('begin', 'B')).code).toBe(0)
    const report = await gate.until('it holds', isHeldBy('evidence_of_another_rollout'), 10)
    expect(checkIn(report, 'helm-render').message).toContain('is about A, and B is under way')
    const refused = await gate.post('/rollouts/B/finish', { outcome: 'done', ...author })
    expect([refused.status, JSON.parse(refused.text)]).toEqual([
      409,
      expect.objectContaining({
        title: 'not everything is proven',
        detail: expect.stringContaining('render-validation') as string,
      }),
    ])
    expect((await say('finish', 'B', '--outcome', 'done')).code).toBe(10)
    expect(await statusOf('/gates/proceed?rollout=B')).toBe(412)
  })

  it('X83: opens no other either whose end was forced, and that says who forced it and why', async () => {
    expect((await say('finish', 'B', '--outcome', 'done', '--force')).code).toBe(2)
    expect((await say('finish', 'B', '--outcome', 'failed', '--force', '--reason', 'x')).code).toBe(2)
    const forced = await say('finish', 'B', '--outcome', 'done', '--force', '--reason', 'looked at by hand')
    expect([forced.code, forced.stderr]).toEqual([0, ''])
    await expectNeverProceeds('B')
    const record = (await gate.get('/rollouts/B')).json<RolloutReport & { ledger: { reason: string }[] }>()
    expect(record).toMatchObject({ phase: 'done', forced: { reason: 'looked at by hand' } })
    expect(record.ledger.at(-1)?.reason).toContain('not proven: render-validation')
    expect((await gate.report()).rollout.forced).toEqual(record.forced)
    // Proof that comes later does not make it proceed.
    await prove()
    await gate.until('the platform is proven', proceeds, 20)
    await expectNeverProceeds('B')
  })

  it('X83: opens no second life of the rollout, not after a restart either: no id is given twice', async () => {
    for (const id of ['A', 'B']) {
      expect((await say('begin', id)).code).toBe(10)
      expect((await say('begin', id, '--supersede')).code).toBe(10)
    }
    await gate.kill()
    gate = await ground.start()
    for (const id of ['A', 'B']) expect((await gate.post('/rollouts', { id, ...author })).status).toBe(409)
    expect(await push('pass', { rollout: 'A' })).toBe(409)
  })
})

describe('a rollout that failed', () => {
  it('X83: never proceeds, whatever the platform looks like, and neither does one that nobody names', async () => {
    expect((await say('begin', 'C')).code).toBe(0)
    expect(await push('pass', { rollout: 'C' })).toBe(201)
    await gate.until('it may proceed', proceeds, 20)
    const waiting = say('wait', '--rollout', 'C', '--steady', '1h', '--timeout', '60s')
    expect((await say('finish', 'C', '--outcome', 'failed')).code).toBe(0)
    expect((await waiting).code).toBe(7)
    await expectNeverProceeds('C')
    await gate.until('it holds', isHeldBy('rollout_failed'), 10)
    expect(await statusOf('/gates/proceed')).toBe(412)
    expect((await say('status')).code).toBe(3)
    await gate.kill()
    gate = await ground.start()
    await gate.until('it still holds', isHeldBy('rollout_failed'), 10)
  })

  it('X83: is over when the next begins, which is judged by its own evidence', async () => {
    await prove({ rollout: 'D' })
    expect((await say('begin', 'D')).code).toBe(0)
    expect((await say('wait', '--rollout', 'D', '--timeout', '60s')).code).toBe(0)
    await expectNeverProceeds('C')
    expect((await say('finish', 'D', '--outcome', 'done')).code).toBe(0)
  })
})

describe('evidence beside other evidence', () => {
  it('X61: that comes early for the next rollout does not unsettle the one that is there', async () => {
    await gate.until('it may proceed', proceeds, 20)
    const { verdictSince } = await gate.report()
    for (const outcome of ['pass', 'fail'] as const) {
      const pushed = await gate.post('/evidence/helm-render', {
        outcome,
        rollout: 'E',
        validForSeconds: 60,
        ...author,
      })
      expect([pushed.status, JSON.parse(pushed.text)]).toEqual([
        201,
        expect.objectContaining({ waitsFor: 'E' }),
      ])
    }
    expect(await gate.report()).toMatchObject({ verdict: 'proceed', verdictSince, rollout: { id: 'D' } })
    expect(await statusOf('/gates/proceed?rollout=D')).toBe(200)
    const lines = (await gate.get('/metrics')).text.split('\n').filter((line) => !line.startsWith('#'))
    const series = lines.map((line) => line.replace(/ [^ ]*$/, ''))
    expect(series.filter((one, n) => one !== '' && series.indexOf(one) !== n)).toEqual([])
    expect(lines).toContain('caracal_rollout_evidence_accepted{check="helm-render"} 1')
    expect((await say('begin', 'E')).code).toBe(0)
    const report = await gate.until('its own counts', ({ verdict }) => verdict === 'hold', 10)
    expect(checkIn(report, 'helm-render').reason).toBe('evidence_failed')
  })

  it('X85: that says fail is taken over a pass from a fast clock, until somebody has looked again', async () => {
    expect(await push('pass', { issuedAt: ahead(50) })).toBe(201)
    await gate.until('it may proceed', proceeds, 20)
    expect(await push('fail', { issuedAt: ahead(-5) })).toBe(201)
    expect((await gate.report()).verdict).toBe('hold')
    expect(await push('pass', { issuedAt: ahead(-3) })).toBe(409)
    expect(checkIn(await gate.report(), 'helm-render').reason).toBe('evidence_failed')
    expect(await push('pass', { issuedAt: ahead(0) })).toBe(201)
    await gate.until('somebody has looked again', proceeds, 20)
  })
})

describe('an override', () => {
  it('opens one gate for its rollout, is said everywhere, outlives a restart, and ends with a word', async () => {
    expect(await push('fail')).toBe(201)
    await gate.until('it is held', isHeldBy('evidence_failed'), 10)
    const override = ['override', 'render-validation', '--until', '2h', '--reason', 'rendered by hand']
    const given = await say(...override)
    expect([given.code, given.stdout]).toEqual([0, expect.stringContaining('is overridden by ann until ')])
    expect((await say('override', 'helm-rendr', '--until', '2h', '--reason', 'x')).stderr).toContain(
      'did you mean helm-render?',
    )
    const other = await say(...override.slice(0, 4), '--reason', 'other', '--actor', 'bob')
    expect([other.code, other.stderr]).toEqual([10, expect.stringContaining('overridden by ann')])
    const waited = await say('wait', '--rollout', 'E', '--timeout', '60s')
    expect([waited.code, waited.stdout]).toEqual([
      0,
      expect.stringContaining('not enforced: gates/render-validation (overridden by ann'),
    ])
    await gate.kill()
    gate = await ground.start()
    const report = await gate.until('it may proceed still', proceeds, 20)
    expect(report.notEnforced).toMatchObject([
      {
        ref: 'gates/render-validation',
        mode: 'overridden',
        would: 'hold',
        rollout: 'E',
        reason: 'rendered by hand',
      },
    ])
    expect(checkIn(report, 'helm-render')).toMatchObject({ state: 'fail', mode: 'overridden' })
    expect((await gate.get('/metrics')).text).toContain(
      'caracal_rollout_not_enforced_would_block{ref="gates/render-validation",mode="overridden",verdict="hold"} 1',
    )
    expect((await say('override', '--end', 'render-validation', '--reason', 'it renders')).code).toBe(0)
    await gate.until('it is held again', isHeldBy('evidence_failed'), 10)
    const { ledger } = (await gate.get('/rollouts/E')).json<{
      ledger: { kind: string; to: string; actor: string }[]
    }>()
    expect(ledger.filter(({ kind }) => kind === 'override')).toMatchObject([
      { to: 'overridden', actor: 'ann (demo)' },
      { to: 'enforce', actor: 'ann (demo)' },
    ])
  })

  it('ends by itself', async () => {
    const override = ['override', 'render-validation', '--until', '5s', '--reason', 'for a moment']
    expect((await say(...override)).code).toBe(0)
    await gate.until('it does not count', ({ notEnforced }) => notEnforced.length === 1, 5)
    await gate.until('it counts again', isHeldBy('evidence_failed'), 10)
    expect((await gate.report()).notEnforced).toEqual([])
  })
})
