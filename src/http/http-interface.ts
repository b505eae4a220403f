import rateLimit from '@fastify/rate-limit'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { answerBook } from './answers.ts'
import { boundedServer } from './bounded-server.ts'
import type { PublishContext } from './context.ts'
import { eventHandlers, eventStreams } from './events.ts'
import { gateHandlers } from './gate-handlers.ts'
import type { Guards } from './guard.ts'
import { safety, type Parts } from './handling.ts'
import { allRoutes, BODY_LIMIT } from './routes.ts'
import { operations } from './operations.ts'
import { queryHandlers } from './queries.ts'
import { pageHandlers } from './page-handlers.ts'
import { refuse, refuseRequest } from './problem.ts'
import { recordingHandlers } from './recording-handlers.ts'
import { rolloutHandlers } from './rollout-handlers.ts'
import { runbookHandlers } from './runbook-handlers.ts'
import { selfHandlers } from './self-handlers.ts'
import { trendHandlers, trendBook } from './trends.ts'
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

/** Wrong tokens of one address in a minute that are told that they are wrong. */
const WRONG_TOKENS_PER_MINUTE = 60

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
    ...recordingHandlers(parts),
    ...selfHandlers(parts),
    ...pageHandlers(parts),
    ...runbookHandlers,
  }
  for (const routes of allRoutes) await app.register((scope) => routes(scope, guards, handlers))
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
    // No route has a schema of Fastify's (docs/internals/decisions.md): what would compile them is not even loaded.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    // A path that can't be decoded comes to no route.
    frameworkErrors: (fault, _request, reply) => {
      void refuseRequest(reply, fault.statusCode ?? 400, fault.message)
    },
    serverFactory: (answer) => boundedServer(answer, options, instruments),
  })
}

function noSchemas(): never {
  throw new Error('a route was given a schema, which nothing here compiles')
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
