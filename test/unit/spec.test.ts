import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const specification = readFileSync(join(root, 'SPEC.md'), 'utf8')

/** Rules by number, with the law that each is and the files of the tests that hold it. */
const rules = specification
  .split(/^(?=- \*\*R\d{2,3}\*\*|## )/m)
  .filter((block) => block.startsWith('- **R'))
  .map((block) => {
    const [, id = '', law] = /^- \*\*(R\d{2,3})\*\*(?: \(law (\d)\))?/.exec(block) ?? []
    const [, held = ''] = block.split('Held by ')
    return { id, law, heldBy: [...held.matchAll(/`([^`]+)`/g)].map(([, file = '']) => pathOf(file)) }
  })

function pathOf(file: string): string {
  return `${/^(integration|e2e)\//.test(file) ? '' : 'unit/'}${file}.test.ts`
}

const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.test.ts'),
)

/** What tests say at the beginning of their name, or of a line in their table, that they hold. */
const named = files.flatMap((file) => {
  const text = readFileSync(join(root, 'test', file), 'utf8')
  // The ids of faults that the test would have caught may stand beside the numbers of rules.
  const titles = text.matchAll(/['"`]((?:(?:X\d+|R\d{2,3}|[Ll]aw \d):? )+)/g)
  return [...titles].flatMap(([, title = '']) =>
    [...title.matchAll(/(R\d{2,3})|[Ll]aw (\d)/g)].map(([, rule, law]) => ({ file, rule, law })),
  )
})

describe('the specification', () => {
  it('has rules, each with a number of its own', () => {
    expect(rules.length).toBeGreaterThan(30)
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length)
  })

  it('leaves no number out of the first 64; those after them are given in tens', () => {
    const expected = Array.from({ length: 64 }, (_, n) => `R${String(n + 1).padStart(2, '0')}`)
    expect(rules.map(({ id }) => id)).toEqual(expect.arrayContaining(expected))
  })

  it('has a rule for every law', () => {
    const laws = new Set(rules.flatMap(({ law }) => law ?? []))
    expect([...laws].toSorted()).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9'])
  })

  it('is held by at least one test for every rule', () => {
    const held = new Set(named.flatMap(({ rule }) => rule ?? []))
    const laws = new Set(named.flatMap(({ law }) => law ?? []))
    const loose = rules.filter(({ id, law }) => !held.has(id) && !(law !== undefined && laws.has(law)))
    expect(loose.map(({ id }) => id)).toEqual([])
  })

  it('names for every rule only tests that hold it, and at least one', () => {
    const wrong = rules.flatMap(({ id, law, heldBy }) => {
      const strangers = heldBy.filter(
        (held) =>
          !named.some(
            (one) => one.file === held && (one.rule === id || (law !== undefined && one.law === law)),
          ),
      )
      return heldBy.length === 0 ? [`${id} names none`] : strangers.map((file) => `${id}: ${file}`)
    })
    expect(wrong).toEqual([])
  })

  it('has every rule that a test names', () => {
    const known = new Set(rules.map(({ id }) => id))
    const strange = named.filter(({ rule }) => rule !== undefined && !known.has(rule))
    expect(strange.map(({ file, rule }) => `${file}: ${rule}`)).toEqual([])
  })

  it('has every law that a test names', () => {
    const known = new Set(rules.map(({ law }) => law))
    const strange = named.filter(({ law }) => law !== undefined && !known.has(law))
    expect(strange.map(({ file, law }) => `${file}: law ${law}`)).toEqual([])
  })
})
