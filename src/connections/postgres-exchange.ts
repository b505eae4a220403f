import type pg from 'pg'

/** A statement; prepared once under its name, or each time anew without one. */
export interface Statement {
  readonly name: string
  readonly text: string
  readonly values: readonly Value[]
}

/** What a statement may be given; a list becomes an array of texts. */
export type Value = string | readonly string[]

/** A row by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>

interface Column {
  readonly name: string
  readonly dataTypeID: number
}

/** What becomes of an exchange. */
interface Outcome {
  /** Whether the server has this very statement under its name. */
  readonly isPrepared: (statement: Statement) => boolean
  /** Gets the rows of each statement when all of them have arrived. */
  readonly answered: (rows: readonly (readonly Row[])[]) => void
  /** Gets the reason why there are none, perhaps before the server has said that it is done. */
  readonly refused: (fault: Error) => void
}

/**
 * Statements that are sent together and run in one transaction, which the server ends with the last of them. This is
 * what pg calls a Submittable: it calls the methods as the answers arrive.
 */
export function exchangeOf(
  statements: readonly Statement[],
  { isPrepared, answered, refused }: Outcome,
): pg.Submittable {
  const results: Row[][] = []
  let columns: readonly Column[] = []
  let rows: Row[] = []
  const handlers = {
    submit(connection: pg.Connection): void {
      connection.stream.cork()
      for (const statement of statements) send(connection, statement, isPrepared(statement))
      connection.sync()
      connection.stream.uncork()
    },
    handleRowDescription({ fields }: { readonly fields: readonly Column[] }): void {
      columns = fields
    },
    handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
      const entries = columns.map(
        ({ name, dataTypeID }, index) => [name, decoded(fields[index] ?? null, dataTypeID)] as const,
      )
      rows.push(Object.fromEntries(entries))
    },
    handleCommandComplete(): void {
      results.push(rows)
      rows = []
    },
    handleReadyForQuery: () => answered(results),
    handleError: refused,
  }
  return handlers
}

function send(connection: pg.Connection, { name, text, values }: Statement, isPrepared: boolean): void {
  if (name === '' || !isPrepared) {
    // Another may be there, or one of an attempt that failed half-way; to close one that is not is no error.
    if (name !== '') connection.close({ type: 'S', name }, true)
    connection.parse({ name, text, types: [] }, true)
  }
  connection.bind({ statement: name, values: values.map(encoded) }, true)
  connection.describe({ type: 'P', name: '' }, true)
  connection.execute(null, true)
}

function encoded(value: Value): string {
  if (typeof value === 'string') return value
  return `{${value.map((item) => `"${item.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`
}

const BOOLEAN = 16
/** int2, int4, float4, float8: what a number of JavaScript holds exactly; anything wider stays a text. */
const numbers: ReadonlySet<number> = new Set([21, 23, 700, 701])

/** https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/catalog/pg_type.dat has the numbers of types. */
function decoded(value: string | null, type: number): unknown {
  if (value === null) return null
  if (type === BOOLEAN) return value === 't'
  return numbers.has(type) ? Number(value) : value
}
