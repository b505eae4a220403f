import type { Socket } from 'node:net'
import { answerBounds, FrameReader } from './redis-frames.ts'
import { RedisFault } from './redis-unavailable.ts'

/**
 * Puts a guard between a socket and the client that reads it: every byte is framed before the client's parser sees
 * it. A peer that breaks the protocol, exceeds `answerBounds` with its answer to what was written at once, or replies
 * where no command is waiting, is cut off: the socket is destroyed with a RedisFault and nothing of the chunk is
 * passed on.
 *
 * @returns the same socket
 */
export function guard<Stream extends Socket>(socket: Stream): Stream {
  /** For each write whose commands are not all answered, how many replies are due. */
  const due: number[] = []
  let written = 0
  // What we write are commands: lists of texts, framed by the same grammar.
  const requests = new FrameReader(answerBounds, { end: () => (written += 1) })
  const replies = new FrameReader(answerBounds, {
    begin: () => {
      if (due.length === 0) throw new RedisFault('REDIS_UNSOLICITED')
    },
    end: () => {
      const left = (due.shift() ?? 0) - 1
      if (left > 0) due.unshift(left)
      else replies.renew()
    },
  })

  const write = socket.write.bind(socket) as (...given: unknown[]) => boolean
  socket.write = (chunk: Uint8Array | string, ...more: unknown[]): boolean => {
    written = 0
    requests.renew()
    requests.read(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
    if (written > 0) due.push(written)
    return write(chunk, ...more)
  }

  // What the network brings enters a stream by push(), of TCP and of TLS alike, before anything listens to it.
  const push = socket.push.bind(socket)
  socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (socket.destroyed) return false
    try {
      if (chunk instanceof Uint8Array) replies.read(chunk)
    } catch (fault) {
      socket.destroy(fault instanceof Error ? fault : new Error(String(fault)))
      return false
    }
    return push(chunk, encoding)
  }
  // The client listens for the first error only.
  socket.on('error', () => {})
  return socket
}
