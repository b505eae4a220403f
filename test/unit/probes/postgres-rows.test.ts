import { describe, expect, test } from 'vitest'
import { firstRow, rowsOf } from '../../../src/probes/postgres.ts'

const columns = { pending: 'count', limit: 'integer', age: 'number?', role: 'text?' } as const
const row = { pending: 3, limit: -1, age: 0.5, role: 'api' }

test('X80: rows are taken as they are declared, with what may be null', () => {
  const rows = [row, { ...row, age: null, role: null }]
  expect(rowsOf('a-statement', columns, rows)).toEqual(rows)
  expect(rowsOf('a-statement', columns, [])).toEqual([])
})

describe('X80: a row of another statement is no reading:', () => {
  const { pending: _, ...without } = row
  test.each<readonly [string, object, string]>([
    ['a column is missing, which would count as none', without, 'no count pending'],
    ['a column is too much', { ...row, more: 1 }, '5 columns'],
    ['all columns are others', { one: 1 }, 'no count pending'],
    ['a count is a text', { ...row, pending: '3' }, 'no count pending'],
    ['a count is null', { ...row, pending: null }, 'no count pending'],
    ['a count is negative', { ...row, pending: -1 }, 'no count pending'],
    ['a count is broken', { ...row, pending: 0.5 }, 'no count pending'],
    ['a number is none', { ...row, age: Number.NaN }, 'no number age'],
    ['a number is infinite', { ...row, age: -Infinity }, 'no number age'],
    ['a whole number is none', { ...row, limit: 1.5 }, 'no integer limit'],
    ['a text is a number', { ...row, role: 1 }, 'no text role'],
    ['a name is that of every object', { ...without, constructor: 3 }, 'no count pending'],
  ])('%s', (_name, strange, what) => {
    expect(() => rowsOf('a-statement', columns, [row, strange])).toThrow(
      expect.objectContaining({
        unknownReason: 'malformed',
        reason: 'postgres_malformed',
        message: expect.stringContaining(`the statement a-statement with ${what}`),
      }),
    )
  })
})

test('X80: a statement that always gives a row has given something else when it gave none', () => {
  expect(firstRow('a-statement', [row, row])).toBe(row)
  expect(() => firstRow('a-statement', [])).toThrow('with no row')
})
