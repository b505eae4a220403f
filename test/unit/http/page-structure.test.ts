import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Snapshot } from '../../../src/core/snapshot.ts'
import { placing } from '../../../src/http/page/page.ts'
import { syntheticRelease } from '../../support/synthetic-page.ts'
import { readPage, viewOf, viewOfSnapshot, type Read } from './page-views.ts'
import { blind, dead, failedRollout, latched, replicas, viewOfBatches, workload } from './page-worlds.ts'

const manyReplicas = syntheticRelease(504)
const noReplicas = syntheticRelease(0)
const pages: readonly (readonly [string, () => Read])[] = [
  ['proceed', () => readPage(viewOf(new Map()))],
  ['hold', () => readPage(viewOf(blind))],
  ['stop', () => readPage(viewOf(dead))],
  ['latched', () => readPage(latched())],
  ['latched, with a form', () => readPage({ ...latched(), acknowledging: true })],
  ['expired', () => readPage(viewOf(new Map(), 60, { expired: true }))],
  ['many replicas', () => readPage(viewOfSnapshot(manyReplicas.snapshot, manyReplicas.rules))],
  ['no replicas', () => readPage(viewOfSnapshot(noReplicas.snapshot, noReplicas.rules))],
  ['failed', () => readPage(failedRollout())],
  ['half updated', () => readPage(viewOfBatches(replicas(['a', 'a', 'b'], 0), workload(3, 1)))],
]

describe.each(pages)('the page (%s)', (_, read) => {
  const page = read()

  it('gives every id to one element, and leads every link of its own to one', () => {
    const ids = page.elements.flatMap(({ attributes }) => attributes['id'] ?? [])
    expect(
      ids
        .filter((id, place) => ids.indexOf(id) !== place)
        .filter((id) => id !== 'verdict' && id !== 'verdict-word'),
    ).toEqual([])
    const inside = page
      .all('a')
      .flatMap(({ attributes }) => /^#(.*)$/.exec(attributes['href'] ?? '')?.[1] ?? [])
    const signs = page.all('use').flatMap(({ attributes }) => attributes['href']?.slice(1) ?? [])
    expect([...inside, ...signs].filter((id) => !ids.includes(id))).toEqual([])
  })

  it('has one first heading, and leaves no level out', () => {
    const levels = page.elements
      .filter(({ name, parents }) => /^h[1-6]$/.test(name) && !parents.includes('template'))
      .map(({ name }) => Number(name[1]))
    expect(levels.filter((level) => level === 1)).toEqual([1])
    expect(levels.filter((level, place) => level > (levels[place - 1] ?? 0) + 1)).toEqual([])
  })

  it('has its landmarks, each part named by its heading', () => {
    for (const name of ['header', 'nav', 'main', 'footer']) expect(page.all(name)).toHaveLength(1)
    const parts = page
      .all('section')
      .map(({ attributes }) => attributes['aria-labelledby'] ?? attributes['aria-label'])
    expect(parts.filter((name) => name === undefined)).toEqual([])
  })

  it('holds no script but one, no style and no handler in its text, and loads its own files alone', () => {
    expect(page.all('style')).toEqual([])
    const inText = page.all('script').filter(({ attributes }) => attributes['src'] === undefined)
    expect(inText.map(({ text }) => text)).toEqual([placing])
    for (const { name, attributes, text } of page.elements) {
      expect(Object.keys(attributes).filter((key) => key === 'style' || key.startsWith('on'))).toEqual([])
      if (name === 'script' && text !== placing)
        expect([text, attributes['src']]).toEqual(['', expect.stringMatching(/^assets\//)])
      if (name === 'link') expect(attributes['href']).toMatch(/^assets\//)
    }
  })

  it('X40: names nothing by a path from the root, where a prefix would be lost', () => {
    const named = page.elements.flatMap(({ attributes }) =>
      Object.entries(attributes).filter(([, value]) => /^\s*[\\/]|url\s*[=(]/i.test(value)),
    )
    expect(named).toEqual([])
    expect(page.all('base')).toEqual([])
  })

  it('hides every sign from those who hear the page, for a word stands beside it', () => {
    for (const { attributes } of page.all('.sign')) expect(attributes['aria-hidden']).toBe('true')
    for (const { text } of page.all('.badge')) expect(text).toMatch(/^[a-z ]+$/)
  })
})

describe('the style sheet', () => {
  it('has no rule for a class that no page has', () => {
    const file = resolve(import.meta.dirname, '../../../src/http/page/browser/page.css')
    const selectors = readFileSync(file, 'utf8').replaceAll(/\/\*.*?\*\/|\{[^{}]*\}/gs, ' ')
    const styled = new Set([...selectors.matchAll(/\.([a-z][\w-]*)/g)].map(([, name]) => name))
    const rendered = new Set(
      pages.flatMap(([, read]) =>
        read().elements.flatMap(({ attributes }) => attributes['class']?.split(/\s+/) ?? []),
      ),
    )
    expect(styled.size).toBeGreaterThan(60)
    expect([...styled].filter((name) => name === undefined || !rendered.has(name))).toEqual([])
  })
})

describe('replicas', () => {
  it('of which there are hundreds are grouped by fault, counted where they are ready, and named in a table', () => {
    const page = readPage(viewOfSnapshot(manyReplicas.snapshot, manyReplicas.rules))
    expect(page.text('#replicas-title')).toBe('Replicas 432 of 504 ready')
    expect(page.all('.cells')).toEqual([])
    expect(page.all('.service').map(({ text }) => /(?<!not )ready \d+ replicas/.exec(text)?.[0])).toEqual([
      'ready 72 replicas',
      'ready 108 replicas',
      'ready 108 replicas',
      'ready 72 replicas',
      'ready 72 replicas',
    ])
    expect(page.text('.exceptions')).toMatch(
      /^not ready 12 replicas api-3, .* and 6 more: redis_unreachable$/,
    )
    expect(page.all('tr')).toHaveLength(504 + 5)
    // The worst come first.
    expect(page.text('tbody')).toMatch(/^api-3 not ready/)
    expect(page.markup.length).toBeLessThan(600_000)
  })

  it('of which there are none are said to be none', () => {
    const page = readPage(viewOfSnapshot(noReplicas.snapshot, noReplicas.rules))
    expect(page.text('#replicas')).toContain('No replica is known')
    expect(page.text('h1')).toBe('Hold')
  })

  it('that cannot be seen are neither ready nor not', () => {
    const { snapshot, rules } = syntheticRelease(12)
    const late: Snapshot = { ...snapshot, at: snapshot.at + 120_000 }
    const page = readPage(viewOfSnapshot(late, rules))
    expect(page.text('#replicas-title')).toBe('Replicas 0 of 12 ready')
    expect(page.text('.exceptions')).toContain('unknown api-0: api/api-0 was last looked at')
    expect(page.text('#blind-spots-title')).toMatch(/\d+ blind spots/)
    expect(page.text('#blind-spots')).toContain('last success 20:00:00 UTC')
  })
})
