import { promises } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isIP } from 'node:net'
import { networkFailureOf } from '../../core/network-failure.ts'
import { clientFor, exchange, TooLarge } from '../http.ts'
import { objectIn } from '../origin.ts'
import { printable } from '../text.ts'
import { found, type Finding } from './reasons.ts'

/** A service of the platform, or one replica of it. */
export interface Target {
  readonly url: URL
  /** Address and port of a replica; host and port of a service. */
  readonly name: string
  /** The address to dial in place of what the name resolves to. */
  readonly address?: string
}

export interface Question {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string>>
  readonly json?: object
}

/** A whole answer. */
export interface Said {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  /** Milliseconds by which its clock is ahead of ours; 0 where it names no time. */
  readonly ahead: number
}

/** How requests are sent. */
export interface Way {
  /** Milliseconds for each. */
  readonly within: number
  readonly signal: AbortSignal
  readonly now: () => number
  /** PEM text of the certificate authorities to trust instead of the system's. */
  readonly ca?: string
}

/** One request, sent once: one that was lost may have been carried out. Never rejects. */
export async function ask(target: Target, question: Question, way: Way): Promise<Said | Finding> {
  const { method, path, form, json } = question
  const body = form === undefined ? json && JSON.stringify(json) : new URLSearchParams(form).toString()
  const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded'
  const deadline = AbortSignal.timeout(way.within)
  const url = new URL(path.replace(/^\//, ''), target.url)
  try {
    const request = clientFor(url.protocol).request(url, {
      agent: false,
      method,
      signal: AbortSignal.any([deadline, way.signal]),
      headers: {
        accept: 'application/json',
        'accept-encoding': 'identity',
        'user-agent': 'caracal-gate-canary',
        ...(body !== undefined && {
          'content-type': type,
          'content-length': String(Buffer.byteLength(body)),
        }),
        ...question.headers,
      },
      ...(target.address !== undefined && { lookup: always(target.address) }),
      ...(way.ca !== undefined && { ca: way.ca }),
    })
    const { status, headers, body: text } = await exchange(request, body)
    const told = Date.parse(headers['date'] ?? '')
    return { status, headers, body: text, ahead: Number.isNaN(told) ? 0 : told - way.now() }
  } catch (error) {
    if (way.signal.aborted) return found('request_lost', 'the canary was interrupted')
    if (deadline.aborted) return found('request_lost', `no whole answer within ${inSeconds(way.within)}`)
    return lostOf(error)
  }
}

function lostOf(error: unknown): Finding {
  if (error instanceof TooLarge) return found('answer_unclear', 'the answer is larger than 4 MiB')
  const failure = networkFailureOf(error)
  if (failure === undefined) return found('request_lost', printable(String(error), 200))
  const isBefore = ['refused', 'noRoute', 'noName', 'noNameServer', 'notConnected', 'tls'].includes(
    failure.fault,
  )
  return found(isBefore ? 'unreachable' : 'request_lost', `the server ${failure.says}`)
}

/** Resolves every name to this address. */
function always(address: string): LookupFunction {
  return (_, options, answer) => {
    const family = isIP(address)
    if (options.all === true) answer(null, [{ address, family }])
    else answer(null, address, family)
  }
}

/** Every address of the host is a replica; an address is itself. @throws when the name does not resolve */
export async function replicasAt(url: URL): Promise<readonly Target[]> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  if (isIP(host) !== 0) return [{ url, name: url.port === '' ? `${url.hostname}:${port}` : url.host }]
  const all = await promises.lookup(host, { all: true })
  // A pod with an address of each family is one replica.
  const own = all.filter(({ family }) => family === all[0]?.family)
  return own.map(({ address, family }) => ({
    url,
    address,
    name: `${family === 6 ? `[${address}]` : address}:${port}`,
  }))
}

export function isSaid(answer: Said | Finding): answer is Said {
  return 'status' in answer
}

/** Why the platform refused, as its services write it. */
export interface Refusal {
  readonly error: string
  readonly says: string
  /** What the policy named, where the policy decided; the error otherwise. */
  readonly reason: string
}

/** Undefined for an answer that is none of the platform's. */
export function refusalOf({ body }: Said): Refusal | undefined {
  const { error, error_description: described } = objectIn(body)
  if (typeof error !== 'string' || error === '') return undefined
  const says = typeof described === 'string' ? described : ''
  const [, reason = error] = /^policy denied \((\w+)\)$/.exec(says) ?? []
  return { error: printable(error, 60), says: printable(says, 160), reason: printable(reason, 60) }
}

/** `no_active_policy_set`, or `access_denied: policy denied`, with the status. */
export function inWords({ status }: Said, refusal: Refusal): string {
  const words = [refusal.error, refusal.says].filter((part) => part !== '').join(': ')
  return `${status} ${words}`
}

export function inSeconds(milliseconds: number): string {
  return `${Number((milliseconds / 1_000).toFixed(1))} s`
}
