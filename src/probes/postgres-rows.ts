import { ProbeError } from './probe.ts'

/** What stands in a column; with `?` it may be null. A count is a whole number from 0. */
export type Kind = 'count' | 'integer' | 'number' | 'text'
export type Columns<Row> = Readonly<Record<Extract<keyof Row, string>, Kind | `${Kind}?`>>

const isKind: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  count: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  integer: (value) => Number.isSafeInteger(value),
  number: (value) => Number.isFinite(value),
  text: (value) => typeof value === 'string',
}

/**
 * The rows as what they are declared to be. What the server calls a row of ours, and what a pooler between may have
 * mixed up, is another's until it is looked at: a column that is missing would be read as nothing to see.
 * @throws ProbeError when a row has other columns, or other values in them
 */
export function rowsOf<Row extends object>(
  statement: string,
  columns: Columns<Row>,
  rows: readonly object[],
): readonly Row[] {
  const expected: readonly (readonly [string, Kind | `${Kind}?`])[] = Object.entries(columns)
  for (const row of rows) {
    const values = new Map<string, unknown>(Object.entries(row))
    const wrong = expected.find(([name, kind]) => !values.has(name) || !fits(kind, values.get(name)))
    if (wrong !== undefined) throw unexpected(statement, `no ${wrong[1].replace('?', '')} ${wrong[0]}`)
    if (values.size !== expected.length) throw unexpected(statement, `${values.size} columns`)
  }
  return rows as readonly Row[]
}

function fits(kind: Kind | `${Kind}?`, value: unknown): boolean {
  if (value === null) return kind.endsWith('?')
  return isKind[kind.replace('?', '') as Kind](value)
}

/** The first row of a statement that always gives one. */
export function firstRow<Row>(statement: string, rows: readonly Row[]): Row {
  const [row] = rows
  if (row === undefined) throw unexpected(statement, 'no row')
  return row
}

function unexpected(statement: string, what: string): ProbeError {
  return new ProbeError(
    'malformed',
    'postgres_malformed',
    `Postgres answered the statement ${statement} with ${what}: check that the address is that of Postgres, and what stands between`,
  )
}
