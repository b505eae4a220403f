import { readAnswer, wholeReply, type Answer, type Demands } from './answer.ts'
import { pathOf } from './demands.ts'
import { interruptionCode, type ExitCode } from './exit-codes.ts'
import { ask, patience, type Endpoint } from './http.ts'
import { problemOf, type Problem } from './origin.ts'
import type { CliProcess } from './process.ts'
import { ShapeError, type Reader } from './shape.ts'

/** Asks once for the verdict, and says on stderr why it is not known; gives the exit code alone when it was interrupted. */
export async function askVerdict(
  { interrupted, stderr }: CliProcess,
  endpoint: Endpoint,
  demands: Demands,
): Promise<Answer | ExitCode> {
  const reply = await ask(endpoint, { path: pathOf(demands), within: patience, signal: interrupted })
  if (interrupted.aborted) return interruptionCode(interrupted)
  const answer = readAnswer(reply, demands)
  if (answer.kind === 'cannot-tell') stderr.write(`cannot tell: ${answer.message} [${endpoint.url.href}]\n`)
  return answer
}

/** What came of a question about something else than the verdict. */
export type Asked<Value> =
  | { readonly kind: 'had'; readonly value: Value; readonly document: unknown }
  /** With the problem, where the exporter gave one. */
  | { readonly kind: 'not-had'; readonly message: string; readonly problem?: Problem }

/** One GET whose answer must be of the shape that the reader knows. Never rejects. */
export async function askFor<Value>(
  endpoint: Endpoint,
  path: string,
  reader: Reader<Value>,
  signal: AbortSignal,
  within = patience,
): Promise<Asked<Value>> {
  const reply = await ask(endpoint, { path, within, signal })
  const had = wholeReply(reply)
  if ('kind' in had) {
    const problem = 'status' in reply ? problemOf(reply) : undefined
    return { kind: 'not-had', message: had.message, ...(problem !== undefined && { problem }) }
  }
  try {
    const document: unknown = JSON.parse(had.body)
    return { kind: 'had', value: reader(document, ''), document }
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: 'not-had', message: 'the answer is not JSON' }
    if (error instanceof ShapeError)
      return { kind: 'not-had', message: `the answer is not the exporter's: ${error.message}` }
    throw error
  }
}
