import { describe, expect, it } from 'vitest'
import type { Problem } from '../../../src/contract/problem.ts'
import { finding, handMadeRules, play } from './context.ts'
import { open, openWith } from './opening.ts'

describe('paths and methods', () => {
  it.each([
    ['DELETE', '/gates', 'GET, HEAD, POST'],
    ['PUT', '/gates/proceed', 'GET, HEAD, POST'],
    ['POST', '/gates/readiness', 'GET, HEAD'],
    ['POST', '/metrics', 'GET, HEAD'],
    ['GET', '/acknowledgements', 'POST'],
    ['HEAD', '/acknowledgements', 'POST'],
    ['PATCH', '/rollouts', 'GET, HEAD, POST'],
  ] as const)('%s %s is 405 and names %s', async (method, url, allow) => {
    const { app } = await openWith('proceed')
    const answer = await app.inject({ method, url, payload: 'x', headers: { 'content-type': 'text/xml' } })
    expect(answer.statusCode).toBe(405)
    expect(answer.headers.allow).toBe(allow)
  })

  it('answers 404 as a problem for a path that does not exist', async () => {
    const { app } = await openWith('proceed')
    const answer = await app.inject('/nothing/here')
    expect(answer.statusCode).toBe(404)
    expect(answer.json<Problem>().allowed).toContain('/gates')
  })

  it('needs a token to read when reading is closed, except for its own health', async () => {
    const closed = () => ({ ok: false, status: 401, detail: 'reading needs a token' }) as const
    const { app } = await openWith('proceed', { authorise: closed })
    for (const url of ['/gates', '/gates/proceed', '/metrics', '/config', '/stop-conditions']) {
      const answer = await app.inject(url)
      expect(answer.statusCode).toBe(401)
      expect(answer.headers['www-authenticate']).toContain('Bearer')
    }
    expect((await app.inject('/healthz')).statusCode).toBe(200)
    expect((await app.inject('/readyz')).statusCode).toBe(200)
  })

  it('says nothing about a fault of its own but that there was one', async () => {
    const faults: unknown[] = []
    const { app } = await openWith('proceed', {
      config: () => {
        throw new Error('postgres://secret')
      },
      onFault: (fault) => faults.push(fault),
    })
    const answer = await app.inject('/config')
    expect(answer.statusCode).toBe(500)
    expect(answer.body).not.toContain('secret')
    expect(faults).toHaveLength(1)
  })

  it('keeps text from a target as data', async () => {
    const html = '<script>alert(1)</script>'
    const rules = handMadeRules(
      new Map([['ready-sts', finding('unmet', { key: html, message: html, reason: html })]]),
    )
    const { app } = await open(play(rules, 1), rules)
    const answer = await app.inject('/gates')
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
  })
})
