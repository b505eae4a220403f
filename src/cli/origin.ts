import type { Reply } from './http.ts'
import { printable } from './text.ts'

/** What the exporter says when it refuses: a problem as RFC 9457 has it. */
export interface Problem {
  /** The URI that says which problem it is. */
  readonly type: string
  readonly title: string
  readonly detail: string
  /** What would be right, where that is a list. */
  readonly allowed: readonly string[]
}

const problemType = /^application\/problem\+json\b/i
/** The realm that the exporter asks for tokens of. */
const ownRealm = 'realm="caracal-gate-exporter"'

/**
 * The problem that the exporter answered with, or undefined when a refusal is not the exporter's: something in front of
 * it refuses in words of its own.
 */
export function problemOf({ status, headers, body }: Reply): Problem | undefined {
  const challenge = headers['www-authenticate'] ?? ''
  const isOwnChallenge = challenge.includes(ownRealm)
  if (challenge !== '' && !isOwnChallenge) return undefined
  if (!problemType.test(headers['content-type'] ?? ''))
    return isOwnChallenge ? { type: '', title: '', detail: '', allowed: [] } : undefined
  const said = objectIn(body)
  if (said['status'] !== status) return undefined
  const allowed = Array.isArray(said['allowed'])
    ? said['allowed'].filter((name) => typeof name === 'string')
    : []
  return { type: textIn(said, 'type'), title: textIn(said, 'title'), detail: textIn(said, 'detail'), allowed }
}

/** The object of a JSON text; empty for everything else. */
export function objectIn(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

function textIn(object: Readonly<Record<string, unknown>>, key: string): string {
  const value = object[key]
  return typeof value === 'string' ? printable(value) : ''
}

/** What answers in place of the exporter, as far as its answer tells. */
export interface Stranger {
  readonly kind: 'login' | 'forbidden' | 'redirect' | 'page' | 'unwell' | 'throttling' | 'other'
  /** One line: what it did, and who it says that it is. */
  readonly message: string
  /** Waiting does not help. */
  readonly lasting: boolean
}

/** Says what an answer is that is none of the exporter. */
export function strangerOf(reply: Reply): Stranger {
  const kind = kindOf(reply)
  const advice = passing.has(kind) ? '' : `; ${answered.has(kind) ? isItsAddress : ownAddress}`
  const message = `${words[kind]}: it answered ${reply.status}${marksOf(reply)}${advice}`
  return { kind, message, lasting: !passing.has(kind) }
}

const passing: ReadonlySet<Stranger['kind']> = new Set(['unwell', 'throttling'])
const answered: ReadonlySet<Stranger['kind']> = new Set(['page', 'other'])
const isItsAddress = "is --url the exporter's address?"
const ownAddress = "give the exporter's own address with --url"

const words: Readonly<Record<Stranger['kind'], string>> = {
  login: 'something in front of the exporter wants a login',
  forbidden: 'something in front of the exporter refuses, perhaps for want of a login',
  redirect: 'the address redirects elsewhere, as a login in front of the exporter does',
  page: 'the answer is a web page: something else than the exporter answers there',
  unwell: 'nothing well is behind the address',
  throttling: 'something in front of the exporter is asked too often',
  other: 'something else than the exporter answers there',
}

function kindOf({ status, headers, body }: Reply): Stranger['kind'] {
  const challenged = 'www-authenticate' in headers || 'proxy-authenticate' in headers
  if (challenged || status === 401 || status === 407) return 'login'
  if (status === 403) return 'forbidden'
  if (status >= 300 && status < 400) return 'redirect'
  if (status === 429) return 'throttling'
  if (status >= 500) return 'unwell'
  return isPage(body) && status < 300 ? 'page' : 'other'
}

/** Whether a body is of HTML or XML. */
export function isPage(body: string): boolean {
  return /^\s*</.test(body)
}

/** What identifies the stranger: its challenge, where it sends to, its name, the title of its page. */
function marksOf({ headers, body }: Reply): string {
  const [, title = ''] = /<title[^>]*>([^<]*)/i.exec(body.slice(0, 16_384)) ?? []
  const marks = [
    ['WWW-Authenticate', headers['www-authenticate']],
    ['Proxy-Authenticate', headers['proxy-authenticate']],
    ['location', withoutQuery(headers['location'])],
    ['server', headers['server']],
    ['page', title],
  ].flatMap(([name, value = '']) => {
    const shown = printable(value, 120)
    return shown === '' ? [] : [`${name}: ${shown}`]
  })
  return marks.length === 0 ? '' : ` (${marks.join('; ')})`
}

/** What follows in an address of a login may be good for one. */
function withoutQuery(location: string | undefined): string | undefined {
  return location?.replace(/[?#].*$/s, '').replace(/\/\/[^/]*@/, '//')
}
