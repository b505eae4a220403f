import type { BrowserContextOptions } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openedPages } from '../support/opened-pages.ts'
import { syntheticRelease } from '../support/synthetic-page.ts'
import { finding, handMadeRules, play } from '../unit/http/context.ts'

// The page as it comes to people who are not alike, in a real chromium: small, dark, on paper, by keyboard, without script.

const many = syntheticRelease(504)
const few = syntheticRelease(12)
const none = syntheticRelease(0)
const rules = handMadeRules(
  new Map([
    [
      'audit-dlq-growing',
      finding('unmet', {
        key: 'caracal.audit.events.dlq',
        target: 'redis',
        message: 'caracal.audit.events.dlq took 7 new entries (90 in all)',
        observed: { value: 7, unit: 'entries' },
        threshold: { op: '<=', value: 0 },
      }),
    ],
  ]),
)
const stopped = { snapshot: play(rules, 60), rules }
const pages = openedPages()

beforeAll(() => pages.start())
afterEach(() => pages.closeAll())
afterAll(() => pages.end())

const phone: BrowserContextOptions = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }

describe('on a phone', () => {
  it.each([
    ['with few replicas', few],
    ['with 504', many],
    ['with none', none],
  ])('nothing is wider than 360 pixels %s', async (_, release) => {
    const { page } = await pages.open(release, phone)
    for (const details of await page.locator('.panel > summary').all()) await details.click()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
  })

  it.each([
    ['a hold', few],
    ['a hold with 504 replicas', many],
    ['a stop', stopped],
  ])('the verdict and the first cause with place, time and first action fit into %s', async (_, release) => {
    const { page } = await pages.open(release, { ...phone, viewport: { width: 390, height: 780 } })
    for (const selector of [
      'h1',
      '.since',
      '.blocker h3',
      '.blocker .evidence > div',
      '.blocker .evidence > div:nth-child(2)',
      '.blocker .command .copy',
    ]) {
      const box = await page.locator(selector).first().boundingBox()
      expect([selector, (box?.y ?? Infinity) + (box?.height ?? 0) < 780]).toEqual([selector, true])
    }
  })
})

describe('without script', () => {
  it('the page is whole, loads itself anew, and promises nothing that needs script', async () => {
    const { page } = await pages.open(few, { javaScriptEnabled: false })
    await expect(page.locator('h1').innerText()).resolves.toBe('Hold')
    for (const id of ['why', 'gates', 'stops', 'timeline', 'signals', 'replicas', 'blind-spots', 'daemon'])
      await expect(page.locator(`#${id}`).isVisible()).resolves.toBe(true)
    await expect(page.locator('noscript meta').getAttribute('content')).resolves.toBe('5')
    await expect(page.locator('.copy').first().isVisible()).resolves.toBe(false)
    await page.locator('#gate-readiness > summary').click()
    await expect(page.locator('footer').innerText()).resolves.toContain('Without JavaScript')
  })
})

describe('by keyboard', () => {
  it('the first stop skips to the reasons, each has an outline, and details open', async () => {
    const { page } = await pages.open(few)
    const focused = (what: string) => page.evaluate(`document.activeElement.${what}`)
    await page.keyboard.press('Tab')
    expect(await focused('innerText')).toBe('Skip to the reasons')
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid')
    await page.keyboard.press('Enter')
    expect(await focused('id')).toBe('why')
    const seen: unknown[] = []
    for (let turn = 0; turn < 120; turn++) {
      await page.keyboard.press('Tab')
      seen.push(await focused('outerHTML.slice(0, 40)'))
      if ((await focused('parentElement?.id')) === 'stop-policy-failure') break
    }
    expect(await focused('parentElement?.id')).toBe('stop-policy-failure')
    await page.keyboard.press('Enter')
    await expect(page.locator('#stop-policy-failure .inside').isVisible()).resolves.toBe(true)
    expect(seen.some((element) => String(element).startsWith('<button'))).toBe(true)
  })

  it('a command is copied as it stands', async () => {
    const viewer = await pages.open(few, { permissions: ['clipboard-read', 'clipboard-write'] })
    const { page } = viewer
    const command = page.locator('.command').first()
    await command.locator('button').press('Enter')
    await page.locator('#announcement', { hasText: 'Copied' }).waitFor({ state: 'attached' })
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
      await command.locator('code').innerText(),
    )
  })

  it('a link to what is closed opens it', async () => {
    const { page } = await pages.open(few)
    await page.locator('.blocker .ref a').first().click()
    const id = await page.evaluate('location.hash.slice(1)')
    await expect(
      page
        .locator(`details:has(#${String(id)}), details#${String(id)}`)
        .first()
        .getAttribute('open'),
    ).resolves.toBe('')
  })
})

describe('what a browser tells', () => {
  it.each([
    ['light', { colorScheme: 'light' }, 'rgb(244, 246, 248)', 'rgb(20, 24, 31)'],
    ['dark', { colorScheme: 'dark' }, 'rgb(15, 19, 24)', 'rgb(232, 236, 242)'],
  ] as const)('is followed: %s', async (_, options, ground, text) => {
    const { page } = await pages.open(few, options)
    const style = 'getComputedStyle(document.body)'
    expect(await page.evaluate(`[${style}.backgroundColor, ${style}.color]`)).toEqual([ground, text])
  })

  it('is followed: no motion, colours of its own', async () => {
    const { page } = await pages.open(few, { reducedMotion: 'reduce', forcedColors: 'active' })
    expect(await page.evaluate('getComputedStyle(document.documentElement).scrollBehavior')).toBe('auto')
    expect(await page.evaluate("getComputedStyle(document.querySelector('.verdict')).borderStyle")).toBe(
      'solid',
    )
  })

  it('on paper everything is open, in black, with the times, the address and when it was printed', async () => {
    const { page } = await pages.open(few)
    await expect(page.locator('#stop-policy-failure .inside').isVisible()).resolves.toBe(false)
    await page.emulateMedia({ media: 'print' })
    await expect(page.locator('#stop-policy-failure .inside').isVisible()).resolves.toBe(true)
    for (const details of await page.locator('main details').all())
      expect((await details.locator(':scope > :last-child').boundingBox())?.height).toBeGreaterThan(0)
    const footer = await page.locator('footer').innerText()
    expect(footer).toContain('2026-11-22T20:00:01.000Z')
    expect(footer).toMatch(/Printed at \d{4}-.*Z from http:\/\/127\.0\.0\.1:\d+\//)
    await expect(page.locator('nav').isVisible()).resolves.toBe(false)
    await page.emulateMedia({ media: 'screen' })
    await page.locator('#stop-policy-failure .inside').waitFor({ state: 'hidden' })
    expect((await page.pdf()).length).toBeGreaterThan(20_000)
  })

  it('on paper everything is open without script too', async () => {
    const { page } = await pages.open(few, { javaScriptEnabled: false })
    await page.emulateMedia({ media: 'print' })
    await expect(page.locator('#stop-policy-failure .inside').isVisible()).resolves.toBe(true)
  })
})
