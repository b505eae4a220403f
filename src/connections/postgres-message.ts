/** What goes wrong on a connection without a word of the server. */
type FaultKind =
  /** An answer, or a turn on the connection, was late. */
  | 'timeout'
  | 'closed'
  | 'no_tls'
  /** A kind of login that this client does not speak. */
  | 'authentication'
  | 'too_large'
  | 'malformed'

/** A fault that this side found. */
export class ConnectionFault extends Error {
  override readonly name = 'ConnectionFault'
  readonly kind: FaultKind
  /** What exactly, in words of ours; holds nothing that the server wrote. */
  readonly detail: string

  constructor(kind: FaultKind, detail = '') {
    super(detail === '' ? kind : `${kind}: ${detail}`)
    this.kind = kind
    this.detail = detail
  }
}

/** What the server wants at login, by the number in the message. */
export const authentications = {
  ok: 0,
  cleartext: 3,
  md5: 5,
  sasl: 10,
  saslContinue: 11,
  saslFinal: 12,
} as const

/** Reads a body from its begin. Every method throws a RangeError where the body has not what is read. */
class Body {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  skip(count: number): void {
    this.#at += count
    ensure(this.#at <= this.#bytes.length)
  }

  number(bytes: 1 | 2 | 4): number {
    this.skip(bytes)
    return this.#bytes.readIntBE(this.#at - bytes, bytes)
  }

  /** A text with its terminator. Gives how many bytes it has without that. */
  text(): number {
    const from = this.#at
    const end = this.#bytes.indexOf(0, from)
    ensure(end !== -1)
    this.#at = end + 1
    return end - from
  }

  rest(): void {
    this.#at = this.#bytes.length
  }

  end(): void {
    ensure(this.#at === this.#bytes.length)
  }
}

function ensure(is: boolean): void {
  if (!is) throw new RangeError('not the form that the protocol gives it')
}

/** Reads what a message of one type must have. */
type Form = (body: Body, columns: number) => void

const empty: Form = () => {}

/** Fields of an error or a notice: a letter and a text each, and a terminator behind the last. */
const report: Form = (body) => {
  const seen = new Set<string>()
  for (let field = body.number(1); field !== 0; field = body.number(1)) {
    seen.add(String.fromCharCode(field))
    body.text()
  }
  ensure(['S', 'C', 'M'].every((field) => seen.has(field)))
}

/**
 * What the protocol says of the body of a message. pg's parser does not ask: it reads past the end of a message, throws,
 * or never returns. https://www.postgresql.org/docs/18/protocol-message-formats.html
 */
const forms: Readonly<Record<string, Form>> = {
  '1': empty,
  '2': empty,
  '3': empty,
  n: empty,
  I: empty,
  // Nothing of ours leaves a transaction open.
  Z: (body) => ensure(body.number(1) === 'I'.charCodeAt(0)),
  K: (body) => body.skip(8),
  C: (body) => void body.text(),
  S: (body) => void [body.text(), body.text()],
  A: (body) => void [body.number(4), body.text(), body.text()],
  E: report,
  N: report,
  T(body) {
    const columns = body.number(2)
    ensure(columns >= 0)
    for (let n = 0; n < columns; n += 1) {
      body.text()
      // Table, column, type, size and modifier.
      body.skip(16)
      // Values are asked for as text.
      ensure(body.number(2) === 0)
    }
  },
  D(body, columns) {
    ensure(body.number(2) === columns)
    for (let n = 0; n < columns; n += 1) {
      const length = body.number(4)
      ensure(length >= -1)
      body.skip(Math.max(0, length))
    }
  },
  R(body) {
    const code = body.number(4)
    if (code === authentications.md5) body.skip(4)
    // Names of mechanisms, and an empty one behind the last.
    else if (code === authentications.sasl) while (body.text() > 0);
    else if (code !== authentications.ok && code !== authentications.cleartext) body.rest()
  },
}

/** Whether a message has the form of its type; `columns` is how many values a row must have. */
export function isWellFormed(type: string, bytes: Buffer, columns: number): boolean {
  const body = new Body(bytes)
  try {
    ensure(Object.hasOwn(forms, type))
    forms[type]?.(body, columns)
    body.end()
    return true
  } catch (fault) {
    if (fault instanceof RangeError) return false
    throw fault
  }
}
