import { describe, expect, expectTypeOf, it } from 'vitest'
import { readAnswer, type Demands } from '../../../src/cli/answer.ts'
import { exitCodeOf } from '../../../src/cli/decision.ts'
import type { Report } from '../../../src/cli/document.ts'
import type { NoReply, Reply } from '../../../src/cli/http.ts'
import type { GateReport } from '../../../src/contract/document.ts'
import {
  at,
  blocker,
  check,
  evaluatedAt,
  gate,
  held,
  refusal,
  reply,
  report,
  stop,
  stopped,
} from './reports.ts'

function codeOf(given: Reply | NoReply, demands: Demands = {}): number {
  return exitCodeOf(readAnswer(given, demands), demands)
}

function messageOf(given: Reply | NoReply, demands: Demands = {}): string {
  const answer = readAnswer(given, demands)
  return answer.kind === 'valid' ? 'valid' : answer.message
}

type Row = readonly [name: string, code: number, reply: Reply | NoReply, demands?: Demands]

const html = '<!doctype html><title>Sign in</title>'
const latch = {
  at: at(-5),
  reason: 'dead_rows',
  message: 'dead',
  culprits: [],
  preexisting: false,
  acknowledged: null,
}
const expected = { images: { api: 'api:2' }, revision: '48' }
const demanded = { ...expected, digests: {}, chart: null, appVersion: null }
const acknowledged = { ...latch, acknowledged: { actor: 'ann', reason: 'known', at: at(-1) } }

const rows: readonly Row[] = [
  ['proceed', 0, reply(report())],
  ['hold', 3, reply(held())],
  ['stop', 4, reply(stopped())],
  ['proceed for the rollout that is meant', 0, reply(report()), { rollout: 'caracal/47' }],
  ['proceed for another rollout', 7, reply(report()), { rollout: 'caracal/46' }],
  ['stop of another rollout', 7, reply(stopped()), { rollout: 'caracal/46' }],
  ['a rollout that the exporter says is superseded', 7, reply(report({ superseded: true }))],
  ['proceed that has stood long enough', 0, reply(report()), { steady: 90_000 }],
  ['proceed that has not stood long enough for the request', 3, reply(report()), { steady: 91_000 }],
  ['proceed that has not stood long enough for itself', 3, reply(report({ steadySeconds: 29 }))],
  ['an acknowledged latch', 0, reply(report({ stopConditions: [stop('x', { latch: acknowledged })] }))],
  [
    'a gate and a stop that are switched off',
    0,
    reply(
      report({
        gates: [
          gate('readiness', [check('a')]),
          { ...gate('b', [check('c', { state: 'skipped' })]), required: false },
        ],
        stopConditions: [stop('x', { state: 'skipped' })],
      }),
    ),
  ],
  ['proceed about what must have arrived', 0, reply(report({ demanded })), { expected }],
  ['proceed that does not say that it is about what must have arrived', 5, reply(report()), { expected }],
  [
    'proceed about something else that must have arrived',
    5,
    reply(report({ demanded: { ...demanded, images: { api: 'api:1' } } })),
    { expected },
  ],
  [
    'proceed about the phase that was asked about',
    0,
    reply(report({ askedPhase: 'preflight' })),
    { phase: 'preflight' },
  ],
  ['proceed that does not say which phase it is about', 5, reply(report()), { phase: 'preflight' }],
  ['proceed about a phase that nobody asked about', 5, reply(report({ askedPhase: 'preflight' }))],
  ['additional fields', 0, reply({ ...report(), attestation: { digest: 'x' } })],

  ['law 9: an expired document', 5, reply(report(), { age: 4 })],
  ['law 9: an expired hold', 5, reply(held(), { age: 4 })],
  ['law 9: an expired stop', 5, reply(stopped(), { age: 4 })],
  ['a document that expired on its way', 5, reply(report(), { age: 2, took: 1_001 })],
  ['a document that is just not too old', 0, reply(report(), { age: 2, took: 1_000 })],
  ['a document that a cache has kept', 5, reply(report(), { headers: { age: '4' } })],
  ['a cache with an age that is no number', 5, reply(report(), { headers: { age: 'old' } })],
  ['a negative age makes nothing younger', 5, reply(report(), { age: 4, headers: { age: '-100' } })],
  ['older than the request allows', 5, reply(report(), { age: 2 }), { maxAge: 1_000 }],
  ['as young as the request allows', 0, reply(report(), { age: 1 }), { maxAge: 1_500 }],
  ['no Date', 5, reply(report(), { headers: { date: undefined } })],
  ['a Date that is none', 5, reply(report(), { headers: { date: 'yesterday' } })],
  ['sent before it was evaluated', 5, reply(report(), { age: -10 })],
  ['expiring before it was evaluated', 5, reply(report({ expiresAt: at(-1) }))],

  ['an unknown verdict', 5, reply({ ...report(), verdict: 'maybe' })],
  ['a verdict in capitals', 5, reply({ ...report(), verdict: 'PROCEED' })],
  ['an older apiVersion', 5, reply({ ...report(), apiVersion: 'gates.caracal.run/v0' })],
  ['a newer apiVersion', 5, reply({ ...report(), apiVersion: 'gates.caracal.run/v2' })],
  ['no apiVersion', 5, reply({ verdict: 'proceed' })],
  ['proceed over a failing gate', 5, reply(report({ gates: held().gates }))],
  [
    'proceed over a gate in an unknown state',
    5,
    reply({ ...report(), gates: [{ ...gate('a', []), state: 'fine' }] }),
  ],
  ['proceed without a gate', 5, reply(report({ gates: [] }))],
  ['proceed over a firing stop', 5, reply(report({ stopConditions: stopped().stopConditions }))],
  ['proceed over a latch', 5, reply(report({ stopConditions: [stop('x', { latch })] }))],
  [
    'proceed over a blocker',
    5,
    reply(report({ blocking: [blocker('evaluator/memory', 'unknown', 'lost')] })),
  ],

  ['a web page with 200', 5, reply('', { body: html })],
  ['an empty body', 5, reply('', { body: '' })],
  ['half a document', 5, reply('', { body: JSON.stringify(report()).slice(0, -20) })],
  ['JSON of another kind', 5, reply(['proceed'])],
  ['null', 5, reply(null)],
  ['the verdict as text', 5, reply('proceed')],
  ['deeply nested brackets', 5, reply('', { body: '['.repeat(200_000) })],
  ['a compressed body', 5, reply(report(), { headers: { 'content-encoding': 'gzip' } })],

  ...[201, 204, 301, 302, 304, 307, 400, 401, 403, 404, 409, 412, 429, 500, 502, 503, 504].map(
    (status): Row => [`status ${status} with the document`, 5, reply(report(), { status })],
  ),
  ['nobody there', 5, { reason: 'unreachable', message: 'connection refused' }],
  ['no answer in time', 5, { reason: 'timeout', message: 'no whole answer' }],
]

describe('the exit code', () => {
  for (const [name, code, given, asked] of rows)
    it(`of ${name} is ${code}`, () => {
      expect(codeOf(given, asked)).toBe(code)
    })

  it('does not depend on the difference between our clock and the server’s', () => {
    // Nothing of our wall clock goes in: the document is of another day than this test is run.
    expect(Math.abs(Date.now() - evaluatedAt)).toBeGreaterThan(1_000)
    expect(codeOf(reply(report()))).toBe(0)
  })

  it('says in one sentence what is wrong and what to do', () => {
    expect(messageOf(reply('', { body: html }))).toMatch(/^the answer is a web page: something else/)
    expect(messageOf(refusal(401, 'no'))).toContain('--token-file')
    expect(messageOf(refusal(403, 'no'))).toContain('CARACAL_GATE_TOKEN')
    expect(messageOf(refusal(503, 'nothing \u001b[2Jyet'))).toMatch(/503: nothing +\[2Jyet/)
    expect(messageOf(reply({ ...report(), apiVersion: 'gates.caracal.run/v2' }))).toContain(
      'gates.caracal.run/v2',
    )
    expect(messageOf(reply(report(), { age: 4 }))).toContain('good for 3 s')
    expect(messageOf(reply(report(), { age: 2 }), { maxAge: 1_000 })).toContain('--max-age')
    expect(messageOf(reply({ ...report(), gates: {} }))).toContain('gates is not a list')
  })

  it('tells what waiting may heal from what somebody has to fix', () => {
    const lasting = (given: Reply | NoReply) => {
      const answer = readAnswer(given, {})
      return answer.kind === 'cannot-tell' && answer.lasting
    }
    for (const status of [301, 400, 401, 403, 404]) expect(lasting(reply('', { status }))).toBe(true)
    for (const status of [429, 500, 502, 503, 504]) expect(lasting(reply('', { status }))).toBe(false)
    expect(lasting(reply('', { body: html }))).toBe(true)
    expect(lasting(reply(report(), { age: 4 }))).toBe(false)
    expect(lasting({ reason: 'unreachable', message: '' })).toBe(false)
    expect(lasting({ reason: 'untrusted', message: '' })).toBe(true)
  })
})

/** What the command line reads, as it is on the wire: a time in milliseconds there is text here. */
type OnTheWire<Value> = Value extends number
  ? number | string
  : { readonly [Key in keyof Value]: OnTheWire<Value[Key]> }

describe('the part of the document that is read', () => {
  it('is in the contract', () => {
    // Held by the type checker: a field that the contract renames or drops does not compile here.
    expectTypeOf<GateReport>().toExtend<OnTheWire<Report>>()
  })
})
