import type { Demands } from '../contract/parameters.ts'
import { type Clock, type Millis, SECOND } from '../core/time.ts'
import { type AnswerBook, type View, bodyOf, envelopeOf, viewOf } from './answers.ts'
import { demandsKey } from './strict.ts'

/** What the data of a `gates` event holds: the whole document, or only what it begins with. */
export type EventDocument = 'report' | 'envelope'

/** One event in its wire form. */
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
function tagOf({ etag }: View): string {
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

/** What those hear who asked alike. Undefined while nothing has been evaluated. */
export interface Channel {
  gates(): Frame | undefined
  tick(): Buffer | undefined
  /** To be called by each who joined, once. */
  leave(): void
}

/** Gives those who ask alike the same channel, so that what is sent is made once for all of them. */
export function eventChannels(
  book: AnswerBook,
  clock: Clock,
): (document: EventDocument, demands: Demands) => Channel {
  const channels = new Map<string, Channel & { members: number }>()
  return (document, demands) => {
    const key = `${document} ${demandsKey(demands)}`
    const channel = channels.get(key) ?? {
      ...newChannel(book, clock, document, demands),
      members: 0,
      leave() {
        this.members--
        if (this.members === 0) channels.delete(key)
      },
    }
    channel.members++
    channels.set(key, channel)
    return channel
  }
}

function newChannel(
  book: AnswerBook,
  clock: Clock,
  document: EventDocument,
  demands: Demands,
): Omit<Channel, 'leave'> {
  function of<Made>(make: (view: View) => Made): Made | undefined {
    const answer = book.current()
    return answer === undefined ? undefined : make(viewOf(answer, demands, clock.now()))
  }
  const gates = oncePer((view) => gatesFrame(view, document))
  const tick = oncePer(tickFrame)
  return { gates: () => of(gates), tick: () => of(tick) }
}

/** Makes a thing of a view once, until there is another evaluation or the same one means something else. */
function oncePer<Made>(make: (view: View) => Made): (view: View) => Made {
  let made: { readonly tag: string; readonly at: string; readonly value: Made } | undefined
  return (view) => {
    const [tag, at] = [tagOf(view), view.report.evaluatedAt]
    if (made?.tag !== tag || made.at !== at) made = { tag, at, value: make(view) }
    return made.value
  }
}
