import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { feedByRequest, type Feeding } from './feeding.ts'

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
  /** Told of a connection of which more could be parsed. */
  readonly onHungry: (line: Line) => void
  readonly onClose: (line: Line) => void
  /** Told of each connection that is cut off because it sent more ahead than there is room for. */
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
