import type { Instant, Millis } from '../core/time.ts'
import type { Frame } from './event-frames.ts'

/** Where the events of one client go. */
export interface Sink {
  /** Calls `done` when the operating system has taken all of it. */
  write(bytes: Buffer, done: () => void): void
  /** Ends the stream with these last bytes. */
  end(bytes: Buffer): void
  /** Ends it at once, whatever has not been taken. */
  cut(): void
}

/** One client of the event stream. */
export interface Reader {
  /** Sends the event, unless it is the last one that the client was sent. Replaces one that still waits. */
  offer(frame: Frame): void
  /** Sends what says that we are alive. Replaces one that still waits. */
  tick(bytes: Buffer): void
  /** For how long the client has not taken what was sent to it; 0 when it has taken everything. */
  stalledFor(now: Instant): Millis
  /** Ends the stream: with these last bytes, or at once when the client is behind. */
  end(bytes: Buffer): void
  cut(): void
}

/**
 * Sends to one client, one event at a time: the next one when the last has been taken, and of those that came meanwhile
 * only the newest. So the daemon holds at most one event for a client.
 * @param last tag of the event that the client has already
 */
export function newReader(sink: Sink, now: () => Instant, opening: Buffer, last: string | undefined): Reader {
  let sent = last
  let newest = last
  let sending: Instant | undefined
  let event: Frame | undefined
  let sign: Buffer | undefined
  let open = true

  function send(bytes: Buffer): void {
    sending = now()
    sink.write(bytes, () => {
      sending = undefined
      next()
    })
  }

  function next(): void {
    if (!open || sending !== undefined) return
    if (event !== undefined) {
      const frame = event
      sent = frame.tag
      event = undefined
      send(frame.bytes)
    } else if (sign !== undefined) {
      const bytes = sign
      sign = undefined
      send(bytes)
    }
  }

  send(opening)
  return {
    offer(frame) {
      // A sign of life that waits speaks of the answer before this one.
      if (frame.tag !== newest) sign = undefined
      newest = frame.tag
      event = frame.tag === sent ? undefined : frame
      next()
    },
    tick(bytes) {
      sign = bytes
      next()
    },
    stalledFor: (at) => (sending === undefined ? 0 : at - sending),
    end(bytes) {
      if (!open) return
      open = false
      if (sending === undefined) sink.end(bytes)
      else sink.cut()
    },
    cut() {
      open = false
      sink.cut()
    },
  }
}
