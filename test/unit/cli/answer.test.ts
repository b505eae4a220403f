import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAnswer, type Demands } from '../../../src/cli/answer.ts'
import { exitCodeOf } from '../../../src/cli/decision.ts'
import type { NoReply, Reply } from '../../../src/cli/http.ts'
import type { GateReport } from '../../../src/publish/contract.ts'
import { at, blocker, check, evaluatedAt, gate, held, reply, report, stop, stopped } from './reports.ts'

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
    expect(messageOf(reply(report(), { status: 401 }))).toContain('--token-file')
    expect(messageOf(reply(report(), { status: 403 }))).toContain('CARACAL_GATE_TOKEN')
    expect(messageOf(reply({ detail: 'nothing \u001b[2Jyet' }, { status: 503 }))).toMatch(
      /503: nothing +\[2Jyet/,
    )
    expect(messageOf(reply({ ...report(), apiVersion: 'gates.caracal.run/v2' }))).toContain(
      'gates.caracal.run/v2',
    )
    expect(messageOf(reply(report(), { age: 4 }))).toContain('good for 3 s')
    expect(messageOf(reply(report(), { age: 2 }), { maxAge: 1_000 })).toContain('--max-age')
    expect(messageOf(reply({ ...report(), gates: {} }))).toContain('gates is not a list')
  })

  it('tells what waiting may heal from what somebody has to mend', () => {
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

/** Everything that has to be true before a pipeline may go on, said once more and in another way. */
function mayProceed(given: Reply, { rollout, steady = 0, maxAge = Infinity }: Demands): boolean {
  const document = JSON.parse(given.body) as GateReport
  const life = Date.parse(document.expiresAt) - Date.parse(document.evaluatedAt)
  const age = Date.parse(given.headers['date'] ?? '') - Date.parse(document.evaluatedAt) + given.took
  return (
    given.status === 200 &&
    document.apiVersion === 'gates.caracal.run/v1' &&
    document.verdict === 'proceed' &&
    !document.superseded &&
    (rollout === undefined || document.rollout.id === rollout) &&
    document.steadySeconds * 1_000 >= steady &&
    document.steadySeconds >= document.requiredSteadySeconds &&
    age <= Math.min(life, maxAge) &&
    document.blocking.length === 0 &&
    document.gates.every(({ state, required }) => !required || state === 'pass' || state === 'skipped') &&
    document.stopConditions.every(({ state }) => state === 'clear' || state === 'skipped')
  )
}

const documents = fc.constantFrom(report(), held(), stopped(), report({ steadySeconds: 30 }))
const demands = fc.record(
  {
    rollout: fc.constantFrom('caracal/47', 'caracal/48'),
    steady: fc.integer({ min: 1, max: 200 }).map((seconds) => seconds * 1_000),
    maxAge: fc.integer({ min: 1, max: 10_000 }),
  },
  { requiredKeys: [] },
)
const transport = fc.record(
  {
    status: fc.constantFrom(200, 200, 200, 200, 201, 302, 401, 404, 412, 500, 503),
    age: fc.constantFrom(0, 0, 1, 2, 3, 4, 60, -5),
    took: fc.constantFrom(0, 20, 900, 5_000),
  },
  { requiredKeys: [] },
)
const words = [
  'proceed',
  'hold',
  'stop',
  'pass',
  'clear',
  'fail',
  'firing',
  'unknown',
  '',
  null,
  true,
  false,
  0,
  -1,
  1e9,
]
const values = fc.oneof(
  fc.constantFrom(...words),
  fc.jsonValue({ maxDepth: 2 }),
  fc.constant(undefined),
  fc.constant(at(5)),
)
const mutations = fc.array(fc.record({ place: fc.nat(), value: values }), { maxLength: 3 })

interface Place {
  readonly holder: Record<string, unknown>
  readonly key: string
}

function placesOf(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Record<string, unknown>
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesOf(holder[key])])
}

/** A copy of the document with these places changed or taken out. */
function mutated(
  document: GateReport,
  changes: readonly { readonly place: number; readonly value: unknown }[],
): unknown {
  const copy = structuredClone(document)
  for (const { place, value } of changes) {
    const places = placesOf(copy)
    const found = places[place % Math.max(1, places.length)]
    if (found === undefined) continue
    if (value === undefined) delete found.holder[found.key]
    else found.holder[found.key] = value
  }
  return copy
}

describe('the exit code, whatever comes', () => {
  it('is 0 only when everything that has to be true is true', () => {
    fc.assert(
      fc.property(documents, mutations, transport, demands, (document, changes, how, asked) => {
        const given = reply(mutated(document, changes), how)
        const code = codeOf(given, asked)
        expect([0, 3, 4, 5, 7]).toContain(code)
        if (code === 0) expect(mayProceed(given, asked)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  it('is 5 for any JSON and any text that is not a document', () => {
    fc.assert(fc.property(fc.jsonValue(), demands, (value, asked) => codeOf(reply(value), asked) === 5))
    fc.assert(fc.property(fc.string(), demands, (body, asked) => codeOf(reply('', { body }), asked) === 5))
  })

  it('law 8: no demand makes an answer milder', () => {
    fc.assert(
      fc.property(documents, transport, demands, (document, how, asked) => {
        const given = reply(document, how)
        if (codeOf(given) !== 0) expect(codeOf(given, asked)).not.toBe(0)
      }),
    )
  })

  it('is 0 for a mutated document sometimes, so that the properties say something', () => {
    const codes = fc
      .sample(fc.tuple(documents, mutations), 500)
      .map(([document, changes]) => codeOf(reply(mutated(document, changes))))
    expect(codes.filter((code) => code === 0).length).toBeGreaterThan(20)
  })
})
