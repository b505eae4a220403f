import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { Answer } from './answers.ts'
import { pathParameter, type Handler, type Parts } from './handling.ts'
import { seenTag } from './waiting.ts'
import type { OperationId } from './operations.ts'
import { assets } from './page/assets.ts'
import { placing, renderNothingYet, renderPage } from './page/page.ts'
import { refuse } from './problem.ts'

/**
 * What the page may load and do: its own files and nothing else, no style in its text and no script but the one of that
 * hash, no frame around it.
 */
const pagePolicy = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${createHash('sha256').update(placing).digest('base64')}'`,
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

interface Rendered {
  readonly answer: Answer | undefined
  readonly expired: boolean
  readonly body: Buffer
  readonly etag: string
}

/** The page for people, and what it loads. */
export function pageHandlers(parts: Parts): Pick<Record<OperationId, Handler>, 'page' | 'asset'> {
  let last: Rendered | undefined
  // One rendering for each evaluation, however many readers there are, and none without a reader.
  function current(): Rendered {
    const answer = parts.book.current()
    const expired = answer !== undefined && parts.context.clock.now() > answer.expiresAt
    if (last === undefined || last.answer !== answer || last.expired !== expired)
      last = rendered(parts, answer, expired)
    return last
  }
  return {
    page(request, reply) {
      const page = current()
      void reply.header('cache-control', 'no-store').header('etag', page.etag)
      if (seenTag(request, page.etag)) return void reply.code(304).send()
      if (page.answer === undefined) void reply.header('retry-after', '1')
      void reply
        .code(page.answer === undefined ? 503 : 200)
        .header('content-type', 'text/html; charset=utf-8')
        .header('content-security-policy', pagePolicy)
        .send(page.body)
    },
    asset: (request, reply) => answerAsset(reply, pathParameter(request, 'file')),
  }
}

function rendered({ context }: Parts, answer: Answer | undefined, expired: boolean): Rendered {
  const text =
    answer === undefined
      ? renderNothingYet(assets())
      : renderPage({
          report: answer.report,
          snapshot: answer.snapshot,
          rules: context.report().rules,
          history: context.history(),
          expired,
          acknowledging: context.browsersAcknowledge(),
          assets: assets(),
        })
  const body = Buffer.from(text)
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22)
  return { answer, expired, body, etag: `"${hash}"` }
}

function answerAsset(reply: FastifyReply, file: string): void {
  const asset = assets().byFile(file)
  if (asset === undefined)
    return void refuse(reply, 'no-such-asset', 'The page that refers to it is of another version.')
  // Its name holds the hash of its content, so that it never changes.
  void reply
    .header('cache-control', 'public, max-age=31536000, immutable')
    .header('content-type', asset.type)
    .send(asset.body)
}
