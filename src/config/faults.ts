import { nearest } from '../core/distance.ts'
import { plain } from '../core/text.ts'
import type { Digests } from './files.ts'
import { REDACTED } from './secret.ts'
import { isMapping, pathText, type Path } from './tree.ts'

/** One thing that is wrong with a configuration. */
export interface Fault {
  /** The key, e.g. `redis.url`; empty when the whole is meant. */
  readonly path: string
  /** `file:line:column`, the environment variable or the flag; absent for what was not given. */
  readonly location?: string
  /** What was given, secrets left out; absent when nothing was. */
  readonly value?: string
  readonly allowed: string
  /** One sentence with all of it but the location. */
  readonly message: string
}

/** A configuration that cannot be used, with everything that is wrong with it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly Fault[]
  /** What was read, as for a good configuration: a change there may fix it. */
  readonly files: Digests

  constructor(faults: readonly Fault[], files: Digests) {
    super(faults.map(faultText).join('\n'))
    this.faults = faults
    this.files = files
  }
}

/** A fault as one line of text. */
export function faultText({ location, message }: Fault): string {
  return location === undefined ? message : `${location}: ${message}`
}

/** A value as a fault may show it: short, on one line, without the secrets that a URL can hold. */
export function shown(value: unknown, secret = false): string {
  if (secret && !isMapping(value)) return REDACTED
  if (value === null) return 'empty'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (isMapping(value)) return `a mapping of ${plain(Object.keys(value).join(', '), 80) || 'nothing'}`
  if (typeof value === 'string') return `"${plain(withoutCredentials(value), 80)}"`
  return JSON.stringify(value) ?? 'nothing'
}

/** A URL, or what was meant as one, without user, password and query. */
export function withoutCredentials(text: string): string {
  return text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, `$1${REDACTED}@`)
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^?]*)\?.*$/is, `$1?${REDACTED}`)
}

interface About {
  readonly path: Path
  readonly location: string | undefined
  readonly allowed: string
}

/** Room for the longest list of ids that are allowed somewhere. */
const LONGEST = 4_000

function fault({ path, location, allowed }: About, message: string, value?: string): Fault {
  return {
    // A key comes from outside as well as a value does.
    path: plain(pathText(path)),
    allowed,
    message: plain(`${message}; allowed: ${allowed}`, LONGEST),
    ...(location !== undefined && { location }),
    ...(value !== undefined && { value }),
  }
}

export function wrong(about: About, value: string, hint = ''): Fault {
  return fault(about, `${pathText(about.path)} is ${value}${hint}`, value)
}

export function missing(about: About): Fault {
  return fault(about, `${pathText(about.path)} is missing`)
}

/** Anything else; `what` is a whole clause. */
export function said(about: About, what: string): Fault {
  return fault(about, what)
}

/** ` (did you mean "url"?)`, or nothing. What all begin with makes no two of them alike. */
export function didYouMean(word: string, candidates: Iterable<string>, prefix = ''): string {
  const rests = [...candidates].map((candidate) => candidate.slice(prefix.length))
  const found = nearest(word.slice(prefix.length), rests)
  return found === undefined ? '' : ` (did you mean "${prefix}${found}"?)`
}
