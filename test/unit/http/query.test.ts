import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { counted, selfFamilies, signalFamilies, verdictFamilies } from '../../../src/contract/families.ts'
import { observedFamilies } from '../../../src/contract/observed-families.ts'
import { questioning } from '../../../src/contract/parameters.ts'
import { queryMetrics, type QueryAnswer, type QueryError } from '../../../src/contract/query.ts'
import { readQuery } from '../../../src/http/queries.ts'
import { start } from './context.ts'
import { openWith, type Setting } from './opening.ts'

const now = start + 60_000
const form = 'application/x-www-form-urlencoded'
const verdict = 'caracal_gate_verdict'
const until = 'caracal_gate_proceed_until_timestamp_seconds'

function ask({ app }: Setting, query: string, more: Readonly<Record<string, string>> = {}) {
  const payload = new URLSearchParams({ query, ...more }).toString()
  return app.inject({ method: 'POST', url: '/api/v1/query', headers: { 'content-type': form }, payload })
}

async function valueOf(setting: Setting, query: string): Promise<string> {
  const answer = await ask(setting, query)
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json<QueryAnswer>().data.result[0].value[1]
}

describe('the verdict as a sample', () => {
  it.each([
    ['proceed', 'rollout="caracal/47"', '1', '3.000'],
    ['proceed', 'rollout="caracal/46"', '0', '0'],
    ['proceed', 'rollout="caracal/47",steady="5m"', '0', '0'],
    ['hold', 'rollout="caracal/47"', '0', '0'],
    ['stop', 'rollout="caracal/47"', '2', '-1'],
    ['stop', 'rollout="caracal/46"', '0', '0'],
  ] as const)('R125: R126: on %s, {%s} is %s, or until %s', async (state, labels, value, expiry) => {
    const setting = await openWith(state)
    expect(await valueOf(setting, `${verdict}{${labels}}`)).toBe(value)
    const expected = expiry === '3.000' ? ((now + 3_000) / 1_000).toFixed(3) : expiry
    expect(await valueOf(setting, `${until}{${labels}}`)).toBe(expected)
  })

  it.each(['proceed', 'stop'] as const)('R125: R126: on %s that has expired it is 0', async (state) => {
    const setting = await openWith(state, { clock: { now: () => start + 64_001 } })
    for (const metric of queryMetrics)
      expect(await valueOf(setting, `${metric}{rollout="caracal/47"}`)).toBe('0')
  })

  it.each([
    'rollout="caracal/47"',
    'rollout="caracal/46"',
    'rollout="caracal/47",steady="50s"',
    'rollout="caracal/47",steady="5m"',
    'rollout="caracal/47",maxAge="0s"',
    'rollout="caracal/47",phase="preflight"',
    'rollout="caracal/47",phase="rolling"',
    'rollout="caracal/47",phase="verifying",revision="47"',
  ])('R125: is 1 for {%s} exactly where /gates/proceed answers 200 to the same', async (labels) => {
    for (const state of ['proceed', 'hold', 'stop'] as const) {
      const setting = await openWith(state)
      const query = labels.replaceAll('"', '').replaceAll(',', '&')
      const { statusCode } = await setting.app.inject(`/gates/proceed?${query}`)
      expect((await valueOf(setting, `${verdict}{${labels}}`)) === '1').toBe(statusCode === 200)
    }
  })

  it('comes alone, with the time of the evaluation, the labels that were asked, and the reason', async () => {
    const answer = await ask(await openWith('hold'), ` ${verdict} { rollout = "caracal/47" , nonce="a-1", } `)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.json()).toEqual({
      status: 'success',
      data: {
        resultType: 'vector',
        result: [
          {
            metric: { __name__: verdict, rollout: 'caracal/47', nonce: 'a-1' },
            value: [now / 1_000, '0'],
          },
        ],
      },
      warnings: ['Hold: unknown'],
    })
    const going = await ask(await openWith('proceed'), `${verdict}{rollout="caracal/47"}`)
    expect(going.json()).not.toHaveProperty('warnings')
    const other = await ask(await openWith('stop'), `${verdict}{rollout="a \\"\\\\ b"}`)
    expect(other.json<QueryAnswer>().warnings).toContain(
      'rollout a "\\ b was asked about, but the current one is caracal/47',
    )
  })

  it('is none before the first evaluation', async () => {
    expect((await ask(await openWith('nothing'), `${verdict}{rollout="caracal/47"}`)).statusCode).toBe(503)
  })

  it('has a name that no Prometheus knows', () => {
    const exposed = [
      ...Object.values(verdictFamilies),
      ...Object.values(selfFamilies),
      ...Object.values(observedFamilies),
      ...counted.values(),
      ...signalFamilies.values(),
    ].map(({ name }) => name)
    expect(exposed).toContain('caracal_rollout_verdict')
    expect(exposed.filter((name) => queryMetrics.some((metric) => name.startsWith(metric)))).toEqual([])
  })
})

describe('what is not our own query', () => {
  it.each([
    ['', 'query is ""'],
    ['up', 'query is "up"'],
    [verdict, 'allowed: caracal_gate_verdict or'],
    [`${verdict}{}`, 'names no rollout'],
    [`${verdict}{rollout=""}`, 'label rollout is ""'],
    [`${verdict}{rollout=~".*"}`, 'with labels that equal'],
    [`${verdict}{rollout!="x"}`, 'with labels that equal'],
    [`${verdict}{rollout="x"} == 1`, 'query is'],
    [`${verdict}{rollout="x"}[5m]`, 'query is'],
    [`sum(${verdict}{rollout="x"})`, 'query is'],
    [`${verdict}{rollout="x"} or vector(1)`, 'query is'],
    [`${verdict}{rollout="x" steady="5m"}`, 'with labels that equal'],
    [`${verdict}{rollout="x\\n"}`, 'with labels that equal'],
    [`${verdict}_x{rollout="x"}`, 'query is'],
    [`${verdict}{rollout="x",rollout="y"}`, 'a label more than once'],
    [`${verdict}{rollout="x",stedy="5m"}`, 'label stedy is "5m"; allowed: only the parameters rollout'],
    [`${verdict}{rollout="x",wait="5s"}`, 'label wait is'],
    [`${verdict}{rollout="x",__proto__="y"}`, 'label __proto__'],
    [`${verdict}{rollout="x",nonce="a b"}`, 'nonce is "a b"; allowed: 1 to 64'],
    [`${verdict}{rollout="${'x'.repeat(9_000)}"}`, 'query is'],
  ])('R127: %s is refused, and says what is allowed', async (query, error) => {
    const answer = await ask(await openWith('proceed'), query)
    expect(answer.statusCode).toBe(400)
    const document = answer.json<QueryError>()
    expect(document).toMatchObject({ status: 'error', errorType: 'bad_data' })
    expect(document.error).toContain(error)
  })

  it.each([
    ['time=1', 'time is "1"; allowed: within 5 minutes'],
    ['time=yesterday', 'time is "yesterday"'],
    ['time=', 'time is ""'],
    ['tiem=1', '"tiem" is no field of a query; allowed: query, time'],
    ['query=up', 'query is given more than once'],
  ])('R127: the form with %s is refused', (more, error) => {
    const query = new URLSearchParams({ query: `${verdict}{rollout="x"}` }).toString()
    expect(readQuery(`${query}&${more}`, now)).toContain(error)
  })

  it.each([String(now / 1_000), `${now / 1_000 - 299}.5`, new Date(now + 299_000).toISOString()])(
    'R127: the time %s is now',
    (time) => {
      const query = new URLSearchParams({ query: `${verdict}{rollout="x"}`, time, timeout: '5s', limit: '1' })
      expect(readQuery(query.toString(), now)).toMatchObject({ demands: { rollout: 'x' } })
    },
  )

  it.each([
    ['GET', `/api/v1/query?query=${verdict}{rollout="caracal/47"}`, undefined, 400],
    ['HEAD', '/api/v1/query', undefined, 400],
    ['POST', `/api/v1/query?query=${verdict}{rollout="caracal/47"}`, form, 400],
    ['POST', '/api/v1/query', undefined, 400],
    ['POST', '/api/v1/query', 'application/json', 415],
    ['POST', '/api/v1/query_range', form, 404],
  ] as const)('R127: %s %s as %s is no query', async (method, url, type, status) => {
    const { app } = await openWith('proceed')
    const headers = type === undefined ? {} : { 'content-type': type }
    const answer = await app.inject({ method, url, headers, ...(type !== undefined && { payload: 'x=1' }) })
    expect(answer.statusCode).toBe(status)
    expect(answer.body).not.toContain('success')
  })

  it('R127: whatever is asked, only a selector of ours with a rollout is understood', () => {
    const noise = fc.oneof(
      fc.string(),
      fc.constantFrom('"', '\\', '{', '}', ',', '=', 'rollout="x"', verdict, ' or ', 'steady="1s"', '\n'),
    )
    const query = fc.array(noise, { maxLength: 8 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(query, (text) => {
        const read = readQuery(new URLSearchParams({ query: text }).toString(), now)
        if (typeof read === 'string') return
        expect(queryMetrics).toContain(read.metric)
        expect(read.labels['rollout']).toBe(read.demands.rollout)
        for (const name of Object.keys(read.labels)) expect([...questioning, 'nonce']).toContain(name)
        const again = Object.entries(read.labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        expect(text.replaceAll(/[\s,]/g, '')).toContain(again.join('').replaceAll(/[\s,]/g, ''))
      }),
      { seed: 20_261_130, numRuns: 2_000 },
    )
  })

  it('asks for a token where reading needs one', async () => {
    const closed = () => ({ ok: false, status: 401, detail: 'reading needs a token' }) as const
    const answer = await ask(await openWith('proceed', { authorise: closed }), `${verdict}{rollout="x"}`)
    expect(answer.statusCode).toBe(401)
  })
})
