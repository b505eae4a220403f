import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { guard, type Guards } from './guard.ts'
import type { Handler } from './handling.ts'
import { operations, type Operation, type OperationId } from './operations.ts'
import { refuse } from './problem.ts'

/** Bytes of a body. */
export const BODY_LIMIT = 64 * 1024
/** Levels of a body; the deepest that is asked for has three. Deeper ones exhaust the stack of what reads them. */
const NESTING = 16
const formType = 'application/x-www-form-urlencoded'
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

export type Handlers = Readonly<Record<OperationId, Handler>>

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

/** The routes by what they do with a body. */
export const allRoutes = [readRoutes, queryRoutes, writeRoutes]

function addRoute(scope: FastifyInstance, guards: Guards, operation: Operation, handlers: Handlers) {
  const { access, methods, id, bodyLimit } = operation
  scope.route({
    method: [...methods],
    url: urlOf(operation.path),
    handler: handlers[id as OperationId],
    ...(bodyLimit !== undefined && { bodyLimit }),
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

/** Whether arrays and objects stand more than `levels` deep in each other. Takes no stack, however deep they are. */
function isDeeperThan(value: unknown, levels: number): boolean {
  let level: readonly unknown[] = [value]
  for (let depth = 0; depth <= levels; depth += 1) {
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []))
    if (level.length === 0) return false
  }
  return true
}
