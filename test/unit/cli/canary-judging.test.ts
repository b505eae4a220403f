import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Said } from '../../../src/cli/canary/asking.ts'
import {
  deniesRevoked,
  judgeCall,
  judgeDenial,
  judgeExchange,
  judgeRevocation,
} from '../../../src/cli/canary/judging.ts'
import { found, nextStepOf, passed, reasons, type Finding } from '../../../src/cli/canary/reasons.ts'
import { ofBoth, triesWithin } from '../../../src/cli/canary/revoking.ts'

function said(status: number, body: unknown, more: Partial<Said> = {}): Said {
  return {
    status,
    headers: {},
    ahead: 0,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...more,
  }
}
const refusal = (status: number, error: string, error_description: string, ahead = 0) =>
  said(status, { error, error_description, requestId: 'x' }, { ahead })
const denied = (reason: string) => refusal(403, 'access_denied', `policy denied (${reason})`)
const proxied = (status: number) =>
  said(status, 'hello', { headers: { 'x-caracal-token-expires-in': '290' } })

/** What a request that must be allowed may be answered with, beside yes. */
const answers: readonly (readonly [
  words: string,
  answer: Said | Finding,
  outcome: string,
  reason: string,
])[] = [
  ['a bundle that was refused', denied('no_active_policy_set'), 'fail', 'policy_bundle_refused'],
  // Answers of the platform's own services 1.0.0, as they came.
  [
    'a bundle that a restarted STS could not load',
    refusal(503, 'policy_eval_failed', 'policy evaluation unavailable'),
    'fail',
    'policy_bundle_refused',
  ],
  [
    'an operation that is not declared',
    refusal(
      403,
      'operation_not_permitted',
      'operation GET /v1/hello is not declared on resource resource://canary; declare it on the resource or set operation_enforcement to transport_uniform',
    ),
    'fail',
    'operation_not_declared',
  ],
  [
    'an upstream that is down',
    refusal(502, 'internal_error', 'upstream unreachable'),
    'fail',
    'upstream_failed',
  ],
  ['a policy that denies', denied('role_scope_mismatch'), 'fail', 'policy_denied'],
  [
    'more tokens than the zone takes in a minute',
    refusal(403, 'access_denied', 'policy denied'),
    'unknown',
    'denied_without_reason',
  ],
  ['an old secret', refusal(401, 'access_denied', 'invalid client credentials'), 'fail', 'identity_refused'],
  ['another zone', refusal(403, 'zone_invalid', 'application is registered in zone b'), 'fail', 'zone_wrong'],
  ['a hold', refusal(401, 'interaction_required', 'Human approval required'), 'fail', 'approval_required'],
  ['a broken service', refusal(503, 'sts_unavailable', 'sts unavailable'), 'fail', 'service_failed'],
  ['too many requests', refusal(429, 'provider_rate_limited', 'slow'), 'unknown', 'rate_limited'],
  [
    'an early expiry',
    refusal(401, 'credential_expired_not_renewable', 'expiring'),
    'fail',
    'credential_expired',
  ],
  [
    'a clock that is ahead',
    refusal(401, 'credential_expired_not_renewable', 'x', 90_000),
    'fail',
    'clock_skew',
  ],
  ['a clock that is behind', refusal(401, 'invalid_token', 'bad signature', -40_000), 'fail', 'clock_skew'],
  ['any other refusal', refusal(401, 'invalid_token', 'token replay detected'), 'fail', 'refused'],
  ['a page', said(200, '<html>welcome'), 'unknown', 'answer_unclear'],
  ['nothing of the platform', said(200, {}), 'unknown', 'answer_unclear'],
  ['no answer', found('request_lost', 'no whole answer within 5 s'), 'unknown', 'request_lost'],
]

describe('what a request that must be allowed is answered with', () => {
  it('R212 is the token, or a call that was let through, and nothing else', () => {
    const token = judgeExchange(said(200, { access_token: 'a.b.c' }))
    expect(token).toMatchObject({ outcome: 'pass', reason: 'as_expected', token: 'a.b.c' })
    expect(judgeExchange(said(200, { access_token: 'two words' }))).toMatchObject({ outcome: 'unknown' })
    expect(judgeCall(proxied(204))).toMatchObject({ outcome: 'pass' })
    expect(judgeCall(proxied(502))).toMatchObject({ outcome: 'fail', reason: 'upstream_failed' })
  })

  it.each(answers)('R212 R251 never passes by %s', (_, answer, outcome, reason) => {
    for (const judge of [judgeExchange, judgeCall]) expect(judge(answer)).toMatchObject({ outcome, reason })
  })
})

describe('what a request that must be denied is answered with', () => {
  it('R211 passes by its own reason alone', () => {
    const judge = (answer: Said | Finding, wasAllowed = false) =>
      judgeDenial(answer, 'no_rule_matched', wasAllowed)
    expect(judge(denied('no_rule_matched'))).toMatchObject({ outcome: 'pass' })
    expect(judge(denied('restriction_active'))).toMatchObject({ outcome: 'fail', reason: 'denied_otherwise' })
    expect(judge(refusal(403, 'access_denied', 'policy denied'))).toMatchObject({
      outcome: 'unknown',
      reason: 'denied_without_reason',
    })
    expect(judge(said(200, { access_token: 'a.b.c' }), true)).toMatchObject({
      outcome: 'fail',
      reason: 'not_denied',
    })
    // A reason of another kind than those of policies.
    const operation = refusal(403, 'operation_not_permitted', 'operation GET / is not declared')
    expect(judgeDenial(operation, 'operation_not_permitted', false)).toMatchObject({ outcome: 'pass' })
  })

  it.each(answers.filter(([, , , reason]) => !['policy_denied', 'refused'].includes(reason)))(
    'R211 is not denied by %s',
    (_, answer, outcome) => {
      const finding = judgeDenial(answer, 'no_rule_matched', false)
      expect(finding.outcome).not.toBe('pass')
      if (outcome === 'unknown') expect(finding.outcome).toBe('unknown')
    },
  )
})

describe('a revocation', () => {
  const limits = { after: 1_250, within: 10_000 }

  it('R214 is seen where the Gateway denies by itself, and not where STS does it for it', () => {
    expect(deniesRevoked(refusal(401, 'invalid_token', 'session revoked'))).toBe(true)
    const bySts = [
      refusal(403, 'access_denied', 'delegation edge inactive or expired'),
      refusal(401, 'invalid_token', 'invalid subject_token'),
      proxied(200),
    ]
    for (const answer of bySts) {
      expect(deniesRevoked(answer)).toBe(false)
      expect(judgeRevocation(answer, limits)).toMatchObject({
        outcome: 'fail',
        reason: 'revocation_not_seen',
      })
    }
    expect(judgeRevocation(refusal(401, 'invalid_token', 'session revoked'), limits).message).toContain(
      '1.3 s',
    )
  })

  it('R253 is proven by two that were seen within the time between two snapshots', () => {
    const passing = passed('the revocation was seen')
    const of = (...span: readonly [number, number]) => ({ finding: passing, span })
    expect(ofBoth(of(1_000, 11_000), of(12_000, 30_999))).toMatchObject({ outcome: 'pass' })
    expect(ofBoth(of(1_000, 2_000), of(12_000, 31_000))).toMatchObject({
      outcome: 'unknown',
      reason: 'revocation_unproven',
    })
    const lost = { finding: found('request_lost', 'no whole answer'), span: [0, 0] as const }
    expect(ofBoth(of(1_000, 2_000), lost)).toMatchObject({ outcome: 'unknown', reason: 'request_lost' })
  })

  it('R250 is not judged by a Gateway that lets nothing through, and fails by that', () => {
    const answer = refusal(503, 'sts_unavailable', 'revocation state unavailable')
    expect(deniesRevoked(answer)).toBe(false)
    expect(judgeRevocation(answer, limits)).toMatchObject({ outcome: 'fail', reason: 'service_failed' })
  })

  it('R250 is not judged by an answer of something else, such as one of the Gateway itself', () => {
    expect(judgeRevocation(said(200, ''), limits)).toMatchObject({
      outcome: 'unknown',
      reason: 'answer_unclear',
    })
  })

  it('R212 is unknown where nothing was answered or tried', () => {
    expect(judgeRevocation(found('request_lost', 'x'), limits)).toMatchObject({ outcome: 'unknown' })
    expect(judgeRevocation(undefined, limits)).toMatchObject({ outcome: 'unknown', reason: 'no_token' })
  })

  it('is tried until its limit, more and more seldom, and no more than thirty times', () => {
    expect(triesWithin(1_000)).toEqual([250, 750, 1_000])
    for (const within of [1_000, 10_000, 300_000]) {
      const tries = triesWithin(within)
      expect(tries.at(-1)).toBe(within)
      expect(tries.length).toBeLessThanOrEqual(30)
      expect(tries).toEqual(tries.toSorted((a, b) => a - b))
    }
  })
})

describe('reasons', () => {
  it('have a next step each, and none of them passes', () => {
    for (const [reason, [outcome, nextStep]] of Object.entries(reasons)) {
      expect(outcome).not.toBe('pass')
      expect(nextStep.length).toBeGreaterThan(20)
      expect(nextStepOf(reason as keyof typeof reasons)).toBe(nextStep)
    }
    expect(nextStepOf('as_expected')).toBe('')
  })

  it('are all in the documentation, with the outcome and the next step', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../../docs/use/canary.md'), 'utf8')
    const rows = [...page.matchAll(/^\| `(\w+)` +\| (\w+) +\| (.*?) +\|$/gm)].map(([, ...cells]) => cells)
    expect(rows).toEqual([
      ['as_expected', 'pass', 'nothing'],
      ...Object.entries(reasons).map(([reason, words]) => [reason, ...words]),
    ])
  })
})
