import { isIP } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Access, Authorisation, PublishContext } from './context.ts'
import { refusalOfBrowser } from './browsers.ts'
import { nameOf } from './host-name.ts'
import { refuse } from './problem.ts'

export interface Guards {
  readonly context: PublishContext
  /** Counts a wrong token of an address. */
  readonly countGuess: ReturnType<FastifyInstance['createRateLimit']>
}

/**
 * Admits a request by its token. Only wrong tokens are counted, so that no other client can lock out the holder of a
 * valid one.
 */
export function guard({ context, countGuess }: Guards, access: Access) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const strange = access === 'acknowledge' ? refusalOfBrowser(request.headers, context) : undefined
    if (strange !== undefined) return void refuse(reply, 'forbidden', strange)
    const authorisation = context.authorise(access, credentials(request))
    if (authorisation.ok) {
      request.token = authorisation.token
      return isByOwnHost(context, access, request, reply) ? done() : undefined
    }
    if (authorisation.isGuess !== true) return turnAway(access, authorisation, request, reply)
    countGuess(request).then(
      (count) => {
        if (count.isAllowed || !count.isExceeded) return turnAway(access, authorisation, request, reply)
        const detail = 'Too many wrong tokens came from this address; a right one is still taken.'
        refuse(reply, 'too-many-wrong-tokens', detail, { retryAfter: count.ttlInSeconds })
      },
      (fault: unknown) => {
        context.onFault(fault)
        turnAway(access, authorisation, request, reply)
      },
    )
  }
}

function turnAway(access: Access, refused: Refused, request: FastifyRequest, reply: FastifyReply): void {
  const { status, detail } = refused
  if (status === 401) reply.header('www-authenticate', challenges(access, request))
  refuse(reply, status === 401 ? 'unauthorized' : 'forbidden', detail)
}

type Refused = Extract<Authorisation, { readonly ok: false }>

/** While reading is open, a page of another site must not be able to read: see `isOwnHost`. */
function isByOwnHost(
  context: PublishContext,
  access: Access,
  { headers: { host = '' } }: FastifyRequest,
  reply: FastifyReply,
): boolean {
  const listed = access === 'read' || access === 'follow' ? context.hosts() : undefined
  if (listed === undefined || host === '' || isOwnHost(host, listed)) return true
  const detail = `The host "${host}" is not one of the exporter: add it to http.hosts, or set http.readTokens.`
  refuse(reply, 'misdirected-request', detail)
  return false
}

/** A password that a browser keeps opens pages, and nothing that another site could make the browser send. */
function credentials({ method, headers }: FastifyRequest): string | undefined {
  const isLook = method === 'GET' || method === 'HEAD'
  return isLook || !/^Basic\b/i.test(headers.authorization ?? '') ? headers.authorization : undefined
}

/** Basic is offered to people alone: a browser asks them for a password then, in the midst of any script. */
function challenges(access: Access, { method, headers }: FastifyRequest): string | string[] {
  const bearer = 'Bearer realm="caracal-gate-exporter"'
  const isPerson =
    (access === 'read' || access === 'follow') &&
    method === 'GET' &&
    /\btext\/html\b/.test(headers.accept ?? '')
  return isPerson ? [bearer, 'Basic realm="caracal-gate-exporter", charset="UTF-8"'] : bearer
}

/**
 * Whether a request may come by this name while reading is open. A page of another site can make a browser ask us by a
 * name of that site whose address it changed to ours; it cannot by an address, by a name without a dot, or by the name of
 * a Service.
 * @param host value of the Host header
 * @param listed further names, without a port
 */
export function isOwnHost(host: string, listed: readonly string[]): boolean {
  const name = nameOf(host)
  if (name === undefined) return false
  return (
    isIP(name) !== 0 ||
    !name.includes('.') ||
    /\.(localhost|svc|svc\.cluster\.local)$/.test(name) ||
    listed.some((each) => each.toLowerCase() === name)
  )
}
