import fc from 'fast-check'
import { operations } from '../../src/http/operations.ts'
import { parameters } from '../../src/contract/parameters.ts'

/** A request as `inject` takes it. */
export interface Asked {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
  readonly url: string
  readonly headers: Record<string, string>
  readonly payload?: string
}

/** Ids that mean something, ids that mean something elsewhere, and what no id is. */
const ids = fc.oneof(
  fc.constantFrom('readiness', 'sts-unready', 'manifest-digest', 'r1', 'caracal/48', 'redis-streams'),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    '.',
    '..',
    '%2e%2e',
    '%',
    '%zz',
    '%00',
    '%ff',
    '%ed%a0%80',
  ),
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => encodeURIComponent(text.toWellFormed())),
  fc
    .string({ unit: 'binary-ascii', maxLength: 20 })
    .map((text) => text.replaceAll(/[\s#?\\\u0000-\u001f\u007f]/g, '')),
  fc.constant('x'.repeat(400)),
)

const paths = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(...operations), ids)
      .map(([{ path }, id]) => path.replaceAll(/\{\w+\}/g, id)),
  },
  { weight: 1, arbitrary: ids.map((id) => `/${id}`) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...operations), ids).map(([{ path }, id]) => `${path}/${id}`),
  },
)

const values = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '1ms',
    '5ms',
    '-1',
    '1e9',
    'NaN',
    '99999999999h',
    'proceed',
    'proceed,stop',
    '503',
    'envelope',
    'report',
    'k7f2.1',
    'r1',
    '15m',
    '300s',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => encodeURIComponent(text.toWellFormed())),
  fc.constantFrom('%', '%ff', '%00', '[]', '{}'),
)

const names = fc.oneof(
  fc.constantFrom(...Object.keys(parameters)),
  fc.constantFrom('__proto__', 'constructor', 'a[b]', '', 'wait%5b%5d'),
)

const queries = fc.array(fc.tuple(names, values), { maxLength: 4 }).map((pairs) => {
  // What waits is told to wait for a moment only.
  const short = pairs.map(([name, value]) =>
    name === 'wait' && /^\d+[smh]?$/.test(value) ? [name, '1ms'] : [name, value],
  )
  const waits = pairs.some(([name]) => name === 'until') && !pairs.some(([name]) => name === 'wait')
  const all = waits ? [...short, ['wait', '1ms']] : short
  return all.map((pair) => pair.join('=')).join('&')
})

const headers = fc.record(
  {
    authorization: fc.constantFrom(
      'Bearer all',
      'Bearer all',
      'Bearer weak',
      'Bearer wrong',
      'Basic Og==',
      'Basic x',
      'Bearer',
      '',
    ),
    'content-type': fc.constantFrom(
      'application/json',
      'application/json',
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json; charset=latin1',
      'x',
      '',
    ),
    accept: fc.constantFrom(
      'text/html',
      'application/openmetrics-text;q=1',
      '*/*',
      ';;,q=',
      'a'.repeat(1_000),
    ),
    'if-none-match': fc.constantFrom('*', '"k7f2.1"', 'W/"x", "y"', ',,,'),
    'last-event-id': fc.constantFrom('k7f2.1', '\u00ff', ''),
    host: fc.constantFrom('localhost', 'evil.example', '[::1', '', 'a b', '127.0.0.1:1'),
    'caracal-nonce': fc.constantFrom('abc', 'a b', 'x'.repeat(65)),
  },
  { requiredKeys: [] },
)

const by = { actor: 'ada', reason: 'release' }
const whole = fc.constantFrom<object>(
  { id: 'r1', phase: 'rolling', ...by },
  { id: 'caracal/48', supersede: true, images: { sts: 'sts:2' }, ...by },
  { outcome: 'done', ...by },
  { outcome: 'failed', ...by },
  { stopCondition: 'sts-unready', ...by },
  { stopCondition: 'audit-dlq-growing', rollout: 'r1', ...by },
  { outcome: 'pass', validForSeconds: 60, digest: `sha256:${'0'.repeat(64)}`, ...by },
  { outcome: 'fail', validForSeconds: 1, issuedAt: '2026-11-22T20:00:00Z', rollout: 'r1', ...by },
)
const bodies = fc.oneof(
  { weight: 4, arbitrary: whole.map((body) => JSON.stringify(body)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(whole, fc.json())
      .map(([body, json]) => JSON.stringify({ ...body, ...(JSON.parse(json) as object) })),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(whole, fc.nat(7), fc.jsonValue()).map(([body, place, value]) => {
      const entries = Object.entries(body).map(([key, own], index): [string, unknown] => [
        key,
        index === place ? value : own,
      ])
      return JSON.stringify(Object.fromEntries(entries))
    }),
  },
  fc.json(),
  fc.string({ maxLength: 40 }),
  fc.constantFrom(
    '['.repeat(5_000),
    `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
    '{"__proto__":{"x":1}}',
    '{"id":"\\ud800"}',
    'query=caracal_gate_verdict{rollout="r1"}',
    'query=caracal_gate_verdict{rollout="\ud800%ff%"}&time=1',
    '',
  ),
)

/** Requests of any kind, most of which come past the router, and some past the checks of their body. */
export const requests: fc.Arbitrary<Asked> = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'POST', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
    path: paths,
    query: queries,
    headers,
    payload: fc.option(bodies, { nil: undefined }),
  })
  .map(({ method, path, query, headers: own, payload }) => {
    // A stream that begins does not end, so that it is asked with a parameter that none takes.
    const end = path.startsWith('/events') ? `${query}&typo=1` : query
    const takesBody = method !== 'GET' && method !== 'HEAD' && payload !== undefined
    return {
      method,
      url: end === '' ? path : `${path}?${end}`,
      headers: own,
      ...(takesBody && { payload }),
    }
  })
