import { describe, expect, it } from 'vitest'
import type { HttpAnswer } from '../../../src/connections/http.ts'
import { readinessReasons } from '../../../src/rules/readiness-reasons.ts'
import { readinessOf } from '../../../src/probes/ready-answers.ts'

function answer(status: number, body: unknown, contentType = 'application/json'): HttpAnswer {
  return { status, contentType, body: typeof body === 'string' ? body : JSON.stringify(body) }
}

function judge(status: number, body: unknown, contentType?: string) {
  return readinessOf(answer(status, body, contentType), '/ready of x/x-1')
}

describe('what an answer of /ready proves', () => {
  it.each([
    ['API and Coordinator', { ok: true }],
    ['STS and Gateway', { ok: true, ready: true }],
    ['Audit', { ready: true }],
    ['Web', { status: 'ready' }],
  ])('ready, in the shape of %s', (_, body) => {
    expect(judge(200, body)).toEqual({ ready: 1 })
  })

  it.each(
    Object.keys(readinessReasons).filter((reason) => reason !== 'draining' && reason !== 'unavailable'),
  )('not ready because of %s, in both shapes', (reason) => {
    expect(judge(503, { ok: false, ready: false, reason })).toEqual({ ready: 0, reason, detail: reason })
    expect(judge(503, { ok: false, error: reason, dependency: 'x', deadCount: 3, limit: 0 })).toEqual({
      ready: 0,
      reason,
      detail: reason,
    })
  })

  it.each([
    [{ ok: false, draining: true }, 'draining'],
    [{ status: 'draining' }, 'draining'],
    [{ status: 'unavailable' }, 'unavailable'],
    [{ ok: false }, 'other: no reason given'],
    [{ ok: false, error: 'disk_on_fire' }, 'other: disk_on_fire'],
    [{ ready: false, reason: 'a\u001b[31m\nb\u202e' }, 'other: a [31m b'],
    [{ ready: false, reason: { deep: true } }, 'other: no reason given'],
  ])('T36: not ready, from %j', (body, detail) => {
    const reason = detail.startsWith('other: ') ? 'other' : detail
    expect(judge(503, body)).toEqual({ ready: 0, reason, detail })
  })

  it('keeps an unknown reason to a bounded length', () => {
    const judged = judge(503, { ready: false, reason: 'x'.repeat(60_000) })

    expect('detail' in judged && judged.detail.length).toBe('other: '.length + 100)
  })

  it.each([
    [{ error: 'internal_error', error_description: 'x', requestId: 'req-1' }],
    ['Internal Server Error'],
    [''],
  ])('T33: 500 is not ready, because it is what Node services answer without Redis: %j', (body) => {
    expect(judge(500, body)).toEqual({ ready: 0, reason: 'internal_error', detail: 'internal_error' })
  })

  it.each([
    ['T34', 429, { error: 'rate_limited' }, 'throttled', 'rate_limited'],
    ['', 401, 'unauthorized', 'unauthorized', 'unauthorized'],
    ['', 403, {}, 'unauthorized', 'forbidden'],
    ['', 301, '', 'malformed', 'redirected'],
    ['', 304, '', 'malformed', 'redirected'],
    ['', 404, { ok: true }, 'malformed', 'not_found'],
    ['', 204, '', 'malformed', 'unexpected_status'],
    ['', 502, { ok: false }, 'malformed', 'unexpected_status'],
    ['', 201, { ok: true, ready: true }, 'malformed', 'unexpected_status'],
    ['', 200, '', 'malformed', 'invalid_json'],
    ['', 200, 'OK', 'malformed', 'invalid_json'],
    ['', 200, '{"ok":tr', 'malformed', 'invalid_json'],
    ['', 200, '['.repeat(60_000), 'malformed', 'invalid_json'],
    ['', 200, [{ ok: true }], 'malformed', 'invalid_json'],
    ['', 200, 'null', 'malformed', 'invalid_json'],
    ['', 200, {}, 'malformed', 'readiness_not_stated'],
    ['', 200, { ok: 'true' }, 'malformed', 'readiness_not_stated'],
    ['', 200, { ok: 1 }, 'malformed', 'readiness_not_stated'],
    ['', 200, { status: 'ok', service: 'caracal-auth' }, 'malformed', 'readiness_not_stated'],
    ['', 503, { message: 'no healthy upstream' }, 'malformed', 'readiness_not_stated'],
    ['', 503, { error: 'upstream unavailable' }, 'malformed', 'readiness_not_stated'],
    ['', 200, { ok: true, ready: false }, 'contradictory', 'contradictory'],
    ['', 200, { ok: false }, 'contradictory', 'contradictory'],
    ['', 200, { ok: true, draining: true }, 'contradictory', 'contradictory'],
    ['', 200, { ok: true, error: 'redis_unreachable' }, 'contradictory', 'contradictory'],
    ['', 200, { status: 'unavailable' }, 'contradictory', 'contradictory'],
    ['', 503, { ok: true }, 'contradictory', 'contradictory'],
    ['', 503, { ok: false, ready: true }, 'contradictory', 'contradictory'],
  ])('%s %i with %j proves nothing: %s, %s', (_, status, body, unknownReason, reason) => {
    expect(judge(status, body)).toMatchObject({ unknownReason, reason })
  })

  it.each([
    [200, '<!doctype html><html></html>', 'text/html; charset=utf-8'],
    [200, '  <html>{"ok":true}</html>', 'application/json'],
    [200, '{"ok":true}', 'text/html'],
    [503, '<h1>503 Service Unavailable</h1>', 'text/html'],
  ])('T43: a web page with %i is neither ready nor not ready', (status, body, contentType) => {
    expect(judge(status, body, contentType)).toMatchObject({ unknownReason: 'malformed', reason: 'html' })
  })
})
