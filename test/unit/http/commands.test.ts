import { describe, expect, it } from 'vitest'
import type { RolloutRecord } from '../../../src/http/context.ts'
import type { Problem } from '../../../src/contract/problem.ts'
import { handMadeRules, newBoard, newContext, rollout, start } from './context.ts'
import { openForCommands } from './opening.ts'

const by = { actor: 'ada', reason: 'release 1.9' }
const digest = `sha256:${'0'.repeat(64)}`
const valid: readonly [string, object, string][] = [
  ['/rollouts', { id: 'caracal/48', phase: 'rolling', images: { sts: 'sts:2' }, ...by }, 'begin'],
  ['/rollouts/caracal%2F48/finish', { outcome: 'done', ...by }, 'finish'],
  ['/acknowledgements', { stopCondition: 'sts-unready', ...by }, 'acknowledge'],
  ['/overrides', { item: 'readiness', forSeconds: 60, ...by }, 'override'],
  ['/overrides/readiness/end', by, 'endOverride'],
  ['/evidence/manifest-digest', { outcome: 'pass', digest, validForSeconds: 3600, ...by }, 'evidence'],
]

describe('a command', () => {
  it.each(valid)(
    'POST %s reaches the daemon with the actor, the reason and the token',
    async (url, body, name) => {
      const { context, post } = await openForCommands()
      const answer = await post(url, body)
      expect(answer.statusCode).toBe(201)
      expect(answer.json()).toEqual({ recorded: name })
      expect(context.recorded.map(({ command }) => command)).toEqual([name])
      expect(context.recorded[0]?.args).toContainEqual({ name: 'ada', reason: 'release 1.9', token: 'ci' })
    },
  )

  it('carries the id in the path, decoded', async () => {
    const { context, post } = await openForCommands()
    await post('/rollouts/caracal%2F48/finish', { outcome: 'failed', ...by })
    expect(context.recorded[0]?.args[0]).toBe('caracal/48')
  })

  it.each(valid)('POST %s needs a token, and one with the scope', async (url, body) => {
    const { context, post } = await openForCommands()
    const missing = await post(url, body, '')
    expect(missing.statusCode).toBe(401)
    expect(missing.headers['www-authenticate']).toContain('Bearer')
    expect((await post(url, body, 'Bearer weak')).statusCode).toBe(403)
    expect(context.recorded).toEqual([])
  })

  it.each(valid)('POST %s needs an actor and a reason', async (url, body) => {
    const { context, post } = await openForCommands()
    const answer = await post(url, { ...body, actor: ' ', reason: undefined })
    expect(answer.statusCode).toBe(400)
    expect(
      answer
        .json<Problem>()
        .faults?.map(({ parameter }) => parameter)
        .toSorted(),
    ).toEqual(['actor', 'reason'])
    expect(context.recorded).toEqual([])
  })

  it('lists all faults of a body at once, with member, value and what is allowed', async () => {
    const { post } = await openForCommands()
    const answer = await post('/rollouts', { id: 7, phase: 'done', typo: 1, ...by })
    expect(answer.statusCode).toBe(400)
    const faults = answer.json<Problem>().faults ?? []
    expect(faults.map(({ parameter, value }) => [parameter, value])).toEqual(
      expect.arrayContaining([
        ['id', '7'],
        ['phase', 'done'],
        ['typo', 'present'],
      ]),
    )
    expect(faults.every(({ allowed }) => allowed.length > 0)).toBe(true)
  })

  it('X83: takes force with the outcome done only', async () => {
    const { context, post } = await openForCommands()
    const answer = await post('/rollouts/r1/finish', { outcome: 'failed', force: true, ...by })
    expect(answer.statusCode).toBe(400)
    expect(answer.json<Problem>().faults).toEqual([
      { parameter: 'force', value: 'true', allowed: 'only with the outcome done' },
    ])
    expect(context.recorded).toEqual([])
  })

  it.each(['{', 'null', '[]', '"x"', ''])('answers 400 for the body %j', async (payload) => {
    const { app } = await openForCommands()
    const headers = { 'content-type': 'application/json', authorization: 'Bearer all' }
    const answer = await app.inject({ method: 'POST', url: '/rollouts', headers, payload })
    expect(answer.statusCode).toBe(400)
    expect(answer.headers['content-type']).toContain('application/problem+json')
  })

  it('refuses a body above 64 KiB, and one that is no JSON', async () => {
    const { app, post } = await openForCommands()
    expect((await post('/rollouts', { ...by, id: 'x'.repeat(70_000) })).statusCode).toBe(413)
    const headers = { 'content-type': 'text/xml', authorization: 'Bearer all' }
    const xml = await app.inject({ method: 'POST', url: '/rollouts', headers, payload: '<x/>' })
    expect(xml.statusCode).toBe(415)
  })

  it('acknowledges only stop conditions that exist', async () => {
    const { post } = await openForCommands()
    const answer = await post('/acknowledgements', { stopCondition: 'nonsense', ...by })
    expect(answer.statusCode).toBe(404)
    expect(answer.json<Problem>().allowed).toContain('sts-unready')
  })

  it('takes evidence only for checks that are fed by it', async () => {
    const { post } = await openForCommands()
    const body = { outcome: 'pass', validForSeconds: 60, ...by }
    const measured = await post('/evidence/ready-sts', body)
    expect(measured.statusCode).toBe(409)
    expect(measured.json<Problem>().allowed).toEqual(['manifest-digest'])
    expect((await post('/evidence/nonsense', body)).statusCode).toBe(404)
  })

  it('passes a refusal of the daemon on as a problem', async () => {
    const rules = handMadeRules(new Map())
    const { commands } = newContext(newBoard(), rules)
    const refusal = { ok: false, code: 'rollout-under-way', detail: 'caracal/47 is active' } as const
    const { post } = await openForCommands({
      commands: { ...commands, begin: () => Promise.resolve(refusal) },
    })
    const answer = await post('/rollouts', { id: 'caracal/48', ...by })
    expect(answer.statusCode).toBe(409)
    expect(answer.json<Problem>()).toEqual({
      type: 'https://gates.caracal.run/problems/rollout-under-way',
      title: 'another rollout is under way',
      status: 409,
      detail: 'caracal/47 is active',
    })
  })
})

describe('the history', () => {
  const line = {
    sequence: 1,
    at: start,
    kind: 'begin',
    subject: 'rollout',
    message: 'begun',
    actor: 'ada',
    written: { message: 'begun' },
    previous: '0',
    hash: 'abc',
  }
  const latch = {
    at: start,
    reason: 'not_ready',
    message: 'sts-0 is not ready',
    culprits: ['sts/sts-0'],
    preexisting: false,
    proven: true,
  }
  const history: readonly RolloutRecord[] = [{ rollout, stops: { 'sts-unready': latch }, ledger: [line] }]

  it('lists rollouts, and shows one with its stops and its ledger', async () => {
    const { app } = await openForCommands({ history: () => history })
    expect((await app.inject('/rollouts')).json()).toMatchObject({ rollouts: [{ id: 'caracal/47' }] })
    expect((await app.inject('/rollouts/caracal%2F47')).json()).toMatchObject({
      id: 'caracal/47',
      stops: [{ stopCondition: 'sts-unready', latch: { culprits: ['sts/sts-0'], acknowledged: null } }],
      ledger: [{ sequence: 1, actor: 'ada', reason: null, at: new Date(start).toISOString() }],
    })
  })

  it('is 404 with the known ids for another', async () => {
    const { app } = await openForCommands({ history: () => history })
    const answer = await app.inject('/rollouts/caracal%2F1')
    expect(answer.statusCode).toBe(404)
    expect(answer.json<Problem>().allowed).toEqual(['caracal/47'])
  })
})
