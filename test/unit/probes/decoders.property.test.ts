import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ExpositionError, parseExposition } from '../../../src/probes/exposition.ts'
import { readinessOf } from '../../../src/probes/ready-answers.ts'
import { familiesOf, lookAt, type Measured } from '../../../src/probes/service-metrics.ts'

/** One seed, so that every run tries the same; `FC_SEED` tries others. */
const settings = {
  seed: Number(process.env['FC_SEED'] ?? 20_261_129),
  numRuns: Number(process.env['FC_RUNS'] ?? 1_000),
}

const component = fc.constantFrom<Measured[]>('gateway', 'sts', 'audit')

const number = fc.oneof(
  fc.double().map(String),
  fc.constantFrom('0', '1', '-1', '-0', '1e400', '-1e400', 'NaN', '+Inf', '-Inf', '0x10', '1_000', '٣', ''),
)

/** Expositions of the families of one component, each line right or as wrong as chance wills. */
const exposition = component.chain((own) => {
  const name = fc.constantFrom(...familiesOf(own))
  const labels = fc.constantFrom('', '{}', '{a="b"}', '{a="\\n"}', '{a="b",}', '{a="b" c="d"}', '{')
  const line = fc.tuple(name, labels, number).map((parts) => `${parts[0]}${parts[1]} ${parts[2]}`)
  const other = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constant('# HELP x y'))
  const lines = fc.array(fc.oneof({ weight: 9, arbitrary: line }, { weight: 1, arbitrary: other }), {
    maxLength: 12,
  })
  return lines.map((all) => ({ own, text: `${all.join('\n')}\n` }))
})

describe('metrics text', () => {
  it('gives readings that are finite and not negative, or an ExpositionError', () => {
    fc.assert(
      fc.property(exposition, ({ own, text }) => {
        let samples
        try {
          samples = parseExposition(text, familiesOf(own))
        } catch (fault) {
          expect(fault).toBeInstanceOf(ExpositionError)
          return
        }
        const { readings, blindSpots = [] } = lookAt(own, 'r', samples)
        expect(readings.filter(({ value }) => !Number.isFinite(value) || value < 0)).toEqual([])
        expect(readings.length + blindSpots.length).toBe(lookAt(own, 'r', new Map()).blindSpots?.length)
      }),
      settings,
    )
  })

  const size = 2 * 1024 * 1024
  it.each([
    ['blanks', `x${' '.repeat(60_000)}y\n`],
    ['digits', `x ${'1'.repeat(60_000)}z\n`],
    ['digits behind a value', `x 1 ${'1'.repeat(60_000)}z\n`],
    ['escapes', `x{a="${'\\'.repeat(60_000)}\n`],
    ['quotes', `x{${'a="",'.repeat(10_000)}} 1\n`],
    ['one name', `${'x'.repeat(60_000)}\n`],
    ['short lines', 'x{a="b"} 1\n'],
    ['empty lines', '\n'],
  ])('of %s without an end is read or refused in a time that grows with its length', (_, line) => {
    const text = line.repeat(Math.ceil(size / line.length))
    const { user } = process.cpuUsage()
    try {
      parseExposition(text, new Set(['x']))
    } catch (fault) {
      expect(fault).toBeInstanceOf(ExpositionError)
    }
    // Microseconds of CPU; a pattern that is quadratic takes minutes.
    expect(process.cpuUsage().user - user).toBeLessThan(3_000_000)
  })
})

const word = fc.constantFrom(
  'ok',
  'ready',
  'status',
  'draining',
  'reason',
  'error',
  '__proto__',
  'constructor',
)
const claim = fc.oneof(
  fc.boolean(),
  fc.constantFrom('ready', 'draining', 'unavailable', 'true', '', null, 0, 1),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.jsonValue({ maxDepth: 2 }),
)
const body = fc.oneof(
  fc
    .array(fc.tuple(word, claim), { maxLength: 5 })
    .map(
      (pairs) =>
        `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`,
    ),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.json(),
  fc.constantFrom('['.repeat(30_000), `{"ok":true,"x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`),
)

describe('a body of /ready', () => {
  it('proves readiness only with 200 and the word for it, and never throws', () => {
    const answer = fc.record({
      status: fc.constantFrom(200, 200, 503, 500, 204, 404, 429, 301, 401),
      contentType: fc.constantFrom('application/json', '', 'text/html'),
      body,
    })
    fc.assert(
      fc.property(answer, (given) => {
        const readiness = readinessOf(given, '/ready of api/api-1')
        if ('unknownReason' in readiness) return
        if (readiness.ready === 0) {
          expect(readiness.detail.length).toBeLessThanOrEqual(110)
          expect(/[\p{Cc}\u2028\u2029]/u.test(readiness.detail)).toBe(false)
          return
        }
        const said = JSON.parse(given.body) as Record<string, unknown>
        expect(given.status).toBe(200)
        expect(said['ok'] === true || said['ready'] === true || said['status'] === 'ready').toBe(true)
        expect([said['ok'], said['ready']]).not.toContain(false)
        expect(said['draining']).not.toBe(true)
      }),
      settings,
    )
  })
})
