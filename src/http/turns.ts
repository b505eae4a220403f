import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Millis } from '../core/time.ts'
import { type Ask, type Line, connectionLines } from './lines.ts'
import { unreadAnswers } from './unread.ts'

/** A turn accepts one connection, so a health check in a crowd needs many; answers wait for it, but not for more. */
const turnsForArrivals = 64

interface Options {
  /** A request that is answered at once if it came alone, whatever else there is to do; its answer must be small. */
  readonly urgent: (request: IncomingMessage) => boolean
  /** Called with each request whose turn it is. */
  readonly onTurn: (request: IncomingMessage, response: ServerResponse) => void
  /** Called with each connection that is cut off, because it sent too much ahead or does not read. */
  readonly onCut: (kind: 'pipelined' | 'unread') => void
  /** Other bounds than the daemon's. */
  readonly aheadBytes?: number
  readonly unreadBytes?: number
}

/** Answers the requests of connections, each connection in its turn. */
export interface Turns {
  /** To be called with each connection when it is made. */
  readonly connected: (socket: Socket) => void
  readonly take: RequestListener
}

/**
 * Answers each connection one request at a time: the next one when the system has taken the answer before. So what is
 * held for a client that sends without reading is one answer and a few requests, however many it sends. In all
 * connections together, what was sent ahead and what was not read is bounded; beyond that the connection that takes most
 * of it is cut off.
 */
export function inTurns(answer: RequestListener, options: Options): Turns {
  const { urgent, onTurn, onCut, aheadBytes, unreadBytes } = options
  const queue = twoQueues(runCurrent)
  const { turn } = queue
  const unread = unreadAnswers({
    limit: unreadBytes,
    onRoom: () => turn.soon(),
    onCut: () => onCut('unread'),
  })
  const lines = connectionLines({
    aheadBytes,
    isBusy: () => turn.isOver,
    onHungry: (line) => queue.parseLater(line),
    onClose: (line) => queue.forget(line),
    onCut: () => onCut('pipelined'),
  })

  function take(request: IncomingMessage, response: ServerResponse): void {
    const line = lines.of(request.socket)
    if (line === undefined) return
    if (line.current === undefined) begin(line, { request, response })
    else lines.push(line, { request, response })
  }

  function begin(line: Line, ask: Ask): void {
    line.current = ask
    ask.response.once('finish', () => next(line))
    const isAlone = line.waiting.length === 0 && line.feeding.held === 0
    if (isAlone && urgent(ask.request)) return run(ask)
    if (queue.isReady && !unread.full) run(ask)
    else queue.runLater(line)
  }

  function next(line: Line): void {
    line.current = undefined
    const ask = lines.shift(line)
    if (ask !== undefined) begin(line, ask)
    line.feeding.resume()
  }

  /** False while there is no room for more answers. */
  function runCurrent({ current }: Line): boolean {
    if (unread.full) return false
    if (current !== undefined) run(current)
    return true
  }

  function run({ request, response }: Ask): void {
    onTurn(request, response)
    unread.follow(response)
    answer(request, response)
  }

  function connected(socket: Socket): void {
    queue.arrived()
    lines.open(socket)
  }

  return { connected, take }
}

/** Connections with a request that is parsed and not begun, and those with text that is not parsed yet. */
function twoQueues(run: (line: Line) => boolean) {
  const ready = new Set<Line>()
  const hungry = new Set<Line>()
  const turn = slices(goOn, isForArrivals)
  let hasArrival = false
  let yielded = 0

  function isForArrivals(): boolean {
    const isArriving = hasArrival && ready.size + hungry.size > 0 && yielded < turnsForArrivals
    hasArrival = false
    yielded = isArriving ? yielded + 1 : 0
    return isArriving
  }

  function goOn(): void {
    for (const line of ready) {
      if (turn.isOver) return
      if (!run(line)) break
      ready.delete(line)
    }
    for (const line of hungry) {
      if (turn.isOver) return
      hungry.delete(line)
      line.feeding.resume()
    }
  }

  return {
    turn,
    /** Whether a request may be begun right away. */
    get isReady() {
      return ready.size === 0 && !turn.isOver
    },
    runLater(line: Line): void {
      ready.add(line)
      turn.soon()
    },
    parseLater(line: Line): void {
      hungry.add(line)
      turn.soon()
    },
    forget(line: Line): void {
      ready.delete(line)
      hungry.delete(line)
    },
    arrived: () => void (hasArrival = true),
  }
}

/** The event loop works for clients for so long in one turn; health checks and probes run in between. */
const slice: Millis = 4

export interface Slices {
  /** Whether the time of this turn is used up: what is left is for the next. */
  readonly isOver: boolean
  /** Has the rest done in the next turn. */
  soon(): void
}

/**
 * Divides work into turns of the event loop.
 * @param goOn called in a new turn, to go on with what was left
 * @param hasPrecedence whether this turn is for something else, and has no time for this
 */
function slices(goOn: () => void, hasPrecedence: () => boolean): Slices {
  let startedAt: Millis | undefined
  let isScheduled = false

  function soon(): void {
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      if (hasPrecedence()) {
        startedAt = Number.NEGATIVE_INFINITY
        return soon()
      }
      startedAt = undefined
      goOn()
    })
  }

  return {
    get isOver() {
      const now = performance.now()
      startedAt ??= now
      soon()
      return now - startedAt >= slice
    },
    soon,
  }
}
