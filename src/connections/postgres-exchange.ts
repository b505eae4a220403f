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

/** Whether the server has this very statement under its name. */
export type IsPrepared = (statement: Statement) => boolean

/**
 * Statements that are sent together and run in one transaction, which the server ends with the last of them. This is
 * what pg calls a Submittable: it calls the methods as the answers arrive.
 */
export class Exchange implements pg.Submittable {
  readonly #statements: readonly Statement[]
  readonly #isPrepared: IsPrepared
  readonly #answered: (rows: readonly (readonly Row[])[]) => void
  readonly #refused: (fault: Error) => void
  readonly #results: Row[][] = []
  #columns: readonly Column[] = []
  #rows: Row[] = []

  /**
   * @param answered gets the rows of each statement when all of them have arrived
   * @param refused gets the reason why there are none, perhaps before the server has said that it is done
   */
  constructor(
    statements: readonly Statement[],
    isPrepared: IsPrepared,
    answered: (rows: readonly (readonly Row[])[]) => void,
    refused: (fault: Error) => void,
  ) {
    this.#statements = statements
    this.#isPrepared = isPrepared
    this.#answered = answered
    this.#refused = refused
  }

  readonly submit = (connection: pg.Connection): void => {
    connection.stream.cork()
    for (const statement of this.#statements) {
      const { name, text, values } = statement
      if (name === '' || !this.#isPrepared(statement)) {
        // Another may be there, or one of an attempt that failed half-way; to close one that is not is no error.
        if (name !== '') connection.close({ type: 'S', name }, true)
        connection.parse({ name, text, types: [] }, true)
      }
      connection.bind({ statement: name, values: values.map(encoded) }, true)
      connection.describe({ type: 'P', name: '' }, true)
      connection.execute(null, true)
    }
    connection.sync()
    connection.stream.uncork()
  }

  handleRowDescription({ fields }: { readonly fields: readonly Column[] }): void {
    this.#columns = fields
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const entries = this.#columns.map(
      ({ name, dataTypeID }, index) => [name, decoded(fields[index] ?? null, dataTypeID)] as const,
    )
    this.#rows.push(Object.fromEntries(entries))
  }

  handleCommandComplete(): void {
    this.#results.push(this.#rows)
    this.#rows = []
  }

  handleReadyForQuery(): void {
    this.#answered(this.#results)
  }

  handleError(fault: Error): void {
    this.#refused(fault)
  }
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
