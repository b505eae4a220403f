import type * as Http from 'node:http'
import { createRequire } from 'node:module'
import { networkFailureOf, type NetworkFailure } from '../core/network-failure.ts'
import type { TlsFault } from '../core/tls-fault.ts'
import { printable } from './text.ts'

/** Where the exporter is and how to speak with it. */
export interface Endpoint {
  /** Ends in a slash. */
  readonly url: URL
  /** Asked before each request: a token may be rotated while a command waits. */
  readonly token: () => Promise<string | undefined>
  /** PEM text of the certificate authorities to trust instead of the system's; asked before each request, too. */
  readonly ca?: () => Promise<string>
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  /**
   * Milliseconds from the moment that the request could leave, over an established connection, to the end of the
   * answer: at least the time since the server sent it.
   */
  readonly took: number
  /** Whether it is the answer to this very request: what is said with a request alone came back with it. */
  readonly echoed?: boolean
}

/** There was no whole answer. */
export interface NoReply {
  readonly reason: 'unreachable' | 'timeout' | 'untrusted' | 'too_large' | 'token' | 'interrupted'
  readonly message: string
}

export interface Ask {
  /** Relative to the endpoint. */
  readonly path: string
  /** Milliseconds for everything, from the resolution of the name to the last byte. */
  readonly within: number
  readonly signal: AbortSignal
  /** JSON to POST; without it, this is a GET. */
  readonly body?: string
  /** Takes the body of an answer with 200 piece by piece, however long it is; the reply has none then. */
  readonly take?: (chunk: Uint8Array) => Promise<void>
}

// By require: an import would ask `node:http` for its WebSocket, which loads all of Node's fetch, 15 ms of a command's 80.
const require = createRequire(import.meta.url)
/** The module of Node that speaks `http:` or `https:`. */
export const clientFor = (protocol: string) =>
  require(protocol === 'https:' ? 'node:https' : 'node:http') as Pick<typeof Http, 'request'>

/** Milliseconds for one question: a healthy exporter answers in a few. */
export const patience = 10_000

/** Larger than any document: 500 pods make half a megabyte. */
const longestBody = 4 * 1024 * 1024

/** Tells this request from every other, so that a cache cannot answer it. It is no secret: `crypto` would cost 1 MB for it. */
function unlikeAnyOther(): string {
  return [0, 0].map(() => Math.random().toString(36).slice(2)).join('-')
}

/** One GET or POST, without redirects, proxies, cookies or compression. Never rejects. */
export async function ask(
  endpoint: Endpoint,
  { path, within, signal, body, take }: Ask,
): Promise<Reply | NoReply> {
  let authorization: string | undefined
  try {
    authorization = await endpoint.token()
  } catch (error) {
    return { reason: 'token', message: messageOf(error) }
  }
  let ca: string | undefined
  try {
    ca = await endpoint.ca?.()
  } catch (error) {
    return { reason: 'untrusted', message: messageOf(error) }
  }
  const nonce = unlikeAnyOther()
  const deadline = AbortSignal.timeout(Math.max(1, Math.ceil(within)))
  const { request } = clientFor(endpoint.url.protocol)
  const options: Http.RequestOptions & { ca?: string } = {
    // A connection of its own for each request: one that died while it was kept would cost an answer.
    agent: false,
    method: body === undefined ? 'GET' : 'POST',
    signal: AbortSignal.any([deadline, signal]),
    headers: {
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'caracal-gate',
      'caracal-nonce': nonce,
      ...(body !== undefined && {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
      }),
      ...(authorization !== undefined && { authorization: `Bearer ${authorization}` }),
    },
    ...(ca !== undefined && { ca }),
  }
  try {
    const reply = await exchange(request(new URL(path, endpoint.url), options), body, take)
    return { ...reply, echoed: reply.headers['caracal-nonce'] === nonce }
  } catch (error) {
    if (signal.aborted) return { reason: 'interrupted', message: 'interrupted' }
    if (deadline.aborted)
      return { reason: 'timeout', message: `no whole answer within ${(within / 1_000).toFixed(1)} s` }
    return failureOf(error, endpoint.url)
  }
}

/** The answer is larger than any that is expected. */
export class TooLarge extends Error {}

/** Sends a request with its body, if any, and reads the whole answer. */
export function exchange(request: Http.ClientRequest, body?: string, take?: Ask['take']): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let since = performance.now()
    request.on('socket', (socket) => {
      for (const event of ['connect', 'secureConnect']) socket.once(event, () => (since = performance.now()))
    })
    request.on('error', reject)
    // Of 101 Switching Protocols, which was not asked for, Node closes the connection and says nothing else.
    const unanswered = () => reject(Object.assign(new Error('no answer'), { code: 'ECONNRESET' }))
    request.on('close', unanswered)
    request.on('response', (response) => {
      request.off('close', unanswered)
      const isTaken = take !== undefined && response.statusCode === 200
      const read = isTaken ? takeBody(response, take) : readBody(response)
      read.then((text) => {
        const headers = Object.fromEntries(
          Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
        )
        resolve({ status: response.statusCode ?? 0, headers, body: text, took: performance.now() - since })
      }, reject)
    })
    request.end(body)
  })
}

async function takeBody(response: Http.IncomingMessage, take: NonNullable<Ask['take']>): Promise<string> {
  for await (const chunk of response as AsyncIterable<Buffer>) await take(chunk)
  return ''
}

async function readBody(response: Http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > longestBody) throw new TooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** What fixes a fault of TLS from the command line; for the others the server is to be fixed. */
const tlsFixes: Partial<Readonly<Record<TlsFault, string>>> = {
  untrusted: 'give the certificate authority with --ca-file',
  wrong_name: 'ask it by a name that its certificate has',
  no_tls: 'ask it with http://, or correct the port',
  client_certificate: 'something in front of it wants a client certificate, which this command cannot show',
}

/** Node writes an address of IPv6 in brackets, and one of IPv4 in its shortest form. */
const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/

/** What the caller does about a fault of the network: its place in it is not the exporter's. */
function fixFor(fault: NetworkFailure['fault'], { hostname, port }: URL): string {
  const isAddress = 'check the address in --url or CARACAL_GATE_URL'
  if (fault === 'refused' && loopback.test(hostname)) {
    const forwarded = port === '9465' ? port : `${port}:9465`
    return `check that it runs there; in Kubernetes, forward its port first: kubectl -n caracal port-forward service/caracal-gate ${forwarded}`
  }
  if (fault === 'refused') return `check that it runs, or ${isAddress}`
  if (fault === 'noName' || fault === 'noNameServer') return isAddress
  if (fault === 'noRoute' || fault === 'notConnected' || fault === 'failed')
    return `${isAddress}, and that the network lets this command reach it`
  return ''
}

function failureOf(error: unknown, url: URL): NoReply {
  if (error instanceof TooLarge)
    return { reason: 'too_large', message: `the answer is larger than ${longestBody / 2 ** 20} MiB` }
  const failure = networkFailureOf(error)
  if (failure === undefined) return { reason: 'unreachable', message: messageOf(error) }
  const { fault, says, tls } = failure
  const fix = fixFor(fault, url) || failure.fix
  if (tls === undefined) return { reason: 'unreachable', message: `the server ${says}${fix && `: ${fix}`}` }
  // Node names the host, and the names that the certificate has.
  const detail = tls === 'wrong_name' ? ` (${messageOf(error)})` : ''
  return { reason: 'untrusted', message: `TLS failed: the server ${says}${detail}: ${tlsFixes[tls] ?? fix}` }
}

function messageOf(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error))
}
