import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { cleanUp, fresh, runHere, start } from '../support/cli-process.ts'
import {
  closedAmidBody,
  closedAmidChunks,
  closedBeforeHeaders,
  gzipBomb,
  hugeHeaders,
  misbehavingServer,
  notHttp,
  resetBeforeHeaders,
  says,
  saysJson,
  type Behaviour,
  type MisbehavingServer,
} from '../support/misbehaving-server.ts'
import { nasty } from '../unit/cli/hostile.ts'
import { check, gate, held, report, stop } from '../unit/cli/reports.ts'

let server: MisbehavingServer

beforeAll(async () => {
  server = await misbehavingServer(says({}))
})
afterEach(cleanUp)
afterAll(() => server.close())

function now(document = report()) {
  return fresh(document, 'a.1')
}

/** With the headers that prove when it was sent, and that it is the answer to this request. */
function dated(body: unknown, nonce?: string): Behaviour {
  return (socket, request) => {
    const echoed = nonce ?? request.headers['caracal-nonce'] ?? ''
    saysJson(200, body, { date: new Date().toUTCString(), 'caracal-nonce': echoed })(socket, request)
  }
}

function without(key: string): object {
  return Object.fromEntries(Object.entries(now()).filter(([name]) => name !== key))
}

const strange = { ...now(), verdict: 'jump' }
const text = JSON.stringify(now())

/** All of these would say proceed, or nothing, and must be neither believed nor crashed on. */
const wrongs: readonly (readonly [what: string, behaviour: Behaviour, words: string])[] = [
  ['a sign-in page with 200', says({ type: 'text/html', body: '<!doctype html><p>Sign in' }), 'a web page'],
  ['a redirect', says({ status: 307, headers: { location: server0() } }), 'redirects elsewhere'],
  ['a proxy that finds nothing behind it', says({ status: 502, body: '<h1>Bad gateway' }), 'answered 502'],
  ['an address without an exporter', says({ status: 404, body: 'not found' }), 'is --url the exporter'],
  ['compressed junk', says({ headers: { 'content-encoding': 'gzip' }, body: 'junk' }), 'compressed'],
  [
    'a compressed document',
    says({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(text) }),
    'compressed',
  ],
  ['a compressed document that does not say so', says({ body: gzipSync(text) }), 'not JSON'],
  ['a bomb', gzipBomb(), 'compressed'],
  ['10 MB', says({ body: ' '.repeat(10 * 2 ** 20) }), 'larger than 4 MiB'],
  ['truncated JSON', says({ body: text.slice(0, -20) }), 'not JSON'],
  ['no body', says({}), 'not JSON'],
  ['JSON of something else', saysJson(200, { status: 'ok' }), 'not a gate report'],
  ['null', says({ body: 'null' }), 'not a gate report'],
  ['the answer to another request', dated(now(), 'another'), 'is not the answer to this request'],
  ['another version', dated({ ...now(), apiVersion: 'gates.caracal.run/v9' }), 'speaks gates.caracal.run/v9'],
  ['an unknown verdict', dated(strange), 'which this caracal-gate does not know'],
  [
    'proceed beside an unknown state',
    dated(
      now(
        report({
          gates: [gate('g', [check('c')])],
          stopConditions: [stop('x', { state: 'quantum' as 'clear' })],
        }),
      ),
    ),
    'stop condition x is quantum',
  ],
  ['a document without its gates', dated(without('gates')), 'gates is not a list'],
  ['a document without its end', dated(without('expiresAt')), 'expiresAt is not a time'],
  [
    'a document that has expired',
    dated({ ...now(), evaluatedAt: '2020-01-01T00:00:00.000Z', expiresAt: '2020-01-01T00:00:03.000Z' }),
    'old, and it was good for',
  ],
  ['a document without a date', saysJson(200, now()), 'does not say when it was sent'],
  [
    'proceed that contradicts itself',
    dated({ ...now(held()), verdict: 'proceed' }),
    'but gate readiness is fail',
  ],
  ['a connection that is reset', resetBeforeHeaders, 'reset the connection'],
  ['a connection that is closed', closedBeforeHeaders, 'reset the connection'],
  ['half a body', closedAmidBody, 'reset the connection'],
  ['half of a chunked body', closedAmidChunks, 'reset the connection'],
  ['something that is no HTTP', notHttp, 'does not speak HTTP'],
  ['a megabyte of headers', hugeHeaders, 'does not speak HTTP'],
]

function server0(): string {
  return 'http://127.0.0.1:1/login'
}

const asking = [
  ['status'],
  ['status', '-o', 'json'],
  ['status', '-o', 'markdown'],
  ['status', '-o', 'junit'],
  ['explain'],
  ['explain', 'readiness'],
  ['rollouts'],
  ['rollouts', 'caracal/47'],
]

describe('an answer that is none', () => {
  it.each(wrongs)('of %s ends every question with 5 and one sentence', async (_, behaviour, words) => {
    server.behave(behaviour)
    for (const args of asking) {
      const { code, stdout, stderr } = await runHere([...args, '--url', server.url])
      expect([args, code]).toEqual([args, 5])
      expect(stderr).toMatch(/^cannot tell: [^\n]+ \[http:\/\/127\.0\.0\.1:\d+\/\]\n$/)
      // Rollouts are asked for at another path, whose answer has neither version nor end.
      if (args[0] !== 'rollouts') expect(stderr).toContain(words)
      const form = args[2]
      if (form === 'markdown') expect(stdout).toMatch(/^\*\*CANNOT TELL\*\* /)
      else if (form === 'junit') expect(stdout).toMatch(/errors="1"/)
      else expect(stdout).toBe('')
    }
  })

  it('to what is told ends with 5 and one sentence, when nothing says that it was recorded', async () => {
    const telling = [
      ['begin', 'r1'],
      ['finish', 'r1', '--outcome', 'done'],
      ['ack', 'outbox-dead-messages', '--reason', 'fixed'],
      ['evidence', 'push', 'schema-compatibility', '--outcome', 'pass', '--message', 'tested'],
    ]
    const env = { CARACAL_GATE_TOKEN: 'secret-token', CARACAL_GATE_ACTOR: 'ann' }
    for (const [what, behaviour] of wrongs) {
      // What may pass is tried again for half a minute; that it ends well is told elsewhere.
      if (/^(a proxy that|a connection|half|something that is no|a megabyte)/.test(what)) continue
      server.behave(behaviour)
      for (const args of telling) {
        const { code, stdout, stderr } = await runHere([...args, '--url', server.url], env)
        expect([what, args, code, stdout]).toEqual([what, args, 5, ''])
        expect(stderr).toMatch(/^caracal-gate: [^\n]+\n$/)
        expect(stderr).not.toContain('secret-token')
      }
    }
  })

  it('is no crash of the process either', async () => {
    server.behave(says({ body: ' '.repeat(10 * 2 ** 20) }))
    const { code, stdout, stderr } = await start(['status', '--url', server.url]).ended
    expect([code, stdout]).toEqual([5, ''])
    expect(stderr).toMatch(/^cannot tell: the answer is larger than 4 MiB [^\n]+\n$/)
  })
})

describe('text from elsewhere', () => {
  const acts = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/

  it('acts on no terminal and breaks no line, whatever it is', async () => {
    for (const words of [...nasty, '\u001b[31m'.repeat(2 ** 13)]) {
      const one = check('sts-ready', {
        state: 'fail',
        message: words,
        reason: words,
        claim: words,
        nextStep: words,
      })
      const latched = stop('x', { state: 'firing', message: words, title: words })
      const document = held({ summary: words, gates: [gate('readiness', [one])], stopConditions: [latched] })
      server.behave(dated(now(document)))
      for (const args of [['status'], ['explain'], ['explain', 'readiness'], ['explain', 'x']]) {
        const { code, stdout, stderr } = await runHere([...args, '--url', server.url])
        expect([code, stderr]).toEqual([3, ''])
        expect(stdout).not.toMatch(acts)
        expect(stdout.length).toBeLessThan(20_000)
        expect(stdout).not.toMatch(/^(PROCEED|STOP)/m)
      }
    }
  })

  it('may be a megabyte, and is a line all the same', async () => {
    const message = `\u202e${'ab '.repeat(2 ** 19)}`
    server.behave(dated(now(held({ gates: [gate('readiness', [check('c', { state: 'fail', message })])] }))))
    for (const args of [['status'], ['explain'], ['status', '-o', 'junit'], ['status', '-o', 'markdown']]) {
      const { code, stdout } = await runHere([...args, '--url', server.url])
      expect(code).toBe(3)
      expect(stdout.length).toBeLessThan(10_000)
    }
  })

  it('stays what it is in JSON, as escapes', async () => {
    const summary = nasty.join(' ')
    server.behave(dated(now(held({ summary }))))
    const { stdout } = await runHere(['status', '-o', 'json', '--url', server.url])
    expect(stdout).not.toMatch(acts)
    expect(JSON.parse(stdout)).toMatchObject({ summary })
  })

  it('of a refusal is one bounded line', async () => {
    const env = { CARACAL_GATE_TOKEN: 't', CARACAL_GATE_ACTOR: 'ann' }
    for (const words of nasty.filter((one) => one.trim() !== '')) {
      server.behave(saysJson(409, { title: words, detail: words.repeat(20) }))
      const { stderr } = await runHere(['begin', 'r1', '--url', server.url], env)
      expect(stderr).toMatch(/^caracal-gate: [^\n]+\n$/)
      expect(stderr.length).toBeLessThan(1_000)
      expect(stderr).not.toMatch(acts)
    }
  })
})
