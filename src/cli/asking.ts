import { wholeReply } from './answer.ts'
import { ask, patience, type Endpoint } from './http.ts'
import { problemOf } from './origin.ts'
import { ShapeError, type Reader } from './shape.ts'

/** What came of a question about something else than the verdict. */
export type Asked<Value> =
  | { readonly kind: 'had'; readonly value: Value; readonly document: unknown }
  /** With the type of the problem, where the exporter gave one. */
  | { readonly kind: 'not-had'; readonly message: string; readonly type?: string }

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
    const type = 'status' in reply ? problemOf(reply)?.type : undefined
    return { kind: 'not-had', message: had.message, ...(type !== undefined && { type }) }
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
