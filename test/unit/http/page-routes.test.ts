import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { PublishContext } from '../../../src/http/context.ts'
import { authoriser } from '../../../src/daemon/tokens.ts'
import { assets } from '../../../src/http/page/assets.ts'
import { placing } from '../../../src/http/page/page.ts'
import { elementsOf } from '../../support/markup.ts'
import { openWith } from './opening.ts'

const hash = createHash('sha256').update(placing).digest('base64')
const policy = `default-src 'none'; script-src 'self' 'sha256-${hash}'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

describe('the page', () => {
  it('is HTML under a policy that lets it load its own files and nothing else, and is kept by nobody', async () => {
    const { app } = await openWith('proceed')
    const { statusCode, headers, body } = await app.inject('/')
    expect(statusCode).toBe(200)
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(headers['content-security-policy']).toBe(policy)
    const [, inText = ''] = /<script>([^]*?)<\/script>/.exec(body) ?? []
    expect(inText).toBe(placing)
    expect(headers['cache-control']).toBe('no-store')
    expect(headers['x-content-type-options']).toBe('nosniff')
    const other = await app.inject('/gates')
    expect(other.headers['content-security-policy']).toBe("default-src 'none'; frame-ancestors 'none'")
  })

  it('is rendered once for each evaluation, whoever asks', async () => {
    let asked = 0
    const history = () => {
      asked++
      return []
    }
    const { app, board } = await openWith('proceed', { history })
    const pages = await Promise.all([1, 2, 3, 4].map(() => app.inject('/')))
    expect(new Set(pages.map(({ body }) => body)).size).toBe(1)
    expect(asked).toBe(1)
    const snapshot = board.current()
    if (snapshot === undefined) throw new Error('no snapshot')
    board.post({ ...snapshot, at: snapshot.at + 1_000 })
    expect((await app.inject('/')).body).not.toBe(pages[0]?.body)
    expect(asked).toBe(2)
  })

  it('is 304 for who has it, until it changes', async () => {
    const { app, board } = await openWith('proceed')
    const { etag = '' } = (await app.inject('/')).headers
    const headers = { 'if-none-match': String(etag) }
    expect((await app.inject({ url: '/', headers })).statusCode).toBe(304)
    const snapshot = board.current()
    if (snapshot === undefined) throw new Error('no snapshot')
    board.post({ ...snapshot, at: snapshot.at + 1_000 })
    expect((await app.inject({ url: '/', headers })).statusCode).toBe(200)
  })

  it('says that it cannot tell as soon as the report has expired, though nothing was judged since', async () => {
    let late = 0
    const { app, board, context } = await openWith('proceed')
    Object.assign(context, {
      clock: { now: () => (board.current()?.at ?? 0) + late } satisfies PublishContext['clock'],
    })
    expect(elementsOf((await app.inject('/')).body).find(({ name }) => name === 'h1')?.text).toBe('Proceed')
    late = 3_001
    expect(elementsOf((await app.inject('/')).body).find(({ name }) => name === 'h1')?.text).toBe(
      'Cannot tell',
    )
  })

  it('is there before anything was judged, and is 503 then', async () => {
    const { app } = await openWith('nothing')
    const { statusCode, headers, body } = await app.inject('/')
    expect([statusCode, headers['retry-after']]).toEqual([503, '1'])
    expect(headers['content-security-policy']).toBe(policy)
    expect(body).toContain('No evaluation yet')
  })
})

describe('what the page loads', () => {
  it('is all there, never changes under its name, and is no page itself', async () => {
    const { app } = await openWith('proceed')
    const elements = elementsOf((await app.inject('/')).body)
    const files = elements.flatMap(({ attributes }) =>
      [attributes['src'], attributes['href'], attributes['data-icon']].filter((path) =>
        path?.startsWith('assets/'),
      ),
    )
    expect(files.length).toBeGreaterThanOrEqual(9)
    for (const path of files) {
      const { statusCode, headers } = await app.inject(`/${path}`)
      expect([path, statusCode]).toEqual([path, 200])
      expect(path).toMatch(/-[0-9a-f]{12}\.(js|css|svg)$/)
      expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
      expect(headers['content-type']).toMatch(/^(text\/(css|javascript)|image\/svg)/)
      expect(headers['content-security-policy']).toBe("default-src 'none'; frame-ancestors 'none'")
    }
  })

  it('X40: asks for nothing by a path from the root, in no script and no style', async () => {
    const { app } = await openWith('proceed')
    const elements = elementsOf((await app.inject('/')).body)
    const files = elements.flatMap(({ attributes }) => attributes['src'] ?? attributes['href'] ?? [])
    const texts = files
      .map((file) => assets().byFile(file.replace('assets/', '')))
      .flatMap((asset) => (asset === undefined ? [] : asset.body.toString()))
    expect(texts.length).toBeGreaterThanOrEqual(8)
    // In quotes, in a template or in url(): a path from the root, or with two slashes another host; or the root alone.
    const fromRoot =
      /["'`(]\/{1,2}[a-z][\w/.-]*["'`?)]|(fetch|EventSource|import|Worker|assign|replace)\(["'`]\//i
    for (const text of texts) expect(fromRoot.exec(text)?.[0]).toBeUndefined()
  })

  it.each(['/assets/page.css', '/assets/..%2f..%2fpackage.json', '/assets/live-000000000000.js'])(
    'is nothing else: %s',
    async (url) => {
      const { app } = await openWith('proceed')
      const { statusCode, headers } = await app.inject(url)
      expect([statusCode, headers['cache-control']]).toEqual([404, 'no-store'])
    },
  )
})

describe('where reading needs a token', () => {
  const tokens = { read: ['r3ad'], write: [{ name: 'ci', token: 'wr1te', scopes: ['rollout'] as const }] }
  const closed: Partial<PublishContext> = { authorise: authoriser(tokens) }
  const basic = (password: string, user = 'anyone') =>
    `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

  it('a browser is asked for a password, and a script is not', async () => {
    const { app } = await openWith('proceed', closed)
    const person = await app.inject({ url: '/', headers: { accept: 'text/html,*/*;q=0.8' } })
    expect(person.statusCode).toBe(401)
    expect(person.headers['www-authenticate']).toEqual([
      'Bearer realm="caracal-gate-exporter"',
      'Basic realm="caracal-gate-exporter", charset="UTF-8"',
    ])
    for (const accept of ['*/*', 'text/event-stream']) {
      const script = await app.inject({ url: '/', headers: { accept } })
      expect(script.headers['www-authenticate']).toBe('Bearer realm="caracal-gate-exporter"')
    }
  })

  it('the token is the password, whoever the user says to be, for the page and all that it asks', async () => {
    const { app } = await openWith('proceed', closed)
    for (const authorization of [basic('r3ad'), basic('r3ad', ''), basic('r3ad').replace('B', 'b')]) {
      const { statusCode } = await app.inject({ url: '/', headers: { authorization } })
      expect([authorization, statusCode]).toEqual([authorization, 200])
    }
    for (const url of ['/gates', '/trends?window=1m', '/config'])
      expect((await app.inject({ url, headers: { authorization: basic('r3ad') } })).statusCode).toBe(200)
  })

  it('a wrong password, a token for writing or half a header opens nothing', async () => {
    const { app } = await openWith('proceed', closed)
    for (const authorization of [
      basic('wrong'),
      basic('wr1te'),
      basic(''),
      'Basic',
      'Basic r3ad',
      'Basic cjNhZA==',
    ])
      expect([
        authorization,
        (await app.inject({ url: '/', headers: { authorization } })).statusCode,
      ]).toEqual([authorization, 401])
  })

  it('a password never writes, nor reads by POST, which another site could make a browser send', async () => {
    const { app } = await openWith('proceed', closed)
    for (const password of ['r3ad', 'wr1te']) {
      const headers = { authorization: basic(password), accept: 'text/html' }
      const write = await app.inject({ method: 'POST', url: '/rollouts', headers, payload: {} })
      expect(write.statusCode).toBe(401)
      expect(write.headers['www-authenticate']).not.toContain('Basic')
      expect((await app.inject({ method: 'POST', url: '/gates', headers })).statusCode).toBe(401)
    }
  })

  it('what the page loads is open, for there is nothing of the platform in it', async () => {
    const { app } = await openWith('proceed', closed)
    const page = await app.inject({ url: '/', headers: { authorization: basic('r3ad') } })
    const [, path = ''] = /href="(assets\/page-[^"]+)"/.exec(page.body) ?? []
    expect((await app.inject(`/${path}`)).statusCode).toBe(200)
  })
})
