import type { Postgres, Value } from '../connections/postgres.ts'
import { PostgresFailure } from '../connections/postgres-failure.ts'
import type { Target } from '../core/observation.ts'
import type { Millis } from '../core/time.ts'
import { ProbeError, type Look, type Pace } from './probe.ts'
import { reasonsOf } from './declaration.ts'
import { postgresReasons } from './reasons.ts'

const why = reasonsOf(postgresReasons)

/** The one Postgres server of the platform. */
export const postgresTarget: Target = { id: 'postgres', labels: {} }

/** Every statement of a probe says what it cost. */
export interface Cost {
  /** Time that the server spent on carrying out the statement so far, in milliseconds; a plan is made once. */
  readonly spent: number
}

/** Column of Cost; the last one to be evaluated, behind the FROM clause that holds the work. */
export const spentColumn = `(extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000)::float8 AS spent`

/** A statement, the name that it is prepared under, and what it gives beside its cost. */
export interface Statement<Row extends object> {
  readonly name: string
  readonly text: string
  readonly columns: Columns<Row>
}

/**
 * Runs one statement.
 * @throws ProbeError when Postgres can't be asked, when a standby answered, whose rows may lag behind, or when the rows
 * are not those that the statement gives
 */
export async function ask<Row extends object>(
  postgres: Postgres,
  { name, text, columns }: Statement<Row>,
  values?: readonly Value[],
): Promise<readonly (Row & Cost)[]> {
  try {
    const rows = await postgres.query(name, text, values)
    return rowsOf<Row & Cost>(name, { ...columns, spent: 'number' } as Columns<Row & Cost>, rows)
  } catch (error) {
    throw error instanceof PostgresFailure ? new ProbeError(error, { cause: error }) : error
  }
}

/**
 * The pace whose brisk looks cost the server at most `budget` milliseconds in each second: a look that took `spent`
 * is repeated that much later, though never later than in the quiet cadence.
 */
export function affordable(pace: Pace, spent: Millis, budget: Millis): Pace {
  const interval = Math.ceil((spent / budget) * 1_000)
  return { ...pace, brisk: Math.min(pace.quiet, Math.max(pace.brisk, interval)) }
}

/** So many looks in a row must be dear before they count as dear: two seconds of the brisk cadence. */
const JUDGED_BY = 20

/**
 * Knows what a statement costs. What the server says that it spent has in it what the statement waited for a processor,
 * so the least of the last looks counts: looks are not to become rare just when the server is busy.
 */
export function openMeter(): { least(spent: Millis): Millis } {
  const last: Millis[] = []
  return {
    least(spent) {
      last.push(spent)
      if (last.length > JUDGED_BY) last.shift()
      return Math.min(...last)
    },
  }
}

/** Whether two answers say the same in all columns but `aside`, which say nothing of the platform. */
export function sameRows<Row extends Cost>(
  rows: readonly Row[],
  others: readonly Row[],
  ...aside: readonly (keyof Row)[]
): boolean {
  return (
    rows.length === others.length && rows.every((row, at) => isSameRow(row, others[at] as Row & Cost, aside))
  )
}

function isSameRow<Row extends Cost>(row: Row, other: Row, aside: readonly (keyof Row)[]): boolean {
  for (const column in row)
    if (column !== 'spent' && row[column] !== other[column] && !aside.includes(column)) return false
  return true
}

/** Makes a look of an answer, and gives the very same look again while the answers say the same. */
export function sameWhileSame<Row extends Cost>(make: (rows: readonly Row[]) => Look): typeof make {
  let last: { readonly rows: readonly Row[]; readonly look: Look } | undefined
  return (rows) => {
    if (last === undefined || !sameRows(rows, last.rows)) last = { rows, look: make(rows) }
    return last.look
  }
}

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
  const names = Object.keys(columns) as Extract<keyof Row, string>[]
  for (const row of rows) {
    const wrong = names.find((name) => !Object.hasOwn(row, name) || !fits(columns[name], (row as Row)[name]))
    if (wrong !== undefined) throw unexpected(statement, `no ${columns[wrong].replace('?', '')} ${wrong}`)
    const { length } = Object.keys(row)
    if (length !== names.length) throw unexpected(statement, `${length} columns`)
  }
  return rows as readonly Row[]
}

function fits(kind: Kind | `${Kind}?`, value: unknown): boolean {
  const isOptional = kind.endsWith('?')
  if (value === null) return isOptional
  return isKind[(isOptional ? kind.slice(0, -1) : kind) as Kind](value)
}

/** The first row of a statement that always gives one. */
export function firstRow<Row>(statement: string, rows: readonly Row[]): Row {
  const [row] = rows
  if (row === undefined) throw unexpected(statement, 'no row')
  return row
}

function unexpected(statement: string, what: string): ProbeError {
  return new ProbeError(
    why(
      'malformed',
      'postgres_malformed',
      `Postgres answered the statement ${statement} with ${what}: check that the address is that of Postgres, and what is between`,
    ),
  )
}
