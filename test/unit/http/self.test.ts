import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { PUSHED_EVIDENCE } from '../../../src/core/observation.ts'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import type { ProbeRecord, PublishContext } from '../../../src/http/context.ts'
import type { Problem } from '../../../src/contract/problem.ts'
import { httpInterface } from '../../../src/http/http-interface.ts'
import { operations } from '../../../src/http/operations.ts'
import { aBatch } from '../../support/timeline.ts'
import { handMadeRules, newBoard, newContext, play, start } from './context.ts'

const opened: FastifyInstance[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((app) => app.close()))
})

const rules = handMadeRules(new Map())
const evaluated = play(rules, 1)

async function open(more: Partial<PublishContext> = {}, first = evaluated) {
  const app = await httpInterface(newContext(newBoard(first), rules, more))
  opened.push(app)
  return app
}

describe('the health of the daemon', () => {
  it('is alive whatever the platform does', async () => {
    expect((await (await open()).inject('/healthz')).statusCode).toBe(200)
  })

  it('is ready when it evaluates', async () => {
    const answer = await (await open()).inject('/readyz')
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({ status: 'ok', message: 'evaluating' })
  })

  it.each([
    ['nothing was evaluated', {}, initialSnapshot(start, rules)],
    ['the daemon says so', { readiness: () => ({ ok: false, message: 'first batch' }) }, evaluated],
    ['evaluations have come to a halt', { clock: { now: () => start + 60_000 } }, evaluated],
  ])('is not ready when %s', async (_, more, first) => {
    const answer = await (await open(more, first)).inject('/readyz')
    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toMatchObject({ status: 'unavailable' })
  })
})

describe('descriptions', () => {
  it('serves the JSON Schema and the redacted configuration', async () => {
    const app = await open()
    expect((await app.inject('/schema/gates.json')).json()).toMatchObject({ title: 'GateReport' })
    expect((await app.inject('/config')).json()).toEqual({ release: { name: 'caracal' } })
  })

  it('keeps successes and failures of a probe apart', async () => {
    const record: ProbeRecord = {
      successes: [{ target: 'redis', at: start, took: 1.26, readings: 12 }],
      failures: [
        { target: 'redis', at: start, took: 400, unknownReason: 'timeout', reason: 'timeout', message: 'm' },
      ],
    }
    const app = await open({ probes: () => new Map([['redis-streams', record]]) })
    expect((await app.inject('/debug/probes/redis-streams')).json()).toMatchObject({
      probe: 'redis-streams',
      successes: [{ target: 'redis', tookMilliseconds: 1.3, readings: 12, reason: null }],
      failures: [{ unknownReason: 'timeout', readings: null }],
    })
    const missing = await app.inject('/debug/probes/nonsense')
    expect(missing.statusCode).toBe(404)
    expect(missing.json<Problem>().allowed).toEqual(['redis-streams'])
  })

  it('X16: has the looks of every probe that the metrics name, also of one with nothing to look at', async () => {
    const news = [aBatch('ready-endpoint', start, []), aBatch(PUSHED_EVIDENCE, start, [])]
    const app = await open({}, step(initialSnapshot(start, rules), news, start + 1, rules))
    const { body } = await app.inject('/metrics')
    const named = [...body.matchAll(/^caracal_gate_exporter_probe_up\{probe="([^"]+)"\}/gm)]
    expect(named.map(([, probe]) => probe)).toEqual(['ready-endpoint'])
    for (const [, probe] of named)
      expect((await app.inject(`/debug/probes/${probe}`)).json()).toEqual({
        probe,
        successes: [],
        failures: [],
      })
    expect((await app.inject('/debug/probes/evidence')).statusCode).toBe(404)
  })
})

describe('the metrics of requests', () => {
  it('count each answer under its route and code, and what has no route under none', async () => {
    const app = await open()
    for (const url of ['/debug/probes/a', '/debug/probes/b', '/made/up', '/healthz']) await app.inject(url)
    const { body } = await app.inject('/metrics')
    const counts = [...body.matchAll(/_http_request_duration_seconds_count\{(.*)\} (\d)$/gm)]
    expect(counts.map(([, labels, count]) => `${labels} ${count}`)).toEqual([
      'route="/debug/probes/:probe",code="404" 2',
      'route="none",code="404" 1',
      'route="/healthz",code="200" 1',
    ])
  })
})

interface Described {
  readonly openapi: string
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Record<string, Record<string, Operated>>
  readonly components: { readonly schemas: Record<string, unknown> }
}
interface Operated {
  readonly operationId: string
  readonly summary: string
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: object }[]
  readonly responses: Record<string, { readonly description: string }>
  readonly security: readonly object[]
}

describe('OpenAPI', () => {
  it('describes every route with its answers, and nothing else', async () => {
    const app = await open()
    const document = (await app.inject('/openapi.json')).json<Described>()
    expect(document.openapi).toBe('3.1.0')
    // X40: relative to the description, which may stand under a prefix.
    expect(document.servers).toEqual([{ url: '.' }])
    expect(Object.keys(document.paths)).toEqual([...new Set(operations.map(({ path }) => path))])
    for (const [path, item] of Object.entries(document.paths))
      for (const [method, operation] of Object.entries(item)) {
        const url = path.replaceAll(/\{(\w+)\}/g, ':$1')
        expect(app.hasRoute({ method: method.toUpperCase() as 'GET', url })).toBe(true)
        expect(operation.summary).not.toBe('')
        expect(Object.keys(operation.responses).length).toBeGreaterThan(0)
        const inPath = operation.parameters.filter((parameter) => parameter.in === 'path')
        expect(inPath.map(({ name }) => name)).toEqual(
          [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
        )
      }
  })

  it('has unique operation ids, and every reference leads somewhere', async () => {
    const document = (await (await open()).inject('/openapi.json')).json<Described>()
    const ids = Object.values(document.paths).flatMap((item) =>
      Object.values(item).map(({ operationId }) => operationId),
    )
    expect(new Set(ids).size).toBe(ids.length)
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to)
    expect(references.length).toBeGreaterThan(10)
    for (const reference of new Set(references)) {
      const name = /^#\/components\/schemas\/(\w+)$/.exec(reference ?? '')?.[1]
      expect(document.components.schemas).toHaveProperty(name ?? 'nothing')
    }
  })
})
