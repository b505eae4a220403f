/** A piece of SQL that means something. */
export interface Token {
  /** `word`: a keyword or a name as PostgreSQL folds it; `name`: a quoted one; `text`: a string, its body in `value`. */
  readonly kind: 'word' | 'name' | 'text' | 'sign' | 'psql'
  readonly value: string
  /** From 1. */
  readonly line: number
}

export interface Comment {
  readonly text: string
  readonly line: number
}

export interface Tokens {
  readonly tokens: readonly Token[]
  /** Those that begin with two dashes. */
  readonly comments: readonly Comment[]
  /** Why what follows could not be read, if so. */
  readonly fault?: { readonly message: string; readonly line: number }
}

type Lexeme =
  | { readonly kind: Token['kind'] | 'space' | 'comment'; readonly value: string; readonly end: number }
  | { readonly kind: 'fault'; readonly value: string; readonly end: number }

// Sticky, so that each is tried at one place; none can backtrack over more than it took.
const space = /\s+/y
const lineComment = /--([^\r\n]*)/y
const word = /[\p{L}_][\p{L}\p{N}_$]*/uy
const number = /\d[\w.]*/y
const dollar = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy
const meta = /\\[^\r\n]*/y

/** Takes SQL apart as psql would read it from a file. What stands in comments, strings and dollar quotes is no SQL. */
export function tokensOf(sql: string): Tokens {
  const tokens: Token[] = []
  const comments: Comment[] = []
  let line = 1
  let begin = 0
  for (let at = 0; at < sql.length;) {
    const last = tokens.at(-1)
    const isOver = last?.kind === 'sign' && last.value === ';' && tokens.length > begin
    const rows = isOver ? rowsAfter(sql, at, tokens.slice(begin)) : undefined
    if (isOver) begin = tokens.length
    const lexeme = rows ?? next(sql, at)
    if (lexeme.kind === 'fault') return { tokens, comments, fault: { message: lexeme.value, line } }
    if (lexeme.kind === 'comment') comments.push({ text: lexeme.value, line })
    else if (lexeme.kind !== 'space') tokens.push({ kind: lexeme.kind, value: lexeme.value, line })
    for (let n = at; n < lexeme.end; n++) if (sql.charCodeAt(n) === 10) line++
    at = lexeme.end
  }
  return { tokens, comments }
}

function next(sql: string, at: number): Lexeme {
  const matched = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(sql)
  }
  const blank = matched(space)
  if (blank !== null) return { kind: 'space', value: '', end: at + blank[0].length }
  const comment = matched(lineComment)
  if (comment !== null) return { kind: 'comment', value: comment[1] ?? '', end: at + comment[0].length }
  if (sql.startsWith('/*', at)) return blockComment(sql, at)
  const prefix = /^(?:[eEbBxXnN]|[uU]&)(?=')/.exec(sql.slice(at, at + 3))?.[0] ?? ''
  if (sql[at + prefix.length] === "'") return text(sql, at + prefix.length, /^[eE]$/.test(prefix))
  const quoted = /^[uU]&"/.test(sql.slice(at, at + 3)) ? at + 2 : at
  if (sql[quoted] === '"') return name(sql, quoted)
  const found = matched(word)
  if (found !== null) return { kind: 'word', value: found[0].toLowerCase(), end: at + found[0].length }
  const digits = matched(number)
  if (digits !== null) return { kind: 'sign', value: digits[0], end: at + digits[0].length }
  const tag = matched(dollar)
  if (tag !== null) return dollarQuoted(sql, at, tag[0])
  const command = matched(meta)
  if (command !== null) return { kind: 'psql', value: command[0], end: at + command[0].length }
  if (sql[at] === '\0') return { kind: 'fault', value: 'it holds a zero byte, so it is no SQL', end: at }
  return { kind: 'sign', value: sql[at] ?? '', end: at + 1 }
}

/** What COPY reads from the file itself, up to the line that ends it: rows, and no SQL. */
function rowsAfter(sql: string, at: number, statement: readonly Token[]): Lexeme | undefined {
  const isCopy = statement[0]?.kind === 'word' && statement[0].value === 'copy'
  if (!isCopy || !statement.some(({ kind, value }) => kind === 'word' && value === 'stdin')) return undefined
  const end = /^\\\.\r?$/gm
  end.lastIndex = at
  const found = end.exec(sql)
  return found === null
    ? { kind: 'fault', value: 'the rows of COPY do not end', end: sql.length }
    : { kind: 'space', value: '', end: found.index + found[0].length }
}

function blockComment(sql: string, from: number): Lexeme {
  let depth = 0
  for (let at = from; at < sql.length;) {
    if (sql.startsWith('/*', at)) {
      depth++
      at += 2
    } else if (sql.startsWith('*/', at)) {
      depth--
      at += 2
      if (depth === 0) return { kind: 'space', value: '', end: at }
    } else at++
  }
  return { kind: 'fault', value: 'a comment does not end', end: sql.length }
}

function text(sql: string, quote: number, escapes: boolean): Lexeme {
  for (let at = quote + 1; at < sql.length; at++) {
    if (escapes && sql[at] === '\\') at++
    else if (sql[at] === "'") {
      if (sql[at + 1] === "'") at++
      else return { kind: 'text', value: sql.slice(quote + 1, at), end: at + 1 }
    }
  }
  return { kind: 'fault', value: 'a string does not end', end: sql.length }
}

function name(sql: string, quote: number): Lexeme {
  for (let at = quote + 1; at < sql.length; at++)
    if (sql[at] === '"') {
      if (sql[at + 1] === '"') at++
      else return { kind: 'name', value: sql.slice(quote + 1, at).replaceAll('""', '"'), end: at + 1 }
    }
  return { kind: 'fault', value: 'a quoted name does not end', end: sql.length }
}

function dollarQuoted(sql: string, from: number, tag: string): Lexeme {
  const begin = from + tag.length
  const close = sql.indexOf(tag, begin)
  return close < 0
    ? { kind: 'fault', value: `what ${tag} begins does not end`, end: sql.length }
    : { kind: 'text', value: sql.slice(begin, close), end: close + tag.length }
}
