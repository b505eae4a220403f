import { SECOND, type Millis } from '../core/time.ts'
import { viewOf, type AnswerBook, type View } from './answers.ts'
import type { PublishContext } from './context.ts'
import {
  closingFrame,
  gatesFrame,
  openingFrame,
  tagOf,
  tickFrame,
  type EventDocument,
  type Frame,
} from './event-frames.ts'
import { newReader, type Reader, type Sink } from './event-reader.ts'
import { spread } from './spreading.ts'
import type { Demands } from './strict.ts'

/** What a client wants to hear. */
export interface Asked {
  readonly document: EventDocument
  readonly demands: Demands
  /** Value of Last-Event-ID; anything but the newest id counts as nothing. */
  readonly last: string | undefined
  /** Whether the client may still read: tokens are withdrawn without a restart. */
  readonly allowed: () => boolean
}

export interface EventStreams {
  readonly count: number
  readonly full: boolean
  /** Begins a stream; the result ends its bookkeeping and is to be called when the client has gone. */
  open(sink: Sink, asked: Asked): () => void
  /** Ends all streams. */
  close(): void
}

/** Streams at once. */
const streamLimit = 500
/** A client that has taken nothing for so long is cut off. */
const patience: Millis = 30 * SECOND
/** A reader must notice within seconds that the daemon is gone or stuck. */
const tickInterval: Millis = 2 * SECOND

interface Entry {
  readonly channel: Channel
  readonly reader: Reader
  readonly allowed: () => boolean
  readonly leave: () => void
}

/**
 * Tells clients of the document's changes. Whatever is sent is made once and shared by all who asked alike.
 * @param random gives a number in [0, 1)
 */
export function eventStreams(
  context: Pick<PublishContext, 'board' | 'clock'>,
  book: AnswerBook,
  random: () => number,
  limits: { readonly streams?: number; readonly patience?: Millis } = {},
): EventStreams {
  const { streams = streamLimit, patience: longest = patience } = limits
  const { board, clock } = context
  const entries = new Set<Entry>()
  const channels = new Map<string, Channel>()
  let told = board.current()?.revision
  let telling = false
  let outdated = false
  let open = true

  /** One pass over all clients; what changes meanwhile is told to the rest of them, and to the first in the next. */
  function tell(): void {
    outdated = true
    if (telling) return
    telling = true
    setImmediate(pass)
  }
  function pass(): void {
    outdated = false
    spread([...entries], offer, () => {
      telling = false
      if (outdated && open) tell()
    })
  }
  function offer({ channel, reader }: Entry): void {
    const frame = channel.gates()
    if (frame !== undefined) reader.offer(frame)
  }

  const unsubscribe = board.subscribe(({ revision }) => {
    if (revision === told) return
    told = revision
    tell()
  })

  function look(entry: Entry): void {
    const { channel, reader, allowed } = entry
    if (!allowed() || reader.stalledFor(clock.now()) > longest) {
      entry.leave()
      return reader.cut()
    }
    // Demands and expiry change an answer while the index stands still.
    offer(entry)
    const sign = channel.tick()
    if (sign !== undefined) reader.tick(sign)
  }
  const ticking = setInterval(() => spread([...entries], look), tickInterval).unref()

  return {
    get count() {
      return entries.size
    },
    get full() {
      return !open || entries.size >= streams
    },
    open(sink, asked) {
      const channel = channelFor(channels, book, clock, asked)
      const reader = newReader(sink, () => clock.now(), openingFrame(random()), asked.last)
      const leave = () => {
        if (entries.delete(entry) && --channel.readers === 0) channels.delete(channel.key)
      }
      const entry: Entry = { channel, reader, allowed: asked.allowed, leave }
      channel.readers++
      entries.add(entry)
      look(entry)
      return leave
    },
    close() {
      open = false
      unsubscribe()
      clearInterval(ticking)
      for (const entry of entries) {
        entry.leave()
        entry.reader.end(closingFrame)
      }
    },
  }
}

/** Those who asked alike. */
interface Channel {
  readonly key: string
  readers: number
  gates(): Frame | undefined
  tick(): Buffer | undefined
}

function channelFor(
  channels: Map<string, Channel>,
  book: AnswerBook,
  clock: PublishContext['clock'],
  { document, demands }: Asked,
): Channel {
  const key = JSON.stringify([document, demands.rollout, demands.steady, demands.maxAge])
  const known = channels.get(key)
  if (known !== undefined) return known
  const gates = oncePer((view) => gatesFrame(view, document))
  const tick = oncePer(tickFrame)
  function of<Made>(make: (view: View) => Made): Made | undefined {
    const answer = book.current()
    return answer === undefined ? undefined : make(viewOf(answer, demands, clock.now()))
  }
  const channel: Channel = { key, readers: 0, gates: () => of(gates), tick: () => of(tick) }
  channels.set(key, channel)
  return channel
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
