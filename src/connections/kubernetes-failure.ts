import type { Blindness, UnknownReason } from '../core/observation.ts'
import { SECOND, type Millis } from '../core/time.ts'

/** The API server can't be asked, or refuses. The message names what was asked and what mends it. */
export class KubernetesFailure extends Error implements Blindness {
  override readonly name = 'KubernetesFailure'
  readonly unknownReason: UnknownReason
  readonly reason: string
  /** Status of the answer; absent when there was none. */
  readonly status?: number
  /** How long the API server wants to be left alone. */
  readonly retryAfter?: Millis

  constructor(
    blindness: Blindness,
    more: { readonly status?: number; readonly retryAfter?: Millis } & ErrorOptions = {},
  ) {
    super(blindness.message, 'cause' in more ? { cause: more.cause } : {})
    this.unknownReason = blindness.unknownReason
    this.reason = blindness.reason
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

/** Longest pause that an answer may impose. */
const LONGEST_PAUSE: Millis = 60 * SECOND

/** The failure that an answer with this status means. */
export function refusal(asked: Asked, status: number, retryAfter: string | undefined): KubernetesFailure {
  const seconds = /^\d{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) : undefined
  const pause = seconds === undefined ? {} : { retryAfter: Math.min(seconds * SECOND, LONGEST_PAUSE) }
  const [unknownReason, reason, says] = kindOf(status)
  const message = `may not or can't ${inWords(asked)}: ${says}`
  return new KubernetesFailure({ unknownReason, reason, message }, { status, ...pause })
}

function kindOf(status: number): readonly [UnknownReason, string, string] {
  switch (status) {
    case 401:
      return [
        'unauthorized',
        'token_refused',
        'the API server does not accept the token: check the service account, and that its token is mounted',
      ]
    case 403:
      return [
        'unauthorized',
        'forbidden',
        'the API server forbids it: grant it to the service account, as the Role of the chart does',
      ]
    case 404:
      return ['not_configured', 'not_found', 'the API server knows no such object or resource']
    case 409:
      return ['contradictory', 'conflict', 'somebody else has changed it in the meantime']
    case 410:
      return ['stale', 'gone', 'what it was to go on from is no longer kept']
    case 429:
      return ['throttled', 'too_many_requests', 'the API server is asked too much by all of its clients']
    default:
      return status >= 500
        ? ['unreachable', 'server_error', `the API server answers ${status}: look at its health`]
        : ['malformed', 'unexpected_status', `the API server answers ${status}`]
  }
}

/** As `list pods in namespace caracal`, as one writes it in a Role. */
export function inWords({ method, path }: Asked): string {
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
