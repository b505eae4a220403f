import { SECOND, type Millis } from '../core/time.ts'
import { bodyOf, envelopeOf, type View } from './answers.ts'

/** What the data of a `gates` event holds: the whole document, or only what it begins with. */
export type EventDocument = 'report' | 'envelope'

/** One event as it stands on the wire. */
export interface Frame {
  /** Same tag, same event: a client that has it needs no other of that tag. */
  readonly tag: string
  /** Made when they are first asked for, and shared by all who are sent them. */
  readonly bytes: Buffer
}

/**
 * What identifies a view on an event stream: the index of the document, and where the demands of the request or an
 * expiry have made another answer of it, what they made.
 */
export function tagOf({ etag }: View): string {
  return etag.slice(1, -1)
}

/** The document as an event. Its JSON has no line break, so it is one line of data. */
export function gatesFrame(view: View, document: EventDocument): Frame {
  const tag = tagOf(view)
  let bytes: Buffer | undefined
  return {
    tag,
    get bytes() {
      bytes ??= Buffer.concat([
        Buffer.from(`event: gates\nid: ${tag}\ndata: `),
        document === 'report' ? view.body : bodyOf(envelopeOf(view.report)),
        lineEnd,
      ])
      return bytes
    },
  }
}

/** Says that the daemon is there and evaluates, without the document. It has no id: it moves no client forward. */
export function tickFrame({ report }: View): Buffer {
  const { index, verdict, evaluatedAt, expiresAt } = report
  return Buffer.from(`event: tick\ndata: ${JSON.stringify({ index, verdict, evaluatedAt, expiresAt })}\n\n`)
}

const lineEnd = Buffer.from('\n')

/** The shortest time after which a client comes back, and by how much it may be longer. */
const retryAfter: Millis = SECOND
const retrySpread: Millis = 3 * SECOND

/**
 * What a stream begins with.
 * @param random in [0, 1): clients that lost the same daemon do not come back in step
 */
export function openingFrame(random: number): Buffer {
  return Buffer.from(`retry: ${Math.round(retryAfter + random * retrySpread)}\n\n`)
}

/** What a stream ends with when the daemon stops. */
export const closingFrame: Buffer = Buffer.from(': the daemon is stopping\n\n')
