/** A word of an expression: a name, a text, a number or a sign. */
type Token = { readonly kind: 'name' | 'text' | 'number' | 'sign'; readonly value: string }

/** What names and functions mean in a tool's expressions. An unknown name is an error, as in those tools. */
export interface Language {
  readonly values: Readonly<Record<string, unknown>>
  readonly functions: Readonly<Record<string, (...operands: readonly unknown[]) => unknown>>
  /** What `.name` and `['name']` of something that has no members is; throws where the tool gives up. */
  memberOf(subject: unknown, name: string): unknown
}

/** Evaluates what recipes use of such languages: literals, members, calls, `-`, comparisons, `&&` and `||`. */
export function evaluate(expression: string, language: Language): unknown {
  const reader = readerOf(tokensOf(expression))
  const value = either(reader, language)()
  if (reader.peek() !== undefined) throw new Error(`unexpected ${reader.peek()?.value} in ${expression}`)
  return value
}

/** Not evaluated before it is needed: `&&` and `||` leave out what no longer counts, errors included. */
type Thunk = () => unknown

type Reader = {
  peek(): Token | undefined
  next(): Token
  /** Takes the sign when it comes next. */
  takes(sign: string): boolean
  expect(sign: string): void
}

function tokensOf(text: string): readonly Token[] {
  const pattern = /\s*(?:([A-Za-z_]\w*)|"([^"]*)"|'([^']*)'|(\d+(?:\.\d+)?)|(&&|\|\||[=!<>]=|[<>()[\].,-]))/y
  const tokens: Token[] = []
  const end = text.trimEnd().length
  while (pattern.lastIndex < end) {
    const from = pattern.lastIndex
    const [, name, double, single, number, sign] = pattern.exec(text) ?? []
    const quoted = double ?? single
    if (name !== undefined) tokens.push({ kind: 'name', value: name })
    else if (quoted !== undefined) tokens.push({ kind: 'text', value: quoted })
    else if (number !== undefined) tokens.push({ kind: 'number', value: number })
    else if (sign !== undefined) tokens.push({ kind: 'sign', value: sign })
    else throw new Error(`not understood: ${text.slice(from)}`)
  }
  return tokens
}

function readerOf(tokens: readonly Token[]): Reader {
  let place = 0
  const reader: Reader = {
    peek: () => tokens[place],
    next() {
      const token = tokens[place++]
      if (token === undefined) throw new Error('the expression ends too early')
      return token
    },
    takes(sign) {
      const token = tokens[place]
      if (token?.kind !== 'sign' || token.value !== sign) return false
      place++
      return true
    },
    expect(sign) {
      if (!reader.takes(sign))
        throw new Error(`${sign} is missing before ${tokens[place]?.value ?? 'the end'}`)
    },
  }
  return reader
}

function either(reader: Reader, language: Language): Thunk {
  let left = both(reader, language)
  while (reader.takes('||')) {
    const [before, after] = [left, both(reader, language)]
    left = () => truth(before()) || truth(after())
  }
  return left
}

function both(reader: Reader, language: Language): Thunk {
  let left = comparison(reader, language)
  while (reader.takes('&&')) {
    const [before, after] = [left, comparison(reader, language)]
    left = () => truth(before()) && truth(after())
  }
  return left
}

function truth(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Error(`${JSON.stringify(value)} is neither true nor false`)
  return value
}

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
}

function comparison(reader: Reader, language: Language): Thunk {
  const left = difference(reader, language)
  const sign = ['==', '!=', ...Object.keys(comparisons)].find((candidate) => reader.takes(candidate))
  if (sign === undefined) return left
  const right = difference(reader, language)
  if (sign === '==') return () => left() === right()
  if (sign === '!=') return () => left() !== right()
  return () => comparisons[sign]?.(numberOf(left()), numberOf(right()))
}

function difference(reader: Reader, language: Language): Thunk {
  let left = primary(reader, language)
  while (reader.takes('-')) {
    const [before, after] = [left, primary(reader, language)]
    left = () => numberOf(before()) - numberOf(after())
  }
  return left
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number') throw new Error(`${JSON.stringify(value)} is no number and no time`)
  return value
}

function primary(reader: Reader, language: Language): Thunk {
  const token = reader.next()
  if (token.kind === 'text') return () => token.value
  if (token.kind === 'number') return () => Number(token.value)
  if (token.kind === 'sign') {
    if (token.value !== '(') throw new Error(`unexpected ${token.value}`)
    const inner = either(reader, language)
    reader.expect(')')
    return inner
  }
  return members(
    reader,
    language,
    reader.takes('(') ? call(reader, language, token.value) : named(language, token.value),
  )
}

function named({ values }: Language, name: string): Thunk {
  if (!Object.hasOwn(values, name)) throw new Error(`unknown name ${name}`)
  return () => values[name]
}

function call(reader: Reader, language: Language, name: string): Thunk {
  const operands: Thunk[] = []
  if (!reader.takes(')')) {
    do operands.push(either(reader, language))
    while (reader.takes(','))
    reader.expect(')')
  }
  const meant = Object.hasOwn(language.functions, name) ? language.functions[name] : undefined
  if (meant === undefined) throw new Error(`unknown function ${name}`)
  return () => meant(...operands.map((operand) => operand()))
}

function members(reader: Reader, language: Language, subject: Thunk): Thunk {
  let result = subject
  for (;;) {
    const before = result
    if (reader.takes('.')) {
      const { value } = reader.next()
      result = () => language.memberOf(before(), value)
    } else if (reader.takes('[')) {
      const { value } = reader.next()
      reader.expect(']')
      result = () => language.memberOf(before(), value)
    } else return result
  }
}
