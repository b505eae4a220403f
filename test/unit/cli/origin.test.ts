import { describe, expect, it } from 'vitest'
import { readAnswer } from '../../../src/cli/answer.ts'
import type { Reply } from '../../../src/cli/http.ts'
import { problemOf, strangerOf } from '../../../src/cli/origin.ts'
import { openWith } from '../http/opening.ts'
import { refusal, reply, report } from './reports.ts'

const page = (title: string) => `<!doctype html>\n<html><head><title>${title}</title></head></html>`

function from(status: number, headers: Readonly<Record<string, string>>, body = ''): Reply {
  return reply('', { status, headers: { 'content-type': 'text/html', ...headers }, body })
}

const nginx = { server: 'nginx/1.27.4' }
const problem = { 'content-type': 'application/problem+json' }

/** What products in front of a service answer, and what is said of it. */
const strangers: readonly (readonly [name: string, reply: Reply, words: string])[] = [
  [
    'basic authentication of nginx',
    from(
      401,
      { ...nginx, 'www-authenticate': 'Basic realm="operators"' },
      page('401 Authorization Required'),
    ),
    'something in front of the exporter wants a login: it answered 401 (WWW-Authenticate: Basic realm="operators"; server: nginx/1.27.4; page: 401 Authorization Required); give',
  ],
  [
    'the sign-in page of oauth2-proxy',
    from(403, {}, page('Sign In')),
    'something in front of the exporter refuses, perhaps for want of a login: it answered 403 (page: Sign In); give',
  ],
  ['401 without a word', from(401, {}), 'wants a login: it answered 401; give'],
  [
    'a gateway that wants a token of its own, and speaks in problems too',
    from(
      401,
      { ...problem, 'www-authenticate': 'Bearer realm="mesh"' },
      JSON.stringify({ type: 'about:blank', title: 'Unauthorized', status: 401, detail: 'no token' }),
    ),
    'wants a login: it answered 401 (WWW-Authenticate: Bearer realm="mesh")',
  ],
  [
    'a redirect to a login',
    from(302, { location: 'https://user:pass@sso.example/auth?state=s3cret&rd=%2Fgates' }),
    'the address redirects elsewhere, as a login in front of the exporter does: it answered 302 (location: https://sso.example/auth); give',
  ],
  [
    'a proxy that wants a password',
    from(407, { 'proxy-authenticate': 'Negotiate' }),
    'wants a login: it answered 407 (Proxy-Authenticate: Negotiate)',
  ],
  [
    'a sign-in page with 200',
    from(200, nginx, page('Sign in to\u001b[2J Grafana')),
    'the answer is a web page: something else than the exporter answers there: it answered 200 (server: nginx/1.27.4; page: Sign in to [2J Grafana); is --url',
  ],
  [
    'a gateway with nothing behind it',
    from(502, nginx, page('502 Bad Gateway')),
    'nothing well is behind the address: it answered 502 (server: nginx/1.27.4; page: 502 Bad Gateway)',
  ],
  ['a firewall that counts', from(429, { server: 'cloudflare' }), 'is asked too often: it answered 429'],
  ['another service', from(404, {}, 'nope'), "it answered 404; is --url the exporter's address?"],
]

describe('X94: what answers in place of the exporter', () => {
  it.each(strangers)('%s is told as what it is, and never as the exporter', (_, given, words) => {
    const { message } = strangerOf(given)
    expect(problemOf(given)).toBeUndefined()
    expect(message).toContain(words)
    expect(message).not.toMatch(/\u001b|s3cret|pass/)
    expect(readAnswer(given, {})).toMatchObject({ kind: 'cannot-tell', message })
  })

  it('heals by waiting only where it may', () => {
    const lasting = strangers.filter(([, given]) => strangerOf(given).lasting).map(([, { status }]) => status)
    expect(lasting).toEqual([401, 403, 401, 401, 302, 407, 200, 404])
  })
})

describe('X94: the exporter itself', () => {
  const closed = (status: 401 | 403) => () =>
    ({ ok: false, status, detail: 'reading needs a token' }) as const

  it.each([401, 403] as const)('is known by its own %i, as its server words it', async (status) => {
    const { app } = await openWith('proceed', { authorise: closed(status) })
    const { statusCode, headers, body } = await app.inject('/gates')
    const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
    const given: Reply = { status: statusCode, headers: named, body, took: 1 }
    expect(problemOf(given)).toMatchObject({ detail: 'reading needs a token' })
    expect(readAnswer(given, {})).toMatchObject({
      reason: 'unauthorized',
      message: expect.stringContaining('--token-file') as string,
    })
  })

  it('is known by its realm where something on the way replaced its words', () => {
    const challenge = 'Bearer realm="caracal-gate-exporter"'
    const given = from(401, { ...nginx, 'www-authenticate': challenge }, page('401'))
    expect(readAnswer(given, {})).toMatchObject({ reason: 'unauthorized' })
  })

  it('is not known by a document of its own that comes with another status', () => {
    expect(problemOf(reply(report(), { status: 401 }))).toBeUndefined()
    expect(problemOf({ ...refusal(503, 'soon'), status: 401 })).toBeUndefined()
  })
})
