import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/** Words that have a plainer one; CONTRIBUTING.md says which. */
const stilted = /\b(whoever|nobody|somebody|is told|mend(s|ed)?|blindness)\b/i

/** More of them, in what people read: a look is a probe attempt, and a person is named or left out. */
const stiltedInText =
  /\b([Aa]nybody|[Hh]ence|(is|are|was|were) told|([Aa]|[Ee]ach|[Ee]very|[Tt]he|last|first|own) looks?)\b(?!-)|\bLooks\b/

/** The doctor's public JSON field. */
const contract = [
  'src/cli/doctor/document.ts:      mend: fix,',
  `docs/operate/doctor.md:caracal-gate doctor -o json | jq '.findings[] | select(.state == "failed") | .mend[]'`,
]

const code = /\.(ts|js|css)$/
const text = /\.(md|ya?ml|txt)$/

function linesOf(names: RegExp, ...folders: string[]): readonly string[] {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...folders], {
    cwd: root,
    encoding: 'utf8',
  })
  return files
    .trim()
    .split('\n')
    .filter((file) => names.test(file))
    .flatMap((file) =>
      readFileSync(resolve(root, file), 'utf8')
        .split('\n')
        .map((line) => `${file}:${line}`),
    )
}

describe('the words of the product', () => {
  const lines = linesOf(code, 'src', 'alerts/source', 'dashboards/source')

  it('are read from its source', () => {
    expect(lines.length).toBeGreaterThan(10_000)
  })

  it('are plain', () => {
    expect(lines.filter((line) => stilted.test(line) && !contract.includes(line))).toEqual([])
  })
})

describe('the words of the documentation', () => {
  const lines = linesOf(
    text,
    '*.md',
    'docs',
    'helm/values.yaml',
    'helm/README.md',
    'helm/templates',
    '.github',
  )

  it('are read from every page', () => {
    expect(lines.length).toBeGreaterThan(4_000)
  })

  it('are plain', () => {
    // Titles of tests are cited as they are.
    const found = lines.filter((line) => {
      const own = line.replaceAll(/`test\/[^`]+` "[^"]+"/g, '')
      return stilted.test(own) || stiltedInText.test(own)
    })
    expect(found.filter((line) => !contract.includes(line))).toEqual([])
  })
})
