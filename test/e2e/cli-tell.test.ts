import { afterEach, describe, expect, it } from 'vitest'
import { problem, rollout, tell } from '../support/cli-answers.ts'
import { cleanUp, runHere } from '../support/cli-process.ts'

afterEach(cleanUp)

describe('caracal-gate begin', () => {
  it('declares all that was said, by whom and why', async () => {
    const { code, stdout, told } = await tell(
      [
        'begin',
        'caracal/48',
        '--phase',
        'rolling',
        '--revision',
        '48',
        '--chart',
        'caracal-1.9.0',
        '--supersede',
      ].concat([
        '--image',
        'sts=caracal-sts:1.9.0',
        '--image',
        `api=r.example/api@sha256:${'0'.repeat(64)}`,
        '--reason',
        'release',
      ]),
      [201, { rollout: rollout('caracal/48', 'rolling') }],
    )
    expect([code, stdout]).toEqual([
      0,
      'rollout caracal/48 has begun: rolling since 20:05:00Z, declared by ann (ci)\n',
    ])
    expect(told).toEqual([
      {
        method: 'POST',
        path: '/rollouts',
        authorization: 'Bearer secret-token',
        body: {
          id: 'caracal/48',
          actor: 'ann',
          reason: 'release',
          phase: 'rolling',
          revision: '48',
          chart: 'caracal-1.9.0',
          images: { sts: 'caracal-sts:1.9.0', api: `r.example/api@sha256:${'0'.repeat(64)}` },
          supersede: true,
        },
      },
    ])
  })

  it('says the very same again over a broken connection and a state that could not be kept', async () => {
    const { code, stdout, told } = await tell(
      ['begin', 'r1'],
      undefined,
      [503, problem('not-recorded', 'the state could not be written')],
      [200, { rollout: rollout('r1', 'preflight') }],
    )
    expect([code, told.length]).toEqual([0, 3])
    expect(new Set(told.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(stdout).toContain('rollout r1 was under way already')
  })

  it('is refused with 10 and what to do while another rollout is under way', async () => {
    const refusal = [409, problem('rollout-under-way', 'r1 must be finished or superseded first')] as const
    const { code, stdout, stderr, told, url } = await tell(['begin', 'r2'], refusal)
    expect([code, stdout, told.length]).toEqual([10, '', 1])
    expect(stderr).toBe(
      `caracal-gate: refused: another rollout is under way: r1 must be finished or superseded first (409); caracal-gate rollouts lists them, and --supersede ends the current one [${url}/]\n`,
    )
  })

  it.each([
    [401, 5, 'give a token of scope rollout with --token-file'],
    [403, 5, 'give a token of scope rollout with --token-file'],
    [400, 2, 'images is "x"'],
  ])('is refused with %i, ends with %i and says what would be right', async (status, code, words) => {
    const ended = await tell(['begin', 'r1'], [status, problem('invalid-request', 'images is "x"')])
    expect([ended.code, ended.stdout, ended.told.length]).toEqual([code, '', 1])
    expect(ended.stderr).toContain(words)
    expect(ended.stderr).not.toContain('secret-token')
  })

  it('does not take the answer about another rollout, or about the verdict, for its own', async () => {
    for (const answer of [
      { rollout: rollout('r2', 'rolling') },
      { verdict: 'proceed', rollout: rollout('r1', 'rolling') },
      { rollout: { id: 'r1' } },
      {},
    ])
      expect((await tell(['begin', 'r1'], [200, answer])).code).toBe(5)
  })

  it.each([
    [['begin'], 'missing ID'],
    [['begin', '..'], 'not only dots'],
    [['begin', 'a\u202eb'], 'visible characters'],
    [['begin', 'x'.repeat(201)], '1 to 200 visible characters'],
    [
      ['begin', 'r', '--phase', 'done'],
      '--phase is "done"; allowed: preflight, migrating, rolling, verifying',
    ],
    [['begin', 'r', '--image', 'sts'], 'SUBJECT=REF'],
    [['begin', 'r', '--actor', ' '], '--actor is empty'],
    [['finish', 'r'], 'missing --outcome done|failed'],
    [['ack', 'outbox-dead-messages'], 'missing --reason TEXT'],
    [['ack', 'a', 'b'], 'Expected 1 argument but got 2: a, b'],
  ])('%j is wrong usage: nothing is asked', async (args, words) => {
    const { code, stderr, told } = await tell(args, [200, {}])
    expect([code, told]).toEqual([2, []])
    expect(stderr).toContain(words)
  })

  it('asks for a token and a name before it asks the exporter', async () => {
    expect((await runHere(['begin', 'r1'], { CARACAL_GATE_ACTOR: 'ann' })).stderr).toContain('scope rollout')
    expect((await runHere(['begin', 'r1'], { CARACAL_GATE_TOKEN: 't' })).stderr).toContain('--actor NAME')
  })
})

describe('caracal-gate finish', () => {
  const done = ['finish', 'caracal/48', '--outcome', 'done']
  const ended = '2026-11-22T20:30:00.000Z'
  const none = [404, problem('no-such-rollout-under-way', 'none is')] as const

  it('ends the rollout, whose id may have a slash', async () => {
    const answer = { rollout: rollout('caracal/48', 'done', ended) }
    const { code, stdout, told } = await tell(done, [200, answer])
    expect([code, stdout]).toEqual([
      0,
      'rollout caracal/48 has ended: done, ended at 20:30:00Z, declared by ann (ci)\n',
    ])
    expect(told[0]).toMatchObject({
      path: '/rollouts/caracal%2F48/finish',
      body: { outcome: 'done', actor: 'ann' },
    })
  })

  it('is content when it had ended so before, as after a lost answer', async () => {
    const story = { ...rollout('caracal/48', 'done', ended), stops: [], ledger: [] }
    const again = await tell(done, undefined, none, [200, story])
    expect([again.code, again.told.map(({ method }) => method)]).toEqual([0, ['POST', 'POST', 'GET']])
    expect(again.stdout).toContain('had ended before: done, ended at 20:30:00Z')
    const otherwise = await tell(done, none, [200, { ...story, phase: 'failed' }])
    expect(otherwise.code).toBe(11)
    expect(otherwise.stderr).toContain('caracal-gate rollouts lists them')
  })

  it('is refused with 10 while a stop stands, and with 11 when there is no such rollout', async () => {
    const standing = await tell(done, [409, problem('stop-forbids', 'outbox-dead-messages: fix')])
    expect(standing.code).toBe(10)
    expect(standing.stderr).toContain('caracal-gate explain says what blocks it')
    expect((await tell(done, none, [404, problem('no-such-rollout', 'x')])).code).toBe(11)
  })
})

describe('caracal-gate ack', () => {
  const noting = ['ack', 'outbox-dead-messages', '--reason', 'replayed, see CHG-1182', '--rollout', 'r1']
  const nothingLeft = [409, problem('nothing-to-acknowledge', 'it is clear and not latched')] as const
  const stopped = (latch: object | null, state = 'clear') =>
    [200, { stopCondition: { state, latch } }] as const

  it('takes note, in the rollout that is meant', async () => {
    const answer = { stopCondition: 'outbox-dead-messages', acknowledged: true }
    const { code, stdout, told } = await tell(noting, [201, answer])
    expect([code, stdout]).toEqual([
      0,
      'outbox-dead-messages is acknowledged by ann: replayed, see CHG-1182\n',
    ])
    expect(told[0]?.body).toEqual({
      stopCondition: 'outbox-dead-messages',
      rollout: 'r1',
      actor: 'ann',
      reason: 'replayed, see CHG-1182',
    })
  })

  it('knows its own words again after a lost answer, and nobody else’s', async () => {
    const own = { acknowledged: { actor: 'ann (ci)', reason: 'replayed, see CHG-1182' } }
    expect((await tell(noting, undefined, nothingLeft, stopped(own))).code).toBe(0)
    const other = { acknowledged: { actor: 'bob (ci)', reason: 'looks fine' } }
    expect((await tell(noting, undefined, nothingLeft, stopped(other))).code).toBe(10)
    const earlier = { acknowledged: { actor: 'ann (ci)', reason: 'the time before' } }
    expect((await tell(noting, undefined, nothingLeft, stopped(earlier))).code).toBe(10)
    expect((await tell(noting, undefined, nothingLeft, stopped(null, 'firing'))).code).toBe(10)
    expect((await tell(noting, nothingLeft)).code).toBe(10)
  })

  it('is refused with 10 while the breach stands, and with 11 for a stop that there is not', async () => {
    const standing = await tell(noting, [409, problem('still-firing', '3 dead rows. Fix it.')])
    expect(standing.code).toBe(10)
    expect(standing.stderr).toContain('caracal-gate explain outbox-dead-messages says what is wrong')
    const none = { ...problem('no-such-stop-condition', 'There is none.'), allowed: ['sts-unready'] }
    const unknown = await tell(noting, [404, none])
    expect(unknown.code).toBe(11)
    expect(unknown.stderr).toContain('allowed: sts-unready')
  })

  it('X46: names the stop that a misspelt id is nearest to, and not all of them', async () => {
    const allowed = ['sts-unready', 'outbox-dead-messages', 'audit-dlq-growing']
    const none = { ...problem('no-such-stop-condition', 'There is no stop condition "x".'), allowed }
    const { code, stderr } = await tell(['ack', 'outbox-dead-mesages', '--reason', 'replayed'], [404, none])
    expect(code).toBe(11)
    expect(stderr).toContain('did you mean outbox-dead-messages? (404); caracal-gate status --all lists them')
    expect(stderr).not.toContain('audit-dlq-growing')
  })
})
