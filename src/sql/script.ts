import { loadModule, parseSync, scanSync, type Node, type ScanToken } from 'libpg-query'

/** A part of a file of SQL, in its order; lines count from 1. */
export type Part =
  /** `text`: as it is in the file. */
  | { readonly kind: 'statement'; readonly line: number; readonly node: Node; readonly text: string }
  /** A command of psql's own, with its backslash. */
  | { readonly kind: 'psql'; readonly line: number; readonly command: string }
  /** What could not be read; the message follows the name of the file. */
  | { readonly kind: 'fault'; readonly line: number; readonly message: string }

export interface Script {
  readonly parts: readonly Part[]
  /** Those that begin with two dashes, without them. */
  readonly comments: readonly { readonly text: string; readonly line: number }[]
}

/** Places of a file that may be a command of psql or rows of COPY; each is looked at, which takes time. */
const MOST_CANDIDATES = 200

/**
 * Reads a file as psql sends it to a server: statements are taken apart and parsed by the parser of Postgres itself.
 * Whatever it does not understand is a fault. Nothing in a file makes it throw.
 */
export async function readScript(sql: string): Promise<Script> {
  // The parser is a module of WebAssembly, which loads once.
  await loadModule()
  const reading: Reading = { sql, parts: [], comments: [] }
  // For the parser a text ends at a zero byte, so what follows would be hidden.
  if (sql.includes('\0')) {
    const line = lineAt(sql, sql.indexOf('\0'))
    reading.parts.push({
      kind: 'fault',
      line,
      message: "can't be read: it holds a zero byte, so it is no SQL",
    })
    return reading
  }
  let from = 0
  let tried = 0
  // A line that begins with a backslash is a command of psql, unless it is in a string or comment.
  const candidate = /^[ \t]*(\\[^\r\n]*)|\bstdin\b[^;]*;/gim
  for (let found = candidate.exec(sql); found !== null; found = candidate.exec(sql)) {
    if (++tried > MOST_CANDIDATES) {
      const message = `can't be read: it has more than ${MOST_CANDIDATES} lines that may be commands of psql or rows of COPY`
      reading.parts.push({ kind: 'fault', line: lineAt(sql, found.index), message })
      return reading
    }
    const [all, command] = found
    const end = found.index + all.length
    const next = command === undefined ? afterRows(reading, from, end) : afterCommand(reading, from, found)
    if (next === undefined) continue
    from = next
    candidate.lastIndex = next
  }
  take(reading, from, sql.length)
  return reading
}

interface Reading {
  readonly sql: string
  readonly parts: Part[]
  readonly comments: { readonly text: string; readonly line: number }[]
}

/** Takes the command of psql if it is one. Returns where to go on. */
function afterCommand(reading: Reading, from: number, found: RegExpExecArray): number | undefined {
  const { sql, parts } = reading
  const [all, command = ''] = found
  // What ends within a string or comment can't be scanned.
  const tokens = scanned(sql.slice(from, found.index))
  if (tokens === undefined) return undefined
  const line = lineAt(sql, found.index)
  const last = tokens.findLast((token) => !isComment(token))
  take(reading, from, found.index)
  if (last !== undefined && last.text !== ';')
    parts.push({ kind: 'fault', line, message: 'has a command of psql in the middle of a statement' })
  parts.push({ kind: 'psql', line, command })
  return found.index + all.length
}

/** Takes the statement up to `end` and the rows behind it, if it is a COPY that reads them from the file itself. */
function afterRows(reading: Reading, from: number, end: number): number | undefined {
  const { sql, parts } = reading
  const statements = parsed(sql.slice(from, end))
  const last = 'stmts' in statements ? statements.stmts.at(-1)?.node : undefined
  if (last === undefined || !('CopyStmt' in last)) return undefined
  const { is_from, filename } = last.CopyStmt
  if (is_from !== true || filename !== undefined) return undefined
  take(reading, from, end)
  const line = lineAt(sql, end)
  const rest = /[^\r\n]*/y
  rest.lastIndex = end
  if ((rest.exec(sql)?.[0] ?? '').trim() !== '')
    parts.push({
      kind: 'fault',
      line,
      message: "can't be read: there is something between COPY and its rows",
    })
  const last_row = /^\\\.\r?$/gm
  last_row.lastIndex = end
  const over = last_row.exec(sql)
  if (over === null)
    parts.push({ kind: 'fault', line, message: "can't be read: the rows of COPY do not end" })
  return over === null ? sql.length : over.index + over[0].length
}

/** Takes what is between two places, in which there are statements and comments only. */
function take({ sql, parts, comments }: Reading, from: number, to: number): void {
  const text = sql.slice(from, to)
  if (text.trim() === '') return
  const tokens = scanned(text)
  const bytes = Buffer.from(text)
  const lineOf = lineCounter(bytes, lineAt(sql, from))
  for (const { text: comment, tokenName, start } of tokens ?? [])
    if (tokenName === 'SQL_COMMENT') comments.push({ text: comment.slice(2), line: lineOf(start) })
  const result = parsed(text)
  if ('fault' in result) {
    const message = usesVariable(tokens ?? [], bytes)
      ? 'uses a variable of psql'
      : `can't be read: ${result.fault}`
    parts.push({ kind: 'fault', line: lineAt(sql, from) - 1 + lineAt(text, result.at), message })
    return
  }
  const words = (tokens ?? []).filter((token) => !isComment(token)).values()
  let word = words.next().value
  const lineOfStatement = lineCounter(bytes, lineAt(sql, from))
  for (const { node, start, end } of result.stmts) {
    // A statement begins where the one before it ends, with blanks and comments.
    while (word !== undefined && word.start < start) word = words.next().value
    const first = word?.start ?? start
    parts.push({
      kind: 'statement',
      line: lineOfStatement(first),
      node,
      text: bytes.toString('utf8', first, end),
    })
  }
}

type Parsed =
  /** Places in bytes. */
  | { readonly stmts: readonly { readonly node: Node; readonly start: number; readonly end: number }[] }
  | { readonly fault: string; readonly at: number }

function parsed(text: string): Parsed {
  try {
    const end = Buffer.byteLength(text)
    const { stmts = [] } = parseSync(text)
    return {
      stmts: stmts.flatMap(({ stmt, stmt_location: start = 0, stmt_len: length = 0 }) =>
        stmt === undefined ? [] : [{ node: stmt, start, end: length === 0 ? end : start + length }],
      ),
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const details: unknown = 'sqlDetails' in error ? error.sqlDetails : undefined
    const at =
      typeof details === 'object' && details !== null && 'cursorPosition' in details
        ? Number(details.cursorPosition)
        : 0
    const isTooDeep = error instanceof RangeError
    return { fault: isTooDeep ? 'a statement nests too deeply' : error.message, at }
  }
}

/** The tokens of a text, comments too; undefined when it ends within a string or comment, or is no SQL. */
function scanned(text: string): readonly ScanToken[] | undefined {
  if (text === '') return []
  try {
    // The scanner puts control characters into JSON as they are; none of them makes a difference to where a token ends.
    return scanSync(text.replaceAll(/[\0-\x08\v\f\x0e-\x1f\x7f]/g, ' ')).tokens
  } catch {
    return undefined
  }
}

function isComment({ tokenName }: ScanToken): boolean {
  return tokenName === 'SQL_COMMENT' || tokenName === 'C_COMMENT'
}

/** psql puts something else in the place of `:name`, `:'name'`, `:"name"` and `:{?name}` before the server sees it. */
function usesVariable(tokens: readonly ScanToken[], bytes: Buffer): boolean {
  return tokens.some(
    ({ text, end }) => text === ':' && /^[\p{L}_'"{]/u.test(bytes.toString('utf8', end, end + 4)),
  )
}

/** Tells the lines of places in bytes that come in their order; the text begins in line `first`. */
function lineCounter(bytes: Buffer, first: number): (place: number) => number {
  let line = first
  let at = bytes.indexOf(10)
  return (place) => {
    for (; at >= 0 && at < place; at = bytes.indexOf(10, at + 1)) line++
    return line
  }
}

/** The line, from 1, of a place in a text. */
function lineAt(text: string, place: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < place; at = text.indexOf('\n', at + 1)) line++
  return line
}
