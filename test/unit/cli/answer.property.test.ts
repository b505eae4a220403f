import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAnswer, type Demands } from '../../../src/cli/answer.ts'
import { exitCodeOf } from '../../../src/cli/decision.ts'
import type { Reply } from '../../../src/cli/http.ts'
import type { GateReport } from '../../../src/contract/document.ts'
import { at, held, reply, report, stopped } from './reports.ts'

function codeOf(given: Reply, demands: Demands = {}): number {
  return exitCodeOf(readAnswer(given, demands), demands)
}

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
