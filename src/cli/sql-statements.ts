import { tokensOf, type Comment, type Token } from './sql-tokens.ts'

/** One statement, without its semicolon. */
export type Statement = readonly Token[]

export interface Script {
  readonly statements: readonly Statement[]
  readonly comments: readonly Comment[]
  /** Why it could not be read to its end, if so. */
  readonly fault?: { readonly message: string; readonly line: number }
}

/** The statements of a file, as psql sends them to the server one by one. */
export function scriptOf(sql: string): Script {
  const { tokens, comments, fault } = tokensOf(sql)
  const statements: Token[][] = []
  let current: Token[] = []
  let depth = 0
  let blocks = 0
  for (const token of tokens) {
    if (token.kind === 'psql') {
      // A command of psql's own stands alone on its line.
      if (current.length > 0) statements.push(current)
      statements.push([token])
      current = []
      continue
    }
    if (token.kind === 'sign' && token.value === '(') depth++
    if (token.kind === 'sign' && token.value === ')') depth--
    if (token.kind === 'word' && isRoutine(current)) blocks += blockStep(token.value, blocks)
    if (token.kind === 'sign' && token.value === ';' && depth <= 0 && blocks === 0) {
      if (current.length > 0) statements.push(current)
      current = []
      depth = 0
    } else current.push(token)
  }
  if (current.length > 0) statements.push(current)
  return { statements, comments, ...(fault !== undefined && { fault }) }
}

/** Whether it makes a function or procedure, whose body may be written out between BEGIN and END. */
function isRoutine(statement: readonly Token[]): boolean {
  const [first, ...rest] = statement.slice(0, 4).map(({ value }) => value)
  const [what] = rest[0] === 'or' && rest[1] === 'replace' ? rest.slice(2) : rest
  return first === 'create' && (what === 'function' || what === 'procedure')
}

function blockStep(word: string, blocks: number): number {
  if (word === 'begin') return 1
  if (blocks > 0 && word === 'case') return 1
  return blocks > 0 && word === 'end' ? -1 : 0
}
