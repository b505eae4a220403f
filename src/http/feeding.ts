import type { Socket } from 'node:net'

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

interface Options {
  /** Whether the connection has to be answered before more of it is parsed. */
  readonly isBehind: () => boolean
  /** Whether others are served first, and it goes on when it is resumed. */
  readonly isBusy: () => boolean
  /** Told when the number of held bytes changed. */
  readonly onHeld: () => void
}

/**
 * Takes the place of what Node does with the data of a connection: to parse all that came in one read, which is up to
 * 64 KiB and two thousand requests, each of them a hundred times as large as its text. Here the parser is given one
 * request after another for as long as the connection is not behind; the rest is held, and reading stops.
 */
export function feedByRequest(socket: Socket, { isBehind, isBusy, onHeld }: Options): Feeding {
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
