import type { FastifyReply, FastifyRequest } from 'fastify'
import { nearest } from '../core/distance.ts'
import { pathParameter, type Handler } from './handling.ts'
import type { OperationId } from './operations.ts'
import { unknownId } from './problem.ts'
import { runbook, type RunbookPage } from './runbook.ts'
import { seenTag } from './waiting.ts'

/** A page of the runbook loads its style and nothing else. */
const policy =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

type RunbookRoute = 'runbook' | 'runbookIndex' | 'runbookPage'

/** The runbook for people, as it lies beside the program. */
export const runbookHandlers: Pick<Record<OperationId, Handler>, RunbookRoute> = {
  // Relative, since only the browser knows the prefix of a proxy.
  runbook: (_, reply) => void reply.code(308).header('location', 'runbook/').send(),
  runbookIndex: async (request, reply) => send(request, reply, (await runbook()).index),
  async runbookPage(request, reply) {
    const id = pathParameter(request, 'id')
    const book = await runbook()
    const found = book.page(id)
    if (found !== undefined) return send(request, reply, found)
    const near = nearest(id, book.ids)
    unknownId(reply, 'page of the runbook', id, near === undefined ? book.ids : [near])
  },
}

function send(request: FastifyRequest, reply: FastifyReply, { body, etag }: RunbookPage): void {
  void reply.header('cache-control', 'no-cache').header('etag', etag)
  if (seenTag(request, etag)) return void reply.code(304).send()
  void reply
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', policy)
    .send(body)
}
