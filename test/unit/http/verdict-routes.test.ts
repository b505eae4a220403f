import { describe, expect, it } from 'vitest'
import type { GateReport } from '../../../src/contract/document.ts'
import type { Problem } from '../../../src/contract/problem.ts'
import { play, start } from './context.ts'
import { openWith } from './opening.ts'

describe('the verdict as a status code', () => {
  it.each([
    ['proceed', '/gates', 200],
    ['hold', '/gates', 200],
    ['stop', '/gates', 200],
    ['nothing', '/gates', 503],
    ['proceed', '/gates/proceed', 200],
    ['hold', '/gates/proceed', 412],
    ['stop', '/gates/proceed', 409],
    ['nothing', '/gates/proceed', 503],
    ['hold', '/gates/proceed?hold=503', 503],
    ['stop', '/gates/proceed?hold=503', 409],
    ['proceed', '/gates/proceed?hold=503', 200],
    ['proceed', '/gates/stop', 412],
    ['hold', '/gates/stop', 412],
    ['stop', '/gates/stop', 200],
    ['nothing', '/gates/stop', 503],
    ['proceed', '/gates/proceed?steady=300s', 412],
    ['proceed', '/gates/proceed?rollout=caracal%2F47', 200],
    ['proceed', '/gates/proceed?rollout=caracal%2F46', 412],
    ['stop', '/gates/proceed?rollout=caracal%2F46', 409],
    ['stop', '/gates/stop?rollout=caracal%2F46', 412],
    ['stop', '/gates/stop?rollout=caracal%2F47', 200],
  ] as const)('on %s, GET and POST %s answer %i', async (state, url, status) => {
    const { app } = await openWith(state)
    for (const method of ['GET', 'POST'] as const) {
      const answer = await app.inject({ method, url })
      expect(answer.statusCode).toBe(status)
      if (status === 503) expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1)
      if (state === 'nothing') continue
      const report = answer.json<GateReport>()
      expect(report.kind).toBe('GateReport')
      expect(answer.headers['x-caracal-verdict']).toBe(report.verdict)
      expect(answer.headers['cache-control']).toBe('no-store')
    }
    const head = await app.inject({ method: 'HEAD', url })
    expect(head.statusCode).toBe(status)
    expect(head.body).toBe('')
  })

  it.each(['application/json', 'text/xml', 'application/x-www-form-urlencoded', undefined])(
    'ignores the body that a hook posts as %s',
    async (type) => {
      const { app } = await openWith('proceed')
      const headers = type === undefined ? {} : { 'content-type': type }
      const answer = await app.inject({
        method: 'POST',
        url: '/gates/proceed',
        headers,
        payload: '{not json',
      })
      expect(answer.statusCode).toBe(200)
    },
  )

  it.each(['/gates', '/gates/proceed', '/gates/stop'])(
    '%s answers with the envelope alone when it is asked to, with the same status',
    async (path) => {
      const { app } = await openWith('stop')
      const whole = await app.inject(`${path}?rollout=caracal%2F46`)
      const short = await app.inject(`${path}?rollout=caracal%2F46&document=envelope`)
      expect(short.statusCode).toBe(whole.statusCode)
      const { apiVersion, verdict, summary, index, evaluatedAt, expiresAt } = whole.json<GateReport>()
      const envelope = { apiVersion, verdict, summary, index, evaluatedAt, expiresAt, kind: 'Envelope' }
      expect(short.json()).toEqual(envelope)
    },
  )

  it('says back what came with the request alone, so that no other answer passes for this one', async () => {
    const { app } = await openWith('proceed')
    for (const [nonce, echoed] of [
      ['0b9f1c2e-47', '0b9f1c2e-47'],
      ['no spaces', undefined],
      ['a'.repeat(65), undefined],
    ]) {
      const answer = await app.inject({ url: '/gates', headers: { 'caracal-nonce': nonce } })
      expect(answer.headers['caracal-nonce']).toBe(echoed)
    }
    expect((await app.inject('/gates')).headers).not.toHaveProperty('caracal-nonce')
  })

  it('Law 9: lets nothing proceed and nothing roll back once the evaluation has expired', async () => {
    const late = { clock: { now: () => start + 64_001 } }
    const proceeding = await openWith('proceed', late)
    expect((await proceeding.app.inject('/gates/proceed')).statusCode).toBe(412)
    const answer = await proceeding.app.inject('/gates')
    expect(answer.json<GateReport>()).toMatchObject({ verdict: 'hold', blocking: [{ reason: 'expired' }] })
    const stopping = await openWith('stop', late)
    expect((await stopping.app.inject('/gates/proceed')).statusCode).toBe(409)
    expect((await stopping.app.inject('/gates/stop')).statusCode).toBe(412)
  })

  it('answers 400 for a parameter that is not valid, naming it, its value and what is allowed', async () => {
    const { app } = await openWith('proceed')
    const answer = await app.inject('/gates?wait=2h&stedy=5s')
    expect(answer.statusCode).toBe(400)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.json<Problem>()).toMatchObject({
      status: 400,
      faults: [
        { parameter: 'wait', value: '2h' },
        { parameter: 'stedy', value: '5s' },
      ],
    })
  })
})

describe('a part of the document', () => {
  it('is the gate, the stop condition, or the list of those', async () => {
    const { app } = await openWith('stop')
    expect((await app.inject('/gates/readiness')).json()).toMatchObject({
      kind: 'Gate',
      verdict: 'stop',
      gate: { id: 'readiness', state: 'pass' },
    })
    expect((await app.inject('/stop-conditions/audit-dlq-growing')).json()).toMatchObject({
      kind: 'StopCondition',
      stopCondition: { id: 'audit-dlq-growing', state: 'firing' },
    })
    const list = (await app.inject('/stop-conditions')).json<{ stopConditions: readonly unknown[] }>()
    expect(list.stopConditions).toHaveLength(3)
  })

  it.each([
    ['/gates/nonsense', ['readiness', 'source-verification']],
    ['/stop-conditions/nonsense', ['audit-dlq-growing', 'replay-backlog-aging', 'sts-unready']],
  ])('%s is 404 with the valid ids', async (url, allowed) => {
    const { app } = await openWith('proceed')
    const answer = await app.inject(url)
    expect(answer.statusCode).toBe(404)
    expect(answer.json<Problem>().allowed).toEqual(allowed)
  })

  it.each(['/gates/readiness', '/stop-conditions', '/stop-conditions/sts-unready'])(
    '%s is 503 before anything was evaluated',
    async (url) => {
      const { app } = await openWith('nothing')
      expect((await app.inject(url)).statusCode).toBe(503)
    },
  )
})

describe('the ETag', () => {
  it('saves the document on /gates, and never stands in for a verdict elsewhere', async () => {
    const { app } = await openWith('hold')
    const { etag } = (await app.inject('/gates')).headers
    const headers = { 'if-none-match': String(etag) }
    const unchanged = await app.inject({ url: '/gates', headers })
    expect(unchanged.statusCode).toBe(304)
    expect(unchanged.headers['caracal-expires-at']).toBe(new Date(start + 63_000).toISOString())
    expect((await app.inject({ url: '/gates/proceed', headers })).statusCode).toBe(412)
    expect((await app.inject({ method: 'POST', url: '/gates', headers })).statusCode).toBe(200)
  })

  it('is the same while only numbers and times move', async () => {
    const { app, board, rules } = await openWith('proceed')
    const before = (await app.inject('/gates')).headers.etag
    const current = board.current()
    if (current === undefined) throw new Error('no snapshot')
    board.post(play(rules, 1, current))
    expect((await app.inject('/gates')).headers.etag).toBe(before)
  })

  it('differs when a demand of the request changes the answer', async () => {
    const { app } = await openWith('proceed')
    const plain = (await app.inject('/gates')).headers.etag
    expect((await app.inject('/gates?steady=300s')).headers.etag).not.toBe(plain)
    expect((await app.inject('/gates?steady=20s')).headers.etag).toBe(plain)
  })
})
