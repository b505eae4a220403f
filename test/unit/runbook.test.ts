import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { causeIds } from '../../src/core/cause.ts'
import { platformRules } from './rules/platform-world.ts'

const folder = resolve(import.meta.dirname, '../../docs/runbook')
const { gates, stops } = platformRules()

/** What has a page beside stop conditions and checks. */
const own = ['exporter-starved', 'exporter-state-lost', 'rollout-failed']
const checks = gates.flatMap((gate) => gate.checks.map(({ id }) => id))
const titles = new Map(stops.map(({ id, title }) => [id, title]))

const pages = readdirSync(folder)
  .filter((file) => file !== 'README.md')
  .map((file) => ({ id: file.replace(/\.md$/, ''), text: readFileSync(join(folder, file), 'utf8') }))

/** A page that only leads to another of the same meaning. */
function isLeading(text: string): boolean {
  return !text.includes('\n## ')
}
const whole = pages.filter(({ text }) => !isLeading(text))

const headings = ['Is it real?', 'Who is affected', 'What to do', 'Is it over?', 'Forward or back', 'Further']
const ofStops = headings.toSpliced(4, 0, 'Acknowledge')

/** What stands in the fences of `sh`, without the indent of a list. */
function blocksOf(text: string): readonly string[] {
  return [...text.matchAll(/^( *)```sh\n([^]*?)^ *```$/gm)].map(([, indent = '', block = '']) =>
    block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  )
}

describe('the runbook', () => {
  it('X44: has a page for each check, stop condition and cause, and for nothing else', () => {
    const wanted = [...checks, ...titles.keys(), ...causeIds, ...own]
    expect(pages.map(({ id }) => id).toSorted()).toEqual([...new Set(wanted)].toSorted())
  })

  it('has a page for each thing that can block a rollout', () => {
    const advice = Object.values(platformRules().graph?.others ?? {})
    expect(new Set(advice.map(({ runbook }) => runbook))).toEqual(new Set(own))
  })

  it('has the title of each page in its index', () => {
    const index = readFileSync(join(folder, 'README.md'), 'utf8')
    const rows = [...index.matchAll(/\| \[([a-z-]+)\]\([a-z-]+\.md\) +\| (.+?) +\|$/gm)]
    expect(rows.map(([, id, title]) => `${id}: ${title}`).toSorted()).toEqual(
      pages.map(({ id, text }) => `${id}: ${/^# (.+)$/m.exec(text)?.[1]}`).toSorted(),
    )
  })

  it.each(pages)('$id: begins with its title and one sentence', ({ id, text }) => {
    const [, title, sentence] = /^# (.+)\n\n([^#`\n][^]*?)\n\n/.exec(text) ?? []
    expect([title, sentence?.endsWith('.')]).toEqual([titles.get(id) ?? title ?? 'a title', true])
  })

  it.each(pages.filter(({ text }) => isLeading(text)))(
    '$id: leads to a page with the same meaning',
    ({ text }) => {
      const [, target] = /\]\(([a-z-]+)\.md\)/.exec(text) ?? []
      expect(whole.map(({ id }) => id)).toContain(target)
    },
  )

  it.each(whole)('$id: has every part, in the order in which it is needed', ({ id, text }) => {
    const found = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
    expect(found).toEqual(titles.has(id) ? ofStops : headings)
    const [, todo = ''] = /^## What to do\n\n([^]*?)^## /m.exec(text) ?? []
    expect(todo.slice(0, 3)).toBe('1. ')
    expect(text.split('\n').length).toBeLessThanOrEqual(80)
  })

  it.each(pages)('$id: has commands that a shell takes, with every name set at the top', ({ text }) => {
    const [setting = '', ...blocks] = blocksOf(text)
    for (const block of [setting, ...blocks]) execFileSync('sh', ['-n'], { input: block })
    const set = new Set([...setting.matchAll(/\b([A-Z][A-Z_]*)=/g)].map(([, name]) => name))
    const used = blocks.flatMap((block) =>
      [...block.matchAll(/\$\{?([A-Z][A-Z_]*)/g)].map(([, name]) => name),
    )
    expect(used.filter((name) => !set.has(name) && name !== 'USER')).toEqual([])
    expect(blocks.filter((block) => /<[a-z]+>/.test(block))).toEqual([])
  })

  it.each(pages)('$id: is read where only the runbook is, so it links to nothing else', ({ text }) => {
    const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link)
    expect(links.filter((link) => !/^([a-z-]+|README)\.md(#[a-z-]+)?$|^https:/.test(link))).toEqual([])
  })
})
