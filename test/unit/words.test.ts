import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/** Words that have a plainer one; CONTRIBUTING.md says which. */
const stilted = /\b(whoever|nobody|somebody|is told|mend(s|ed)?|blindness)\b/i

/** The doctor's public JSON field. */
const contract = ['src/cli/doctor/document.ts:      mend: fix,']

function linesOf(...folders: string[]): readonly string[] {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...folders], {
    cwd: root,
    encoding: 'utf8',
  })
  return files
    .trim()
    .split('\n')
    .filter((file) => /\.(ts|js|css)$/.test(file))
    .flatMap((file) =>
      readFileSync(resolve(root, file), 'utf8')
        .split('\n')
        .map((line) => `${file}:${line}`),
    )
}

describe('the words of the product', () => {
  const lines = linesOf('src', 'alerts/source', 'dashboards/source')

  it('are read from its source', () => {
    expect(lines.length).toBeGreaterThan(10_000)
  })

  it('are plain', () => {
    expect(lines.filter((line) => stilted.test(line) && !contract.includes(line))).toEqual([])
  })
})
