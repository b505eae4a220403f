/**
 * Whether the body of a message of the server is what the protocol says of its type. pg's parser does not ask: it reads
 * past the end of a message, throws, or never returns.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html
 */
export type MessageCheck = (body: Buffer) => boolean

const isEmpty: MessageCheck = (body) => body.length === 0

/** Messages whose form does not depend on others; `D` is checked by `rowFits`, `R` by `authenticationFits`. */
export const messageChecks: Readonly<Record<string, MessageCheck>> = {
  '1': isEmpty,
  '2': isEmpty,
  '3': isEmpty,
  n: isEmpty,
  I: isEmpty,
  // Nothing of ours leaves a transaction open.
  Z: (body) => body.length === 1 && body[0] === 'I'.charCodeAt(0),
  K: (body) => body.length === 8,
  C: (body) => isTexts(body, 0, 1),
  S: (body) => isTexts(body, 0, 2),
  A: (body) => body.length >= 4 && isTexts(body, 4, 2),
  E: isReport,
  N: isReport,
  T: isDescription,
}

/** Where the text that begins at `at` is over, behind its terminator; undefined when it has none. */
function afterText(body: Buffer, at: number): number | undefined {
  const end = body.indexOf(0, at)
  return end === -1 ? undefined : end + 1
}

function isTexts(body: Buffer, from: number, count: number): boolean {
  let at = from
  for (let n = 0; n < count; n += 1) {
    const after = afterText(body, at)
    if (after === undefined) return false
    at = after
  }
  return at === body.length
}

/** Fields of an error or a notice: a letter and a text each, and a terminator behind the last. */
function isReport(body: Buffer): boolean {
  const seen = new Set<string>()
  let at = 0
  while (at < body.length && body[at] !== 0) {
    seen.add(String.fromCharCode(body[at] ?? 0))
    const after = afterText(body, at + 1)
    if (after === undefined) return false
    at = after
  }
  return at === body.length - 1 && ['S', 'C', 'M'].every((field) => seen.has(field))
}

/** Table, column, type, size, modifier and format of a column, behind its name. */
const COLUMN_BYTES = 18

function isDescription(body: Buffer): boolean {
  if (body.length < 2) return false
  const columns = body.readInt16BE(0)
  let at = 2
  for (let n = 0; n < columns; n += 1) {
    const after = afterText(body, at)
    if (after === undefined || after + COLUMN_BYTES > body.length) return false
    // Values are asked for as text.
    if (body.readInt16BE(after + COLUMN_BYTES - 2) !== 0) return false
    at = after + COLUMN_BYTES
  }
  return columns >= 0 && at === body.length
}

/** How many columns a description that is well-formed has. */
export function columnsOf(description: Buffer): number {
  return description.readInt16BE(0)
}

/** Whether a row has `columns` values, each within it. */
export function rowFits(body: Buffer, columns: number): boolean {
  if (body.length < 2 || body.readInt16BE(0) !== columns) return false
  let at = 2
  for (let n = 0; n < columns; n += 1) {
    if (at + 4 > body.length) return false
    const length = body.readInt32BE(at)
    if (length < -1) return false
    at += 4 + Math.max(0, length)
  }
  return at === body.length
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

/** Names of those that a server may be configured for and that this client does not speak. */
export const otherAuthentications: Readonly<Record<number, string>> = {
  2: 'Kerberos 5',
  6: 'SCM credentials',
  7: 'GSSAPI',
  8: 'GSSAPI',
  9: 'SSPI',
}

/** Whether the request `code` at the begin of `body` has the form that it must have. */
export function authenticationFits(code: number, body: Buffer): boolean {
  switch (code) {
    case authentications.ok:
    case authentications.cleartext:
      return body.length === 4
    case authentications.md5:
      return body.length === 8
    case authentications.sasl:
      return isMechanisms(body)
    default:
      return true
  }
}

/** Names, each with its terminator, and an empty one behind the last. */
function isMechanisms(body: Buffer): boolean {
  let at = 4
  while (at < body.length && body[at] !== 0) {
    const after = afterText(body, at)
    if (after === undefined) return false
    at = after
  }
  return at === body.length - 1
}
