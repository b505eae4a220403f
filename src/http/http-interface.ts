import type { IncomingMessage } from 'node:http'
import rateLimit from '@fastify/rate-limit'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { answerBook } from './answers.ts'
import { boundedServer } from './bounded-server.ts'
import type { PublishContext } from './context.ts'
import { eventHandlers } from './event-handlers.ts'
import { eventStreams } from './events.ts'
import { gateHandlers } from './gate-handlers.ts'
import { guard, type Guards } from './guard.ts'
import { safety, type Handler, type Parts } from './handling.ts'
import { isDeeperThan } from './nesting.ts'
import { operations, type Operation, type OperationId } from './operations.ts'
import { queryHandlers } from './query-handlers.ts'
import { pageHandlers } from './page-handlers.ts'
import { refuse, refuseRequest } from './problem.ts'
import { rolloutHandlers } from './rollout-handlers.ts'
import { selfHandlers } from './self-handlers.ts'
import { trendHandlers } from './trend-handlers.ts'
import { trendBook } from './trends.ts'
import { waitingRoom } from './waiting.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Name of the token that the request came with. */
    token: string
  }
}

export interface InterfaceOptions {
  /** PEM texts; plain HTTP without them. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Wrong tokens that one address may try in a minute. */
  readonly wrongTokensPerMinute?: number
  /** Connections at once. */
  readonly connections?: number
}

const BODY_LIMIT = 64 * 1024
/** Levels of a body; what is asked for has three. Much deeper ones exhaust the stack of what walks through them. */
const NESTING = 16
/** Wrong tokens of one address in a minute that are told that they are wrong. */
const WRONG_TOKENS_PER_MINUTE = 60
const formType = 'application/x-www-form-urlencoded'
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** The HTTP interface over what `context` gives; not listening yet. Closing it ends all waits at once. */
export async function httpInterface(
  context: PublishContext,
  options: InterfaceOptions = {},
): Promise<FastifyInstance> {
  const app = observed(newApp(options, context), context)
  const book = answerBook(context)
  const room = waitingRoom(context.board, Math.random)
  const streams = eventStreams(context, book, Math.random)
  const trends = trendBook(context)
  let closing = false
  const parts: Parts = {
    context,
    book,
    room,
    streams,
    trends,
    closing: () => closing,
  }
  app.addHook('preClose', (done) => {
    closing = true
    room.close()
    streams.close()
    trends.close()
    done()
  })
  app.decorateRequest('token', '')
  app.addHook('onRequest', (request, reply, done) => {
    if (request.raw.httpVersion === '1.0' || request.headers.host !== undefined) return done()
    refuse(reply, 'invalid-request', 'The request has no Host header.')
  })
  app.addHook('onSend', (request, reply, _payload, done) => {
    echoNonce(request, reply)
    // By the clock of the documents, not by Node's: who compares the two must not see one follow the other.
    reply.header('date', new Date(context.clock.now()).toUTCString())
    const policy = reply.getHeader('content-security-policy')
    reply.headers(policy === undefined ? safety : { ...safety, 'content-security-policy': policy })
    // A client that keeps its connection would keep the server from closing.
    if (closing) reply.header('connection', 'close')
    done()
  })
  refusals(app, context)
  await app.register(rateLimit, {
    global: false,
    max: options.wrongTokensPerMinute ?? WRONG_TOKENS_PER_MINUTE,
    timeWindow: 60_000,
  })
  const guards: Guards = { context, countGuess: app.createRateLimit() }
  const handlers = {
    ...gateHandlers(parts),
    ...queryHandlers(parts),
    ...eventHandlers(parts),
    ...trendHandlers(parts),
    ...rolloutHandlers(parts),
    ...selfHandlers(parts),
    ...pageHandlers(parts),
  }
  for (const routes of [readRoutes, queryRoutes, writeRoutes])
    await app.register((scope) => routes(scope, guards, handlers))
  return app
}

/** Every answer is counted, under its route and not its path: what clients make up is no label. */
function observed(app: FastifyInstance, { instruments }: PublishContext): FastifyInstance {
  return app.addHook('onResponse', (request, reply, done) => {
    instruments.answered(request.routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime)
    done()
  })
}

/** What a client says with its request alone comes back with the answer to it, and with no other. */
function echoNonce({ headers }: FastifyRequest, reply: FastifyReply): void {
  const nonce = headers['caracal-nonce']
  if (typeof nonce === 'string' && /^[\w-]{1,64}$/.test(nonce)) reply.header('caracal-nonce', nonce)
}

function newApp(options: InterfaceOptions, { instruments }: PublishContext): FastifyInstance {
  return fastify({
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: 300 },
    // While closing we answer what is in flight, and what still comes in on open connections.
    return503OnClosing: false,
    // A path that can't be decoded comes to no route.
    frameworkErrors: (fault, _request, reply) => {
      void refuseRequest(reply, fault.statusCode ?? 400, fault.message)
    },
    serverFactory: (answer) => boundedServer(answer, options, instruments),
  })
}

type Handlers = Readonly<Record<OperationId, Handler>>

function isWrite({ access }: Operation): boolean {
  return access !== 'open' && access !== 'read' && access !== 'follow'
}

function isQuery(operation: Operation): boolean {
  return operation.body !== undefined && !isWrite(operation)
}

/** Reading takes a body of any kind and ignores it: hooks of deployment tools post theirs. */
async function readRoutes(scope: FastifyInstance, guards: Guards, handlers: Handlers) {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', dropBody)
  for (const operation of operations)
    if (!isWrite(operation) && !isQuery(operation)) addRoute(scope, guards, operation, handlers)
  refuseOtherMethods(scope)
}

/** Reads by its body, as clients of a Prometheus ask. */
async function queryRoutes(scope: FastifyInstance, guards: Guards, handlers: Handlers) {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(formType, { parseAs: 'string' }, (_request, body, done) => done(null, body))
  for (const operation of operations) if (isQuery(operation)) addRoute(scope, guards, operation, handlers)
}

/** A body is dropped as it comes, so that one that drips in small pieces takes no memory. */
function dropBody(
  _request: FastifyRequest,
  body: IncomingMessage,
  done: (fault: Error | null) => void,
): void {
  let length = 0
  body.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length <= BODY_LIMIT) return
    body.removeAllListeners('data').pause()
    done(Object.assign(new Error(`the body is larger than ${BODY_LIMIT} bytes`), { statusCode: 413 }))
  })
  body.once('end', () => done(null))
}

async function writeRoutes(scope: FastifyInstance, guards: Guards, handlers: Handlers) {
  scope.addHook('preValidation', (request, reply, done) => {
    if (!isDeeperThan(request.body, NESTING)) return done()
    refuse(reply, 'invalid-request', `The body is nested deeper than ${NESTING} levels.`)
  })
  for (const operation of operations) if (isWrite(operation)) addRoute(scope, guards, operation, handlers)
}

function addRoute(scope: FastifyInstance, guards: Guards, operation: Operation, handlers: Handlers) {
  const { access, methods, id } = operation
  scope.route({
    method: [...methods],
    url: urlOf(operation.path),
    handler: handlers[id as OperationId],
    // Before the body is read.
    ...(access !== 'open' && { onRequest: guard(guards, access) }),
  })
}

function urlOf(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}

function refuseOtherMethods(scope: FastifyInstance): void {
  const byPath = Map.groupBy<string, Operation>(operations, ({ path }) => path)
  for (const [path, list] of byPath) {
    const taken = list.flatMap(({ methods }) => methods)
    const allowed = METHODS.filter((method) =>
      method === 'HEAD' ? taken.includes('GET') : taken.some((one) => one === method),
    )
    scope.route({
      method: METHODS.filter((method) => !allowed.includes(method)),
      url: urlOf(path),
      exposeHeadRoute: false,
      handler: (request, reply) => {
        reply.header('allow', allowed.join(', '))
        const detail = `${path} does not take ${request.method}.`
        refuse(reply, 'method-not-allowed', detail, { allowed })
      },
    })
  }
}

function refusals(app: FastifyInstance, context: PublishContext): void {
  app.setNotFoundHandler((_request, reply) => {
    const allowed = [...new Set(operations.map(({ path }) => path))]
    refuse(reply, 'no-such-path', 'The path does not exist; /openapi.json describes all paths.', { allowed })
  })
  app.setErrorHandler((fault: Error & { readonly statusCode?: number }, _request, reply) => {
    const status = fault.statusCode ?? 500
    if (status >= 400 && status < 500) {
      // What is left of a body that is too large is not waited for.
      if (status === 413) reply.header('connection', 'close')
      refuseRequest(reply, status, fault.message)
      return
    }
    context.onFault(fault)
    refuse(reply, 'internal-error', 'The daemon could not answer; its log says why.')
  })
}
