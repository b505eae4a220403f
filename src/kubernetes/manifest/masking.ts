import { plain } from '../../core/text.ts'
import { isObject } from './objects.ts'

/** Longest value that is shown. */
const SHOWN_LIMIT = 60
/** What two long values have in common is shown as far as this. */
const CONTEXT = 12

export const ABSENT = '(absent)'
const SET = '(set)'
export const DIFFERS = '(differs)'

/** How far a value may be trusted to be no secret: its field says what it is, its user named it, or not at all. */
export type Trust = 'known-field' | 'own-name' | 'never'

const secretName =
  /token|pass|pwd|[-_]pw\b|secret|key|kek|dsn|credential|auth|bearer|private|hmac|salt|signature|cookie|jwt|checksum/i
const credentials =
  /:\/\/[^/\s]*@|\b(?:Bearer|Basic)\s|-----BEGIN|(?:token|pass|pwd|secret|key)\w*["']?\s*[=:]/i
const uuid = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/i

/**
 * Both values as every reader may see them. A value that only the live object has is never shown, nor are two of
 * which one may be a secret by its name or by its form.
 */
export function shown(
  name: string,
  expected: unknown,
  actual: unknown,
  trust: Trust,
): { readonly expected: string; readonly actual: string } {
  if (expected === undefined) return { expected: ABSENT, actual: SET }
  const secret = trust === 'never' || (trust === 'own-name' && secretName.test(name))
  if (secret || [expected, actual].some((value) => mayBeSecret(value, trust)))
    return { expected: DIFFERS, actual: actual === undefined ? ABSENT : DIFFERS }
  if (actual === undefined) return { expected: bounded(inWords(expected)), actual: ABSENT }
  return focused(inWords(expected), inWords(actual))
}

function mayBeSecret(value: unknown, trust: Trust): boolean {
  // A list of texts is mostly a command, whose options come before their values.
  if (Array.isArray(value))
    return value.some((entry) => mayBeSecret(entry, trust) || secretName.test(textOf(entry)))
  const text = textOf(value).slice(0, 4096)
  return credentials.test(text) || (trust !== 'known-field' && isOpaque(text))
}

/** What is long, in one piece, and mixed of letters and digits was made by a machine. */
function isOpaque(text: string): boolean {
  const pieces = text.match(/\w{20,}/g) ?? []
  return pieces.some((piece) => /\d/.test(piece) && /[a-z]/i.test(piece)) || uuid.test(text)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.some(isObject) ? `${value.length} entries` : `[${value.join(', ')}]`
  return isObject(value) ? SET : String(value) || '""'
}

function bounded(text: string): string {
  return plain(text, SHOWN_LIMIT)
}

/** Two long texts from where they part, so that both are not cut to the same. */
function focused(expected: string, actual: string): { expected: string; actual: string } {
  let common = 0
  while (common < expected.length && expected[common] === actual[common]) common += 1
  const tooLong = expected.length > SHOWN_LIMIT || actual.length > SHOWN_LIMIT
  const from = tooLong ? Math.max(0, common - CONTEXT) : 0
  const cut = (text: string) => bounded(from === 0 ? text : `…${text.slice(from)}`)
  return { expected: cut(expected), actual: cut(actual) }
}
