import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { faults } from '../../rig/platform/faults.ts'
import { operations } from '../../src/http/operations.ts'
import { remedyOf } from '../../src/probes/index.ts'
import { platformRules } from './rules/platform-world.ts'

const root = resolve(import.meta.dirname, '../..')
const { gates, stops } = platformRules()

function filesIn(folder: string, ending: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(folder, file))
}

function textOf(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

const pages = [...readdirSync(root).filter((file) => file.endsWith('.md')), ...filesIn('docs', '.md')].map(
  (file) => ({ file, text: textOf(file), prose: withoutFences(textOf(file)) }),
)

/** What a page says outside of its examples, where a `#` begins a heading and brackets a link. */
function withoutFences(text: string): string {
  return text.replaceAll(/^ *(```|~~~)[^]*?^ *\1$/gm, '')
}

function headings(file: string, level: number): readonly string[] {
  const hashes = '#'.repeat(level)
  return [...withoutFences(textOf(file)).matchAll(new RegExp(`^${hashes} (.+)$`, 'gm'))].map(
    ([, title = '']) => title,
  )
}

/** The anchor that a heading gets where pages are shown. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

describe('the runbook', () => {
  it('has an overview of every gate with its checks, and of nothing else', () => {
    const parts = textOf('docs/use/gates.md').split(/^## /m).slice(1)
    const found = parts.map((text) => ({
      id: text.split('\n')[0],
      checks: [...text.matchAll(/^\| \[([a-z-]+)\]\(\.\.\/runbook\/\1\.md\)/gm)].map(([, id]) => id),
    }))
    expect(found).toEqual(gates.map(({ id, checks }) => ({ id, checks: checks.map((check) => check.id) })))
  })

  it('has an overview of every stop condition by its kind, and of nothing else', () => {
    const kinds = { Edge: 'edge', Level: 'level', 'Cannot prove': 'cannot-prove' }
    const parts = textOf('docs/use/stop-conditions.md').split(/^## /m).slice(1)
    const found = parts.flatMap((text) =>
      [...text.matchAll(/^### ([a-z-]+)\n\n\[What to do\]\(\.\.\/runbook\/([a-z-]+)\.md\)/gm)].map(
        ([, id, page]) => [
          id,
          page,
          Object.entries(kinds).find(([title]) => text.startsWith(`${title}\n`))?.[1],
        ],
      ),
    )
    expect(new Set(found.map(String))).toEqual(new Set(stops.map(({ id, kind }) => `${id},${id},${kind}`)))
  })

  it('is named in the README, gate by gate', () => {
    const readme = textOf('README.md')
    expect(gates.filter(({ id }) => !readme.includes(`docs/use/gates.md#${id})`))).toEqual([])
  })
})

describe('the traps of the platform', () => {
  const all = Array.from({ length: 58 }, (_, index) => `T${String(index + 1).padStart(2, '0')}`)
  const rows = [
    ...textOf('docs/internals/traps.md').matchAll(/^\| (T\d\d) +\|([^|]*)\|([^|]*)\|(.*)\|$/gm),
  ].map(([, trap = '', , status = '', how = '']) => ({ trap, status: status.trim(), how }))
  const titles = filesIn('test', '.ts')
    // This file speaks of numbers and carries none.
    .filter((file) => file !== 'test/unit/docs.test.ts')
    .flatMap((file) => titlesIn(textOf(file)).map(({ traps, words }) => ({ file, traps, words })))

  it('have a row each', () => {
    expect(rows.map(({ trap }) => trap)).toEqual(all)
  })

  it('are covered, or it is said why not', () => {
    const known = ['covered', 'Kubernetes', 'not seen', 'not used']
    expect(rows.filter(({ status }) => !known.includes(status))).toEqual([])
    expect(rows.filter(({ how }) => how.trim() === '')).toEqual([])
  })

  it.each(rows.filter(({ status }) => status === 'covered'))(
    'name a test for $trap that carries its number',
    ({ trap, how }) => {
      const cited = [...how.matchAll(/`(test\/[^`]+)` "([^"]+)"/g)]
      expect(cited).not.toEqual([])
      for (const [, file, words] of cited)
        expect(titles.filter((title) => title.file === file && title.traps.includes(trap))).toContainEqual(
          expect.objectContaining({ words }),
        )
    },
  )

  it('are said to be covered where a test carries their number', () => {
    const covered = rows.filter(({ status }) => status === 'covered').map(({ trap }) => trap)
    const tested = [...new Set(titles.flatMap(({ traps }) => traps))]
    expect(tested.filter((trap) => !covered.includes(trap))).toEqual([])
  })
})

/** The strings that begin with numbers of traps, as titles of tests do, with what follows. */
function titlesIn(text: string): readonly { readonly traps: readonly string[]; readonly words: string }[] {
  return [...text.matchAll(/['"`]((?:T\d\d(?:, )?)+)(?:: ([^'"`\n]*))?['"`]/g)].map(
    ([, numbers = '', words = '']) => ({ traps: numbers.split(', '), words }),
  )
}

describe('the guide for Compose', () => {
  const guide = textOf('docs/operate/install-compose.md')

  it('X47: grants as many connections as the chart, which the doctor asks for', () => {
    const limit = /CONNECTION LIMIT (\d+)/
    const granted = limit.exec(textOf('helm/files/grants.sql'))?.[1]
    expect(limit.exec(guide)?.[1]).toBe(granted)
    expect(remedyOf('postgres_login_limit').join()).toContain(`CONNECTION LIMIT ${granted}`)
  })

  it('X47: loads the shipped rules, whose severities the shipped routes need', () => {
    const named = [...guide.matchAll(/\balerts\/[\w.-]+/g)].map(([path]) => path)
    expect(named).toEqual(
      expect.arrayContaining(['alerts/caracal-gate.rules.yaml', 'alerts/alertmanager.yaml']),
    )
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
    expect(guide).not.toMatch(/^ *- alert:/m)
  })
})

describe('every page', () => {
  it('is listed in docs/README.md, a recipe or a page of the runbook in the README beside it', () => {
    const listed = ['docs/README.md', 'docs/use/pipelines/README.md', 'docs/runbook/README.md'].flatMap(
      (index) =>
        [...textOf(index).matchAll(/\]\(([^)#]+\.md)\)/g)].map(([, link = '']) => join(dirname(index), link)),
    )
    const names = filesIn('docs', '.md').filter((file) => file !== 'docs/README.md')
    expect(names.filter((file) => !listed.includes(file))).toEqual([])
  })

  it.each(pages)('$file leads to files and headings that are there', ({ file, prose }) => {
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
    const broken = links
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [path = '', anchor] = link.split('#')
        const target = path === '' ? file : relative(root, resolve(root, dirname(file), path))
        if (!existsSync(join(root, target))) return true
        if (anchor === undefined) return false
        return ![1, 2, 3, 4].flatMap((level) => headings(target, level).map(anchorOf)).includes(anchor)
      })
    expect(broken).toEqual([])
  })

  it.each(pages)('$file shows its <words>: outside of code they would be tags', ({ prose }) => {
    const text = prose.replaceAll(/`[^`\n]*`|<!--[^]*?-->/g, '')
    const tags = [...text.matchAll(/(?<!\\)<\/?([a-z][^>\s]*)/gi)].map(([, tag = '']) => tag)
    expect(tags.filter((tag) => !/^(br|details|summary|https?:.*)$/.test(tag))).toEqual([])
  })

  it.each(pages)('$file names files that are there', ({ prose }) => {
    const named = [...prose.matchAll(/`((?:src|test|rig|demo|bench|scripts|docs)\/[\w./-]+\.\w+)`/g)]
    expect(named.map(([, path = '']) => path).filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it.each(pages)('$file names commands, faults and paths that are there', ({ text }) => {
    const scripts = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name)
    expect(scripts.filter((name) => !(name in packageJson.scripts))).toEqual([])
    const known = new Set(faults.map(({ name }) => name))
    const broken = [...text.matchAll(/demo -- fault ([a-z-]+)/g)].map(([, name = '']) => name)
    expect(broken.filter((name) => !known.has(name))).toEqual([])
    const paths = [...text.matchAll(/(?:127\.0\.0\.1|gate):9465(\/[\w/.-]*)/g)].map(([, path = '']) => path)
    expect(paths.filter((path) => !isServed(path))).toEqual([])
  })
})

function isServed(path: string): boolean {
  return operations.some(({ path: pattern }) =>
    new RegExp(`^${pattern.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
  )
}
