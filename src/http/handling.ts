import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AnswerBook } from './answers.ts'
import type { PublishContext } from './context.ts'
import type { EventStreams } from './events.ts'
import type { TrendBook } from './trends.ts'
import type { WaitingRoom } from './waiting.ts'

/** What handlers share. */
export interface Parts {
  readonly context: PublishContext
  readonly book: AnswerBook
  readonly room: WaitingRoom
  readonly streams: EventStreams
  readonly trends: TrendBook
  readonly closing: () => boolean
}

/** Answers by the reply; a promise when it has to wait. Never computes anything about the platform, never fetches. */
export type Handler = (request: FastifyRequest, reply: FastifyReply) => void | Promise<void>

/** Headers of every answer. */
export const safety: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

export const jsonType = 'application/json; charset=utf-8'

/** A parameter of the path; empty when the route has none of that name. */
export function pathParameter(request: FastifyRequest, name: string): string {
  return (request.params as Readonly<Record<string, string | undefined>>)[name] ?? ''
}

/** Answers with a document that is not about the verdict. */
export function answerJson(reply: FastifyReply, document: unknown, status: number = 200): void {
  void reply
    .code(status)
    .header('content-type', jsonType)
    .header('cache-control', 'no-cache')
    .send(`${JSON.stringify(document)}\n`)
}
