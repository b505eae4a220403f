import type { ServerResponse } from 'node:http'
import { type Demands, isFaulty, readParameters } from '../contract/parameters.ts'
import { type Millis, SECOND } from '../core/time.ts'
import type { AnswerBook } from './answers.ts'
import type { PublishContext } from './context.ts'
import { sharesOf, spread } from './crowd.ts'
import {
  type Channel,
  eventChannels,
  type EventDocument,
  closingFrame,
  openingFrame,
} from './event-frames.ts'
import { type Reader, type Sink, newReader } from './event-reader.ts'
import { type Handler, type Parts, safety } from './handling.ts'
import { type OperationId, parametersOf } from './operations.ts'
import { faulty, notEvaluated, refuse } from './problem.ts'

/** What a client wants to hear. */
export interface Asked {
  readonly document: EventDocument
  readonly demands: Demands
  /** Value of Last-Event-ID; anything but the newest id counts as nothing. */
  readonly last: string | undefined
  /** Address of the client. */
  readonly from?: string | undefined
  /** Whether the client may still read: tokens are withdrawn without a restart. */
  readonly allowed: () => boolean
}

export interface EventStreams {
  readonly count: number
  /** Whether another client of this address has to come again later. */
  isFull(from: string | undefined): boolean
  /** Begins a stream; the result ends its bookkeeping and is to be called when the client has gone. */
  open(sink: Sink, asked: Asked): () => void
  /** Ends all streams. */
  close(): void
}

/** Streams at once. */
const streamLimit = 500
/** A client that has taken nothing for so long is cut off. */
const longestPatience: Millis = 30 * SECOND
/** A reader must notice within seconds that the daemon is gone or stuck. */
const tickInterval: Millis = 2 * SECOND

/** Other bounds than the daemon's. */
interface Limits {
  readonly streams?: number
  readonly patience?: Millis
  readonly tick?: Millis
}

/**
 * Tells clients of the document's changes. Whatever is sent is made once and shared by all who asked alike.
 * @param random gives a number in [0, 1)
 */
export function eventStreams(
  context: Pick<PublishContext, 'board' | 'clock'>,
  book: AnswerBook,
  random: () => number,
  limits: Limits = {},
): EventStreams {
  const { streams = streamLimit, patience = longestPatience, tick = tickInterval } = limits
  const { board, clock } = context
  const join = eventChannels(book, clock)
  const entries = new Set<Entry>()
  const shares = sharesOf(streams)
  let told = board.current()?.revision
  let open = true

  const tell = onePassAtOnce((done) => spread([...entries], offer, done))
  const unsubscribe = board.subscribe(({ revision }) => {
    if (revision === told) return
    told = revision
    tell()
  })
  const ticking = setInterval(() => spread([...entries], keepAlive), tick).unref()

  function keepAlive(entry: Entry): void {
    const { channel, reader, allowed, leave } = entry
    if (!allowed() || reader.stalledFor(clock.now()) > patience) {
      leave()
      return reader.cut()
    }
    // Demands and expiry change an answer while the index stays the same.
    offer(entry)
    const sign = channel.tick()
    if (sign !== undefined) reader.tick(sign)
  }

  return {
    get count() {
      return entries.size
    },
    isFull: (from) => !open || entries.size >= streams || !shares.hasRoom(from),
    open(sink, { document, demands, last, from, allowed }) {
      const channel = join(document, demands)
      const reader = newReader(sink, () => clock.now(), openingFrame(random()), last)
      const giveBack = shares.take(from)
      function leave(): void {
        if (!entries.delete(entry)) return
        channel.leave()
        giveBack()
      }
      const entry: Entry = { channel, reader, allowed, leave }
      entries.add(entry)
      keepAlive(entry)
      return leave
    },
    close() {
      open = false
      unsubscribe()
      clearInterval(ticking)
      for (const { reader, leave } of entries) {
        leave()
        reader.end(closingFrame)
      }
    },
  }
}

interface Entry {
  readonly channel: Channel
  readonly reader: Reader
  readonly allowed: () => boolean
  readonly leave: () => void
}

function offer({ channel, reader }: Entry): void {
  const frame = channel.gates()
  if (frame !== undefined) reader.offer(frame)
}

/**
 * Runs `pass` in the next turn of the event loop, and after it once more when it was asked for meanwhile: those whose
 * turn was over have missed what came then.
 */
function onePassAtOnce(pass: (done: () => void) => void): () => void {
  let running = false
  let again = false
  function run(): void {
    again = false
    pass(() => {
      running = false
      if (again) request()
    })
  }
  function request(): void {
    again = true
    if (running) return
    running = true
    setImmediate(run)
  }
  return request
}

/** The route that tells of changes as they come. */
export function eventHandlers(parts: Parts): Pick<Record<OperationId, Handler>, 'events'> {
  const { book, context, streams } = parts
  return {
    events(request, reply) {
      if (book.current() === undefined) return void notEvaluated(reply)
      const query = request.query as Readonly<Record<string, unknown>>
      const parameters = readParameters(query, parametersOf('events'))
      if (isFaulty(parameters)) return void faulty(reply, parameters)
      const { document = 'report', demands } = parameters
      const { raw } = reply
      if (request.method === 'HEAD') {
        reply.hijack()
        return void raw.writeHead(200, headers).end()
      }
      const from = request.socket.remoteAddress
      if (streams.isFull(from)) return tooMany(parts, reply)
      reply.hijack()
      raw.writeHead(200, headers)
      const { authorization } = request.headers
      const leave = streams.open(sinkOf(raw), {
        document,
        demands,
        from,
        last: request.headers['last-event-id']?.toString(),
        allowed: () => context.authorise('follow', authorization).ok,
      })
      raw.once('close', leave)
    },
  }
}

function tooMany({ context }: Parts, reply: Parameters<Handler>[1]): void {
  context.instruments.refused('streams')
  refuse(reply, 'too-many-streams', 'The limit of clients that listen is reached.', { retryAfter: 5 })
}

const headers = {
  ...safety,
  'content-type': 'text/event-stream; charset=utf-8',
  // Neither kept nor compressed nor held back on the way.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  // Nothing can follow on this connection, and a daemon that stops need not wait for it.
  connection: 'close',
}

function sinkOf(raw: ServerResponse): Sink {
  // A client that goes in the middle of a write is no fault of ours.
  raw.on('error', () => {})
  return {
    write: (bytes, done) => void raw.write(bytes, done),
    end: (bytes) => void raw.end(bytes),
    cut: () => void raw.destroy(),
  }
}
