import fc from 'fast-check'
import { parseSync } from 'libpg-query'
import { describe, expect, it } from 'vitest'
import { readScript } from '../../../src/sql/script.ts'
import { breakingStatements, decorated, wrapped } from './decorating.ts'
import { meaningOf } from './meaning.ts'

/** The parse tree without places. */
function treeOf(sql: string): string {
  return JSON.stringify(parseSync(sql), (key, value: unknown) =>
    /location|stmt_len|list_start|list_end/.test(key) ? undefined : value,
  )
}

const pieces = fc.constantFrom(
  "'", '"', '$$', '$a$', '--', '/*', '*/', '\n', ';', 'E', '\\', '\\.', ' ', 'x', '(', ')', ':', '\0', 'é', '\\echo',
  'drop table t', 'select 1', 'copy t from stdin;', 'begin atomic', 'end',
) // prettier-ignore

describe('X02: what a migration means', () => {
  it.each(breakingStatements)('is never that it only adds, however it is written: %s', async (template) => {
    await fc.assert(
      fc.asyncProperty(
        decorated(template).chain((sql) => fc.tuple(fc.constant(sql), wrapped(sql))),
        async ([sql, script]) => {
          expect(await meaningOf(sql)).toMatch(/^(?:breaks|unclear): /)
          // What is written otherwise is read, and not merely refused.
          expect(await meaningOf(sql)).not.toContain("can't be read")
          expect(await meaningOf(script)).toMatch(/^(?:breaks|unclear): /)
        },
      ),
      { numRuns: 60, seed: 2 },
    )
  })

  it('is the same for everything that Postgres reads as the same', async () => {
    await readScript('')
    await fc.assert(
      fc.asyncProperty(
        fc
          .constantFrom(...breakingStatements)
          .chain((template) => fc.tuple(decorated(template), decorated(template))),
        async ([one, other]) => {
          if (treeOf(one) === treeOf(other)) expect(await meaningOf(one)).toBe(await meaningOf(other))
        },
      ),
      { numRuns: 300, seed: 2 },
    )
  })

  it('comes to an end for any text, and is never that it only adds where Postgres reads nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')),
        async (sql) => {
          const meaning = await meaningOf(sql)
          expect(meaning).toMatch(/^(?:adds$|breaks: |unclear: )/)
          const { parts } = await readScript(sql)
          if (parts.some(({ kind }) => kind === 'fault')) expect(meaning).not.toBe('adds')
          // Behind what could be read whole, a statement is seen.
          if (parts.every(({ kind }) => kind !== 'fault'))
            expect(await meaningOf(`${sql}\n;\ndrop table seen`)).not.toBe('adds')
        },
      ),
      { numRuns: 1_500, seed: 2 },
    )
  })
})
