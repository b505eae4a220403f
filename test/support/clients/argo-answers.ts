import type { RequestListener, ServerResponse } from 'node:http'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import type { PublishContext } from '../../../src/http/context.ts'
import { finding, handMadeRules, play, rollout } from '../../unit/http/context.ts'
import { open } from '../../unit/http/opening.ts'
import { always, listen } from '../cli-process.ts'

// Our own HTTP interface by its verdict, and what may stand in its place.

export type Verdict = 'proceed' | 'hold' | 'stop'
export const declared = rollout.id

interface Exporting extends Partial<PublishContext> {
  /** Milliseconds by which its clock, with all that it says, is behind. */
  readonly ago?: number
}

/** Our interface, over a platform with a verdict; its clock stands still. */
export async function exporter(
  verdict: Verdict | 'nothing',
  { ago = 0, ...more }: Exporting = {},
): Promise<string> {
  const found = {
    stop: [['audit-dlq-growing', finding('unmet')]],
    hold: [['ready-sts', finding('unknown')]],
    proceed: [],
    nothing: [],
  } as const
  const rules = handMadeRules(new Map(found[verdict]))
  const first = { ...initialSnapshot(Date.now() - ago - 60_000, rules), rollout }
  const { app } = await open(verdict === 'nothing' ? first : play(rules, 60, first), rules, more)
  return app.listen({ host: '127.0.0.1', port: 0 })
}

async function queryOf(url: string, method = 'POST'): Promise<Response> {
  const form = new URLSearchParams({
    query: `caracal_gate_proceed_until_timestamp_seconds{rollout="${declared}"}`,
  })
  return fetch(`${url}/api/v1/query`, { method, ...(method === 'POST' && { body: form }) })
}

/** What the exporter answers on proceed. */
async function proceeding(): Promise<string> {
  return (await queryOf(await exporter('proceed'))).text()
}

function vector(...values: readonly string[]): string {
  const result = values.map((value) => ({ metric: {}, value: [Date.now() / 1_000, value] }))
  return JSON.stringify({ status: 'success', data: { resultType: 'vector', result } })
}

const soon = () => String(Date.now() / 1_000 + 3)
export const page = '<html>Log in</html>'
const html = { 'content-type': 'text/html' }

export async function serving(listener: RequestListener): Promise<string> {
  return (await listen(listener)).url
}

export async function saying(body: string | Promise<string>, status = 200): Promise<string> {
  return serving(always(status, await body))
}

/** Answers POST with a status, and hands GET to the exporter, as a firewall does that lets nothing be written. */
async function refusingPost(status: number): Promise<string> {
  const upstream = await exporter('proceed')
  async function pass(path: string, response: ServerResponse): Promise<void> {
    const answer = await fetch(upstream + path)
    response.writeHead(answer.status).end(await answer.text())
  }
  return serving((request, response) => {
    if (request.method === 'POST') response.writeHead(status).end()
    else void pass(request.url ?? '', response)
  })
}

export async function redirecting(target: string): Promise<string> {
  return serving((request, response) => {
    if (request.url === '/login') response.writeHead(200, html).end(page)
    else response.writeHead(302, { location: target }).end()
  })
}

async function nowhere(): Promise<string> {
  const server = await listen(() => undefined)
  await server.close()
  return server.url
}

const readers = { authorise: (_: unknown, header?: string) => authorised(header === 'Bearer a-token') }
function authorised(ok: boolean) {
  return ok ? { ok, token: 'reader' } : ({ ok, status: 401, detail: 'reading needs a token' } as const)
}

interface Case {
  readonly url: () => Promise<string>
  readonly rollout?: string | undefined
  readonly token?: string
}

/** What the prometheus provider may be answered, by the words of the page. */
export const cases: Readonly<Record<string, Case>> = {
  proceed: { url: () => exporter('proceed', readers) },
  hold: { url: () => exporter('hold') },
  expired: {
    url: () => exporter('proceed', { clock: { now: () => Date.now() + 60_000 } }),
  },
  'another rollout': { url: () => exporter('proceed'), rollout: 'caracal/48' },
  'a stop of another rollout': { url: () => exporter('stop'), rollout: 'caracal/48' },
  stop: { url: () => exporter('stop') },
  'proceed that is repeated a minute later': { url: () => exporter('proceed', { ago: 60_000 }) },
  'no sample': { url: () => saying(vector()) },
  'two samples': { url: () => saying(vector(soon(), soon())) },
  NaN: { url: () => saying(vector('NaN')) },
  infinity: { url: () => saying(vector('+Inf')) },
  'the gauge 1': { url: () => saying(vector('1')) },
  'no exporter': { url: nowhere },
  hung: { url: () => serving(() => undefined) },
  'nothing evaluated': { url: () => exporter('nothing') },
  'no token': { url: () => exporter('proceed', readers), token: '' },
  'a wrong token': { url: () => exporter('proceed', readers), token: 'another' },
  'a token with a line break': { url: () => exporter('proceed', readers), token: 'a-token\n' },
  'no rollout': { url: () => exporter('proceed'), rollout: undefined },
  'a clock that is wrong by more than 5 minutes': { url: () => exporter('proceed', { ago: 301_000 }) },
  'a web page': { url: () => saying(page) },
  nothing: { url: () => saying('') },
  '204': { url: () => saying('', 204) },
  'a redirect to a web page': { url: () => redirecting('/login') },
  'a redirect that turns POST into GET': {
    url: async () => redirecting(`${await exporter('proceed')}/api/v1/query`),
  },
  '405': { url: () => refusingPost(405) },
  '501': { url: () => refusingPost(501) },
  'cut off': { url: async () => saying((await proceeding()).slice(0, -1)) },
  'a byte order mark': { url: async () => saying(`\uFEFF${await proceeding()}`) },
  'two documents': { url: async () => saying(`${await proceeding()}\n${await proceeding()}`) },
  null: { url: () => saying('null') },
  text: { url: () => saying('"proceed"') },
  'a number': { url: () => saying('1') },
  'a list': { url: () => saying('[]') },
  'an empty object': { url: () => saying('{}') },
  'our own document': { url: async () => saying((await fetch(`${await exporter('proceed')}/gates`)).text()) },
  'a scalar': {
    url: () => saying(`{"status":"success","data":{"resultType":"scalar","result":[1,"${soon()}"]}}`),
  },
}
