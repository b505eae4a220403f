import { Agent, request } from 'undici'
import { unavailableByFault } from '../../connections/http-exchange.ts'
import { isObject, type PlainObject } from '../../kubernetes/manifest/objects.ts'
import type { Millis } from '../../core/time.ts'

/** What an HTTP server said; by our clock the answer came between `sentAt` and `sentAt + took`. */
export interface WebAnswer {
  readonly status: number
  /** The header Date, in epoch milliseconds: whole seconds, and the second that had begun. */
  readonly date?: number
  readonly sentAt: number
  readonly took: Millis
  readonly body: string
}

export interface WebQuestion {
  readonly headers?: Readonly<Record<string, string>>
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly servername?: string
  /** Trusts the certificate in `ca` itself, whatever name is in it: for the exporter on this very host. */
  readonly isOwn?: boolean
  readonly clock: { now(): number }
  readonly over: AbortSignal
}

const ANSWER_WITHIN: Millis = 5_000
const LARGEST_BODY = 16 * 1024 * 1024

/** Asks once, or says in a sentence why there was no answer. */
export async function askWeb(
  url: string,
  question: WebQuestion,
): Promise<WebAnswer | { readonly fault: string }> {
  const { headers = {}, clock, over } = question
  const agent = new Agent({ connect: { timeout: 3_000, rejectUnauthorized: true, ...trustOf(question) } })
  const signal = AbortSignal.any([over, AbortSignal.timeout(ANSWER_WITHIN)])
  const sentAt = clock.now()
  try {
    const answer = await request(url, { dispatcher: agent, headers: { ...headers }, signal })
    const took = clock.now() - sentAt
    const body = await textOf(answer.body)
    const date = Date.parse(String(answer.headers['date'] ?? ''))
    return { status: answer.statusCode, sentAt, took, body, ...(Number.isFinite(date) && { date }) }
  } catch (fault) {
    return { fault: wordsOf(fault, new URL(url).host) }
  } finally {
    await agent.destroy()
  }
}

function trustOf({ ca, cert, key, servername, isOwn = false }: WebQuestion): object {
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(servername !== undefined && { servername }),
    ...(isOwn && { allowPartialTrustChain: true, checkServerIdentity: () => undefined }),
  }
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > LARGEST_BODY) throw new Error('it answers with more than is accepted')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function wordsOf(fault: unknown, host: string): string {
  const unavailable = unavailableByFault(fault, 'waiting', host)
  if (unavailable !== undefined) return unavailable.message
  const isLate = fault instanceof Error && (fault.name === 'TimeoutError' || fault.name === 'AbortError')
  return isLate ? `${host} did not answer in time` : `${host} can't be asked: ${String(fault)}`
}

/** The body as an object of JSON; undefined for anything else. */
export function objectIn(body: string): PlainObject | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
