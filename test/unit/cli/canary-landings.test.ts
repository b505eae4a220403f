import { describe, expect, it } from 'vitest'
import type { Said } from '../../../src/cli/canary/asking.ts'
import type { Attempt } from '../../../src/cli/canary/entries.ts'
import { eventsIn } from '../../../src/cli/canary/judging.ts'
import { fewOf } from '../../../src/cli/canary/auditing.ts'
import { judgeLandings, type Landing } from '../../../src/cli/canary/landings.ts'
import { found } from '../../../src/cli/canary/reasons.ts'

const answered = (status: number, body: unknown): Said => ({
  status,
  headers: {},
  ahead: 0,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

describe('the audit events of a run', () => {
  const attempt = (component: 'sts' | 'gateway', replica: string): Attempt => ({
    component,
    replica,
    requestId: `id-of-${replica}`,
    type: component === 'sts' ? 'token_exchange' : 'gateway_resource_request',
    decision: 'allow',
  })
  const landing = (one: Attempt, more: Partial<Landing>): Landing => ({ attempt: one, events: [], ...more })
  const event = (event_type: string, decision: string) => ({ event_type, decision })
  const a = attempt('sts', 'a')
  const g = attempt('gateway', 'g')
  const judge = (...landings: readonly Landing[]) =>
    judgeLandings(landings, [a, g], { within: 10_000 }).map(({ replica, outcome, reason }) => [
      replica,
      outcome,
      reason,
    ])
  const landed = landing(a, { at: 900, events: [event('token_exchange', 'allow')] })

  it('R215 pass for each replica whose events all landed, and for the ingestion', () => {
    const other = landing(g, { at: 1_000, events: [event('gateway_resource_request', 'allow')] })
    expect(judge(landed, other)).toEqual([
      ['a', 'pass', 'as_expected'],
      ['g', 'pass', 'as_expected'],
      ['audit-ingestor', 'pass', 'as_expected'],
    ])
  })

  it.each<readonly [string, Partial<Landing>, string, string]>([
    ['missing', {}, 'fail', 'audit_missing'],
    // STS audits the same request.
    ['missing beside one of STS', { events: [event('token_exchange', 'allow')] }, 'fail', 'audit_missing'],
    ['late', { at: 12_000, events: [event('gateway_resource_request', 'allow')] }, 'fail', 'audit_late'],
    ['contradicting', { events: [event('gateway_resource_request', 'deny')] }, 'fail', 'audit_contradicts'],
    ['unreadable', { events: found('audit_unreadable', 'x') }, 'unknown', 'audit_unreadable'],
  ])('R215 blame the replica whose event is %s', (_, more, outcome, reason) => {
    expect(judge(landed, landing(g, more))).toEqual([
      ['a', 'pass', 'as_expected'],
      ['g', outcome, reason],
      ['audit-ingestor', 'pass', 'as_expected'],
    ])
  })

  it('R215 blame the ingestion, and no replica, where none landed', () => {
    expect(judge(landing(a, {}), landing(g, {}))).toEqual([
      ['a', 'unknown', 'not_audited'],
      ['g', 'unknown', 'not_audited'],
      ['audit-ingestor', 'fail', 'audit_ingestion_dead'],
    ])
  })

  it('R215 prove nothing where no request was answered', () => {
    expect(new Set(judge().map(([, outcome]) => outcome))).toEqual(new Set(['unknown']))
  })

  it('are looked for in a few while none has landed, in others each time, and then in all', () => {
    const many = Array.from({ length: 100 }, (_, index) => landing(attempt('gateway', `g${index}`), {}))
    const turns = Array.from({ length: 13 }, (_, turn) => fewOf(many, turn))
    expect(Math.max(...turns.map(({ length }) => length))).toBeLessThanOrEqual(8)
    expect(new Set(turns.flat()).size).toBe(100)
    expect(fewOf([landed, ...many], 3)).toEqual(many)
    expect(fewOf(many.slice(0, 3), 7)).toHaveLength(3)
  })

  it('are read from what the API shows, and are unreadable in any other form', () => {
    expect(eventsIn(answered(404, { error: 'request_not_found' }))).toEqual([])
    expect(eventsIn(answered(200, [event('token_exchange', 'allow'), null, 7]))).toEqual([
      event('token_exchange', 'allow'),
    ])
    for (const answer of [
      answered(200, '<html>'),
      answered(401, { error: 'invalid_admin_token' }),
      answered(404, 'no'),
    ])
      expect(eventsIn(answer)).toMatchObject({ reason: 'audit_unreadable' })
    expect(eventsIn(answered(429, { error: 'rate_limited' }))).toMatchObject({
      outcome: 'unknown',
      reason: 'rate_limited',
    })
  })
})
