import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Snapshot } from '../core/snapshot.ts'
import { viewOf, type Answer } from './answers.ts'
import type { Parts } from './handling.ts'
import type { Parameters } from '../contract/parameters.ts'
import { demandsKey } from './strict.ts'
import type { Ending } from './waiting.ts'

/** Whether the client has the answer with this tag already. */
export function seenTag(request: FastifyRequest, etag: string): boolean {
  const header = request.headers['if-none-match']
  if (header === undefined) return false
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*')
}

/**
 * Waits for what the request asks: a verdict in `until`, or an answer other than the one that the client has. Ends at
 * once when that is so already or the client does not say what it has. Undefined when too many wait.
 */
export function waitForChange(
  parts: Parts,
  request: FastifyRequest,
  reply: FastifyReply,
  parameters: Parameters,
  answer: Answer,
): Promise<Ending> | undefined {
  const { demands, index, until, wait: span = 0 } = parameters
  const before = viewOf(answer, demands, parts.context.clock.now())
  const outdated = index !== undefined ? index !== answer.report.index : !seenTag(request, before.etag)
  const arrived = until === undefined ? outdated : until.includes(before.verdict)
  if (arrived) return Promise.resolve('changed')

  const plain = Object.keys(demands).length === 0
  function satisfied(snapshot: Snapshot): boolean {
    if (plain && until === undefined) return snapshot.revision !== answer.snapshot.revision
    if (plain) return until?.includes(snapshot.verdict.verdict) === true
    const view = viewOf(parts.book.of(snapshot), demands, parts.context.clock.now())
    return until === undefined ? view.etag !== before.etag : until.includes(view.verdict)
  }
  const alike = JSON.stringify([demandsKey(demands), until, before.etag])
  return parts.room.wait({
    satisfied,
    alike,
    span,
    from: request.socket.remoteAddress,
    left: goneSignal(reply),
  })
}

function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return gone.signal
}
