import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { authoriser } from '../../src/daemon/tokens.ts'
import { placing } from '../../src/http/page/page.ts'
import { openedPages } from '../support/opened-pages.ts'
import { syntheticRelease } from '../support/synthetic-page.ts'
import { finding, handMadeRules, play } from '../unit/http/context.ts'

// What may not happen to the page, in a real chromium.

const many = syntheticRelease(504)
const few = syntheticRelease(12)
const none = syntheticRelease(0)
const pages = openedPages()

beforeAll(() => pages.start())
afterEach(() => pages.closeAll())
afterAll(() => pages.end())

describe('text from a target', () => {
  const hostile = [
    '<script>document.title = "owned"</script>',
    '<img src=x onerror="document.title = \'owned\'">',
    '"><h1>Proceed</h1>',
    '\u202eevil\u2066',
    '\u001b[31mred',
    'שלום עולם',
    'x'.repeat(1_000_000),
  ]

  it('is text, stays where it is, and is short', async () => {
    const world = new Map([
      [
        'ready-sts',
        hostile.map((text, place) =>
          finding('unmet', { key: `${place}${text}`, message: text, reason: text, target: text }),
        ),
      ],
    ])
    const rules = handMadeRules(world)
    const viewer = await pages.open({ snapshot: play(rules, 5), rules })
    const { page, complaints } = viewer
    await expect(page.title()).resolves.toMatch(/^HOLD/)
    expect(await page.locator('h1').count()).toBe(1)
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.locator('script:not([src])').allTextContents()).toEqual([placing])
    expect(await page.evaluate('document.body.innerText.length')).toBeLessThan(20_000)
    expect(await page.evaluate('document.body.innerText')).not.toMatch(
      /[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u001b]/,
    )
    const words = (await page.locator('#why').innerText()).replaceAll(/\s+/g, ' ')
    expect(words).toContain('<script>document.title = "owned"</script>')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(1_280)
    expect(complaints).toEqual([])
  })
})

describe('a page that is behind a password', () => {
  it('is shown to a browser that has it, goes on by itself, and to nobody else', async () => {
    const tokens = { read: ['r3ad'], write: [] }
    const more = {
      authorise: authoriser(tokens),
    }
    const allowed = await pages.open(few, { httpCredentials: { username: 'ann', password: 'r3ad' } }, more)
    await expect(allowed.page.locator('h1').innerText()).resolves.toBe('Hold')
    const answer = await allowed.page.waitForResponse(
      (response) => new URL(response.url()).pathname === '/' && response.request().resourceType() === 'fetch',
      { timeout: 30_000 },
    )
    expect(answer.status()).toBe(200)
    expect(allowed.complaints).toEqual([])
    const refused = await pages.view({ httpCredentials: { username: 'ann', password: 'wrong' } })
    const status = await refused.page.goto(allowed.url).then(
      (response) => response?.status(),
      () => 'refused',
    )
    expect([401, 'refused']).toContain(status)
  })
})

describe('the page of a release', () => {
  it.each([
    ['with 504 replicas', many, '432 of 504 ready'],
    ['with none', none, 'No replica is known'],
  ])('%s is whole, and breaks no rule of its policy', async (_, release, words) => {
    const { page, complaints } = await pages.open(release)
    await expect(page.locator('#replicas').innerText()).resolves.toContain(words)
    // Time for it to fetch what it draws, and itself.
    await page.waitForTimeout(1_500)
    expect(complaints).toEqual([])
  })

  it('that has expired says that it cannot tell', async () => {
    const { page } = await pages.open(few, {}, { clock: { now: () => few.snapshot.at + 60_000 } })
    await expect(page.locator('h1').innerText()).resolves.toBe('Cannot tell')
    await expect(page.locator('.sentence').first().innerText()).resolves.toContain('has stopped evaluating')
  })
})

describe('the scripts of the page', () => {
  it('are what their types say', () => {
    const root = resolve(import.meta.dirname, '../..')
    const compiler = join(root, 'node_modules/.bin/tsc')
    const { status, stdout } = spawnSync(compiler, ['-p', 'test/support/browser-scripts.json'], {
      cwd: root,
      encoding: 'utf8',
    })
    expect([status, stdout]).toEqual([0, ''])
  })
})
