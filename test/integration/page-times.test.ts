import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openedPages } from '../support/opened-pages.ts'
import { eventually } from '../support/waiting.ts'
import { handMadeRules, play } from '../unit/http/context.ts'

// Times and ages, in a real chromium: elsewhere, with a wrong clock, without script.

const rules = handMadeRules(new Map())
/** Evaluated at 20:01:00 UTC; the verdict holds since 20:00:31. */
const proceeding = { snapshot: play(rules, 60), rules }
const pages = openedPages()

beforeAll(() => pages.start())
afterEach(() => pages.closeAll())
afterAll(() => pages.end())

describe('the times of the page', () => {
  it.each([
    ['America/New_York', '15:00:31 GMT-5'],
    ['Asia/Kolkata', '23 Nov 2026, 01:30:31 GMT+5:30'],
    ['UTC', '20:00:31 UTC'],
  ])('are those of the reader in %s, and say UTC on hover', async (timezoneId, words) => {
    const { page } = await pages.open(proceeding, { timezoneId })
    const since = page.locator('.since time')
    // In Kolkata it is the next day for the exporter as well, so that the day goes without saying.
    expect(await since.innerText()).toBe(words.replace('23 Nov 2026, ', ''))
    expect(await since.getAttribute('title')).toBe('2026-11-22 20:00:31 UTC')
    const zones = await page.locator('time').allInnerTexts()
    expect(zones.filter((text) => !text.endsWith(words.replace(/^.* /, '')))).toEqual([])
  })

  it('are in UTC without script', async () => {
    const { page } = await pages.open(proceeding, {
      javaScriptEnabled: false,
      timezoneId: 'America/New_York',
    })
    expect(await page.locator('.since').innerText()).toBe('since 20:00:31 UTC (29 s ago)')
  })

  it.each([-1, 1])('go on by the clock of the exporter, with a browser %i h off', async (hours) => {
    const viewer = await pages.view()
    await viewer.page.addInitScript(`{ const now = Date.now; Date.now = () => now() + ${hours} * 3_600_000 }`)
    const { url } = await pages.open(proceeding)
    await viewer.page.goto(url)
    const since = viewer.page.locator('.since')
    await eventually('the age goes on', async () => /\((3\d|[4-9]\d) s ago\)/.test(await since.innerText()))
    // It is the same evaluation for ever, as if a cache answered: that is no proof for long.
    await viewer.page.locator('h1', { hasText: 'Cannot tell' }).waitFor()
    expect(await viewer.page.locator('.sentence').innerText()).toContain('does not evaluate')
    expect(await since.innerText()).toMatch(/^since 20:01:0\d UTC \(\d+ s ago\)/)
  })
})
