import { StringDecoder } from 'node:string_decoder'
import type { Dispatcher } from 'undici'
import { lateIn, networkFailureOf, UnavailableError, type NetworkFailure } from '../core/network-failure.ts'
import type { Unavailable, UnknownReason } from '../core/observation.ts'
import { codeOf, plain } from '../core/text.ts'
import { type Millis, SECOND } from '../core/time.ts'

/** The API server can't be asked, or refuses. The message names what was asked and what fixes it. */
export class KubernetesFailure extends UnavailableError {
  override readonly name = 'KubernetesFailure'
  /** Status of the answer; absent when there was none. */
  readonly status?: number
  /** How long the API server wants to be left alone. */
  readonly retryAfter?: Millis

  constructor(
    unavailable: Unavailable,
    more: { readonly status?: number; readonly retryAfter?: Millis } & ErrorOptions = {},
  ) {
    super(unavailable, 'cause' in more ? { cause: more.cause } : {})
    if (more.status !== undefined) this.status = more.status
    if (more.retryAfter !== undefined) this.retryAfter = more.retryAfter
  }
}

/** What was asked of the API server. */
export interface Asked {
  readonly method: string
  /** Path with its query. */
  readonly path: string
}

/** What came with a refusal: its body, and its header `Retry-After`. */
interface Refused {
  readonly text: string
  readonly retryAfter: string
}

/** Longest pause that an answer may impose. */
const LONGEST_PAUSE: Millis = 60 * SECOND

/** Longest sentence of the API server that goes into one of ours. */
const LONGEST_SENTENCE = 240

/** The failure that an answer with this status means. */
export function refusal(asked: Asked, status: number, { text, retryAfter }: Refused): KubernetesFailure {
  const pause = /^\d{1,6}$/.test(retryAfter)
    ? { retryAfter: Math.min(Number(retryAfter) * SECOND, LONGEST_PAUSE) }
    : {}
  const [unknownReason, reason, says] = kindOf(status, messageIn(text))
  const may = unknownReason === 'unauthorized' ? `${userIn(text)}may not` : `can't`
  const message = `${may} ${inWords(asked)}: ${says}`
  return new KubernetesFailure({ unknownReason, reason, message }, { status, ...pause })
}

type Kind = readonly [unknownReason: UnknownReason, reason: string, says: string]

/** Refusals by their status. */
const kinds: Readonly<Record<number, Kind>> = {
  401: [
    'unauthorized',
    'token_refused',
    'the API server does not accept the token: check the service account, and that its token is mounted',
  ],
  403: [
    'unauthorized',
    'forbidden',
    'the API server forbids it: grant it with the Role of the chart (helm/templates/role.yaml)',
  ],
  404: ['not_configured', 'not_found', 'the API server knows no such object or resource'],
  409: ['contradictory', 'conflict', 'another client changed it in the meantime'],
  410: ['stale', 'gone', 'the version to continue from is no longer kept'],
  429: ['throttled', 'too_many_requests', 'the API server is asked too much by all of its clients'],
}

function kindOf(status: number, explained: string): Kind {
  const answers = `the API server answers ${status}${explained === '' ? '' : ` (${explained})`}`
  return (
    kinds[status] ??
    (status >= 500
      ? ['unreachable', 'server_error', `${answers}: check its health`]
      : ['malformed', 'unexpected_status', answers])
  )
}

/** The sentence in the object Status that comes with a refusal, indented or not; empty for what is no such object. */
function messageIn(text: string): string {
  try {
    const status: unknown = JSON.parse(text)
    if (typeof status !== 'object' || status === null || !('message' in status)) return ''
    return typeof status.message === 'string' ? plain(status.message, LONGEST_SENTENCE) : ''
  } catch {
    return ''
  }
}

/** As whom the API server sees us, where it says so: a forgotten service account is the most frequent mistake. */
function userIn(text: string): string {
  const found = /User "([^"]{1,120})"/.exec(messageIn(text))
  return found === null ? '' : `${found[1]} `
}

/** What fixes a fault where the kubeconfig says how the API server is reached; else the table of the network says it. */
const fixes: Readonly<Record<string, string>> = {
  name_not_found: 'correct the address in the kubeconfig, or check the name server',
  tls_not_trusted: 'name the authority that signed its certificate in the kubeconfig',
  tls_wrong_host: 'use an address that its certificate names, or set tls-server-name in the kubeconfig',
}

/** The failure of a request that brought no answer; undefined for a fault of ours. */
export function unanswered(fault: unknown, asked: Asked, host?: string): KubernetesFailure | undefined {
  if (fault instanceof KubernetesFailure) return fault
  if (isUnusable(fault)) {
    const message = `can't ${inWords(asked)}: the credentials can't be sent (${fault.message}): correct them in the kubeconfig`
    return new KubernetesFailure({ unknownReason: 'not_configured', reason: 'no_credentials', message })
  }
  const failure = networkFailureOf(fault)
  return failure && noAnswer(asked, failure, host, { cause: fault })
}

function noAnswer(
  asked: Asked,
  { unknownReason, reason, says, fix }: NetworkFailure,
  host = 'of the cluster',
  options: ErrorOptions = {},
): KubernetesFailure {
  const remedy = fixes[reason] ?? fix
  const message = `can't ${inWords(asked)}: the API server ${host} ${says}${remedy === '' ? '' : `: ${remedy}`}`
  return new KubernetesFailure({ unknownReason, reason, message }, options)
}

/** Whether nothing could be sent at all: a token that fits in no header, a certificate or a key that is none. */
function isUnusable(fault: unknown): fault is Error {
  const code = codeOf(fault) ?? ''
  return code === 'UND_ERR_INVALID_ARG' || /^ERR_OSSL_(PEM|ASN1|X509)_/.test(code)
}

/** The failure of a request that was still under way at its deadline. */
export function lateFailure(asked: Asked): KubernetesFailure {
  return noAnswer(asked, lateIn('waiting'))
}

/** As `list pods in namespace caracal`, as one writes it in a Role. */
function inWords({ method, path }: Asked): string {
  const [bare = '', query = ''] = path.split('?')
  const found = /^\/(?:api|apis\/([^/]+))\/[^/]+(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?$/.exec(bare)
  if (found === null) return `${method.toLowerCase()} ${bare}`
  const [, group, namespace, resource, name] = found
  const isWatch = /(?:^|&)watch=/.test(query)
  const verb = verbOf(method, name !== undefined, isWatch)
  const kind = group === undefined ? resource : `${resource}.${group}`
  return [
    verb,
    kind,
    ...(name === undefined ? [] : [name]),
    ...(namespace === undefined ? [] : ['in namespace', namespace]),
  ].join(' ')
}

function verbOf(method: string, isNamed: boolean, isWatch: boolean): string {
  if (method === 'GET') return isWatch ? 'watch' : isNamed ? 'get' : 'list'
  return { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }[method] ?? method.toLowerCase()
}

type Body = Dispatcher.ResponseData['body']

/** One frame is one object; etcd takes none that is much larger than a megabyte. */
const LONGEST_FRAME = 8 * 1024 * 1024

/** @throws KubernetesFailure when it is longer than `maxBytes` */
export async function readAll(body: Body, maxBytes: number, asked: Asked): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge(asked)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/**
 * The frames of a watch: one JSON object in a line, cut into chunks anywhere. A line without an end is dropped.
 * @param onChunk told of each sign of life
 * @throws KubernetesFailure for what is no JSON, or has no end
 */
export async function* framesOf(
  body: Body,
  asked: Asked,
  signal: AbortSignal,
  onChunk: () => void,
): AsyncGenerator<unknown> {
  const onAbort = () => void body.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  const decoder = new StringDecoder('utf8')
  let parts: string[] = []
  let size = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      onChunk()
      const [first = '', ...further] = decoder.write(chunk).split('\n')
      parts.push(first)
      size += first.length
      if (size > LONGEST_FRAME) throw tooLarge(asked)
      for (const next of further) {
        const line = parts.join('')
        parts = [next]
        size = next.length
        if (line.trim() !== '') yield parsed(line, asked)
      }
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    body.destroy()
  }
}

function tooLarge(asked: Asked): KubernetesFailure {
  const message = `can't ${inWords(asked)}: the answer is larger than is accepted`
  return new KubernetesFailure({ unknownReason: 'malformed', reason: 'body_too_large', message })
}

/** @throws KubernetesFailure when it is no JSON */
export function parsed(text: string, asked: Asked): unknown {
  try {
    return JSON.parse(text)
  } catch (fault) {
    const message = `can't ${inWords(asked)}: the answer is not JSON; see whether that address is an API server's`
    throw new KubernetesFailure({ unknownReason: 'malformed', reason: 'not_json', message }, { cause: fault })
  }
}
