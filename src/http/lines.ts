import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Requests of one connection that are parsed while another is being answered; the next ones stay text. */
const aheadLimit = 16
/** Bytes that all connections together may have sent ahead, parsed or not. */
const aheadBytesLimit = 16 * 1024 * 1024
/** What Node holds for a request besides its text, as measured on Node 24. */
const requestCost = 3_000
const fieldCost = 40

export interface Ask {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** One connection, whose requests are answered one after another. */
export interface Line {
  readonly socket: Socket
  readonly feeding: Feeding
  /** What is being answered, or is next to be. */
  current: Ask | undefined
  readonly waiting: Ask[]
  /** Memory that the requests in `waiting` take. */
  waitingBytes: number
  /** What of it is counted: those and what has not been parsed. */
  ahead: number
}

/** The open connections, and what they have sent ahead of their answers. */
export interface Lines {
  open(socket: Socket): void
  of(socket: Socket): Line | undefined
  /** Puts a request behind the others of its connection. */
  push(line: Line, ask: Ask): void
  /** The next request of a connection. */
  shift(line: Line): Ask | undefined
}

interface Options {
  readonly aheadBytes?: number | undefined
  /** Whether others are served before more is parsed. */
  readonly isBusy: () => boolean
  /** Called with a connection of which more could be parsed. */
  readonly onHungry: (line: Line) => void
  readonly onClose: (line: Line) => void
  /** Called with each connection that is cut off because it sent more ahead than there is room for. */
  readonly onCut: () => void
}

/** Bounds what all connections together send ahead: the one that takes most of it is cut off. */
export function connectionLines(options: Options): Lines {
  const { aheadBytes = aheadBytesLimit, isBusy, onHungry, onClose, onCut } = options
  const lines = new Map<Socket, Line>()
  let ahead = 0

  function open(socket: Socket): void {
    const feeding = feedByRequest(socket, {
      isBehind: () => line.waiting.length >= aheadLimit,
      isBusy,
      onHeld: () => count(line),
    })
    const line: Line = { socket, feeding, current: undefined, waiting: [], waitingBytes: 0, ahead: 0 }
    lines.set(socket, line)
    socket.once('close', () => close(line))
  }

  function close(line: Line): void {
    lines.delete(line.socket)
    ahead -= line.ahead
    line.ahead = 0
    onClose(line)
  }

  function count(line: Line): void {
    if (!lines.has(line.socket)) return
    const { feeding, waiting, waitingBytes, socket } = line
    const now = waitingBytes + feeding.held
    ahead += now - line.ahead
    line.ahead = now
    if (feeding.held > 0 && waiting.length < aheadLimit && !socket.writableNeedDrain) onHungry(line)
    if (ahead > aheadBytes) cutLongest()
  }

  function cutLongest(): void {
    let longest: Line | undefined
    for (const line of lines.values()) if (line.ahead > (longest?.ahead ?? 0)) longest = line
    if (longest === undefined) return
    close(longest)
    onCut()
    longest.socket.destroy()
  }

  return {
    open,
    of: (socket) => lines.get(socket),
    push(line, ask) {
      line.waiting.push(ask)
      line.waitingBytes += costOf(ask.request)
      count(line)
    },
    shift(line) {
      const ask = line.waiting.shift()
      if (ask === undefined) return undefined
      line.waitingBytes -= costOf(ask.request)
      count(line)
      return ask
    },
  }
}

function costOf({ url = '', rawHeaders }: IncomingMessage): number {
  const fields = rawHeaders.reduce((sum, text) => sum + text.length + fieldCost, 0)
  return requestCost + url.length + fields
}

/** What has arrived of one connection, handed to its parser a request at a time. */
export interface Feeding {
  /** Bytes that have arrived and that the parser has not seen. */
  readonly held: number
  /** Goes on after the connection was behind. */
  resume(): void
}

const endOfHead = Buffer.from('\r\n\r\n')
/** Most that is parsed at once: a body in small chunks takes long for its size. */
const pieceLimit = 4 * 1024
/** What is no longer is parsed at once, whatever else there is to do: a health check is a hundred bytes. */
const smallLimit = 1024

interface FeedingOptions {
  /** Whether the connection has to be answered before more of it is parsed. */
  readonly isBehind: () => boolean
  /** Whether others are served first; `resume` continues it. */
  readonly isBusy: () => boolean
  /** Called when the number of held bytes changed. */
  readonly onHeld: () => void
}

/**
 * Takes the place of what Node does with the data of a connection: to parse all that came in one read, which is up to
 * 64 KiB and two thousand requests, each of them a hundred times as large as its text. Here the parser is given one
 * request after another for as long as the connection is not behind; the rest is held, and reading stops.
 */
function feedByRequest(socket: Socket, { isBehind, isBusy, onHeld }: FeedingOptions): Feeding {
  const parse = socket.listeners('data')
  const chunks: Buffer[] = []
  let held = 0
  let isFeeding = false

  function take(chunk: Buffer): void {
    const isSmall = chunks.length === 0 && chunk.length <= smallLimit
    chunks.push(chunk)
    held += chunk.length
    feed(isSmall)
    onHeld()
  }

  function feed(isUrgent = false): void {
    // A request that is answered at once calls for the next before the parser is done with it.
    if (isFeeding) return
    isFeeding = true
    while (chunks.length > 0) {
      if (!socket.writable) drop()
      // What is parsed while an answer drains would make Node stop the parser, and it must be given nothing then.
      else if (isBehind() || socket.writableNeedDrain || (!isUrgent && isBusy())) break
      else for (const listener of parse) listener.call(socket, nextPiece())
    }
    isFeeding = false
    if (chunks.length > 0) socket.pause()
    else if (socket.isPaused()) socket.resume()
  }

  function nextPiece(): Buffer {
    const [chunk = Buffer.alloc(0)] = chunks
    const at = chunk.indexOf(endOfHead)
    const piece = chunk.subarray(0, Math.min(pieceLimit, at < 0 ? chunk.length : at + endOfHead.length))
    if (piece.length === chunk.length) chunks.shift()
    else chunks[0] = chunk.subarray(piece.length)
    held -= piece.length
    return piece
  }

  function drop(): void {
    chunks.length = 0
    held = 0
  }

  function resume(): void {
    if (chunks.length === 0) return
    feed()
    onHeld()
  }

  socket.removeAllListeners('data')
  socket.on('data', take)
  socket.on('drain', resume)
  return {
    get held() {
      return held
    },
    resume,
  }
}
