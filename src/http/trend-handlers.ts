import { MINUTE, type Millis } from '../core/time.ts'
import { jsonType, type Handler, type Parts } from './handling.ts'
import { seenTag } from './long-poll.ts'
import { parametersOf, type OperationId } from './operations.ts'
import { isFaulty, readParameters } from '../contract/parameters.ts'
import { faulty, notEvaluated } from './problem.ts'

/** When a request names none. */
const defaultWindow: Millis = 15 * MINUTE

/** The route that tells how the values went that the verdict rests on. */
export function trendHandlers({ book, trends }: Parts): Pick<Record<OperationId, Handler>, 'trends'> {
  return {
    trends(request, reply) {
      if (book.current() === undefined) return void notEvaluated(reply)
      const query = request.query as Readonly<Record<string, unknown>>
      const parameters = readParameters(query, parametersOf('trends'))
      if (isFaulty(parameters)) return void faulty(reply, parameters)
      const { body, etag } = trends.view(parameters.window ?? defaultWindow)
      reply.header('etag', etag).header('cache-control', 'no-cache')
      if (seenTag(request, etag)) return void reply.code(304).send()
      void reply.header('content-type', jsonType).send(body)
    },
  }
}
