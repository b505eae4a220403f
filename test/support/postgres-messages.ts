/** Messages of a Postgres server as bytes: https://www.postgresql.org/docs/18/protocol-message-formats.html. */
export function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from(type, 'latin1'), int32(body.length + 4), body])
}

export function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2)
  buffer.writeInt16BE(value)
  return buffer
}

export function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32BE(value)
  return buffer
}

export function text(value: string): Buffer {
  return Buffer.from(`${value}\0`)
}

export function authentication(code: number, data: Buffer = Buffer.alloc(0)): Buffer {
  return message('R', int32(code), data)
}

export function saslMechanisms(...names: readonly string[]): Buffer {
  return authentication(10, Buffer.concat([...names.map((name) => text(name)), Buffer.alloc(1)]))
}

/** An error (`E`) or a notice (`N`). */
export function report(type: 'E' | 'N', severity: string, code: string, said = 'as said'): Buffer {
  const fields = Object.entries({ S: severity, V: severity, C: code, M: said })
  const bodies = fields.map(([letter, value]) => text(`${letter}${value}`))
  return message(type, ...bodies, Buffer.alloc(1))
}

/** Names of columns with the numbers of their types. */
export function description(columns: Readonly<Record<string, number>>): Buffer {
  const bodies = Object.entries(columns).map(([name, type]) =>
    Buffer.concat([text(name), int32(0), int16(0), int32(type), int16(-1), int32(-1), int16(0)]),
  )
  return message('T', int16(bodies.length), ...bodies)
}

export function row(...values: readonly (string | null)[]): Buffer {
  const bodies = values.map((value) =>
    value === null ? int32(-1) : Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]),
  )
  return message('D', int16(values.length), ...bodies)
}

const parseComplete = message('1')
const bindComplete = message('2')
export const ready = message('Z', Buffer.from('I'))

export function complete(tag = 'SELECT 1'): Buffer {
  return message('C', text(tag))
}

/** The number of the process that the login names. */
const backend = 4711

const BOOLEAN = 16
const INTEGER = 23

/** What an honest server says at a login that needs no password. */
export const login: readonly Buffer[] = [
  authentication(0),
  message('S', text('server_version'), text('18.4')),
  message('S', text('client_encoding'), text('UTF8')),
  message('K', int32(backend), int32(1)),
  ready,
]

/** What precedes the answer to a statement of a look: the settings, and who answers. */
export function preamble({ inRecovery = 'f', process = backend } = {}): readonly Buffer[] {
  return [
    parseComplete,
    bindComplete,
    description({ in_recovery: BOOLEAN, backend: INTEGER }),
    row(inRecovery, String(process)),
    complete(),
  ]
}

/** The answer to `SELECT 1 AS one`. */
export const one: readonly Buffer[] = [
  parseComplete,
  bindComplete,
  description({ one: INTEGER }),
  row('1'),
  complete(),
  ready,
]
