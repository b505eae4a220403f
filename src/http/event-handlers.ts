import type { ServerResponse } from 'node:http'
import type { Sink } from './event-reader.ts'
import { safety, type Handler, type Parts } from './handling.ts'
import { parametersOf, type OperationId } from './operations.ts'
import { isFaulty, readParameters } from '../contract/parameters.ts'
import { faulty, notEvaluated, refuse } from './problem.ts'

/** The route that tells of changes as they come. */
export function eventHandlers(parts: Parts): Pick<Record<OperationId, Handler>, 'events'> {
  const { book, context, streams } = parts
  return {
    events(request, reply) {
      if (book.current() === undefined) return void notEvaluated(reply)
      const query = request.query as Readonly<Record<string, unknown>>
      const parameters = readParameters(query, parametersOf('events'))
      if (isFaulty(parameters)) return void faulty(reply, parameters)
      const { document = 'report', demands } = parameters
      const { raw } = reply
      if (request.method === 'HEAD') {
        reply.hijack()
        return void raw.writeHead(200, headers).end()
      }
      const from = request.socket.remoteAddress
      if (streams.isFull(from)) return tooMany(parts, reply)
      reply.hijack()
      raw.writeHead(200, headers)
      const { authorization } = request.headers
      const leave = streams.open(sinkOf(raw), {
        document,
        demands,
        from,
        last: request.headers['last-event-id']?.toString(),
        allowed: () => context.authorise('follow', authorization).ok,
      })
      raw.once('close', leave)
    },
  }
}

function tooMany({ context }: Parts, reply: Parameters<Handler>[1]): void {
  context.instruments.refused('streams')
  refuse(reply, 'too-many-streams', 'The limit of clients that listen is reached.', { retryAfter: 5 })
}

const headers = {
  ...safety,
  'content-type': 'text/event-stream; charset=utf-8',
  // Neither kept nor compressed nor held back on the way.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  // Nothing can follow on this connection, and a daemon that stops need not wait for it.
  connection: 'close',
}

function sinkOf(raw: ServerResponse): Sink {
  // A client that goes in the middle of a write is no fault of ours.
  raw.on('error', () => {})
  return {
    write: (bytes, done) => void raw.write(bytes, done),
    end: (bytes) => void raw.end(bytes),
    cut: () => void raw.destroy(),
  }
}
