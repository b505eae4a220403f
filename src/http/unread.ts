import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { SECOND, type Millis } from '../core/time.ts'

/** Bytes of answers that clients have not taken, in all, before others have to wait for room. */
const unreadLimit = 32 * 1024 * 1024
/** While there is no room, a client that has not taken its answer for so long is cut off. */
const unreadPatience: Millis = SECOND

interface Unread {
  readonly socket: Socket
  readonly bytes: number
  readonly since: Millis
}

/** How much of what was answered is still held for clients that do not read. */
export interface UnreadAnswers {
  readonly full: boolean
  /** Counts what is left of the answer when all of it has been written, until the client has taken it. */
  follow(response: ServerResponse): void
}

interface Options {
  readonly limit?: number | undefined
  readonly patience?: Millis
  /** Called when there is room again. */
  readonly onRoom: () => void
  /** Called with each client that was cut off. */
  readonly onCut: () => void
}

/** Keeps the sum of unread answers bounded: above the limit those who have read nothing for longest are cut off. */
export function unreadAnswers(options: Options): UnreadAnswers {
  const { limit = unreadLimit, patience = unreadPatience, onRoom, onCut } = options
  const held = new Map<ServerResponse, Unread>()
  let sum = 0
  let timer: NodeJS.Timeout | undefined

  function release(response: ServerResponse): void {
    const unread = held.get(response)
    if (unread === undefined) return
    held.delete(response)
    const wasFull = sum >= limit
    sum -= unread.bytes
    if (wasFull && sum < limit) onRoom()
  }

  function cutLongest(): void {
    timer = undefined
    const now = performance.now()
    // In the order in which they were written, so the longest unread come first.
    for (const [response, { socket, since }] of held) {
      if (sum < limit) return
      const left = since + patience - now
      if (left > 0) return void (timer = setTimeout(cutLongest, left).unref())
      onCut()
      socket.destroy()
      release(response)
    }
  }

  return {
    get full() {
      return sum >= limit
    },
    follow(response) {
      response.once('prefinish', () => {
        const { socket } = response
        if (socket === null || socket.writableLength === 0) return
        held.set(response, { socket, bytes: socket.writableLength, since: performance.now() })
        sum += socket.writableLength
        if (sum >= limit && timer === undefined) cutLongest()
      })
      response.once('finish', () => release(response))
      response.once('close', () => release(response))
    },
  }
}
