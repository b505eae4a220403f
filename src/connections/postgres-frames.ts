import { ConnectionFault } from './postgres-message.ts'
import { Order } from './postgres-order.ts'

/**
 * What a login, and each answer with all that comes before the next one is asked for, may have in bytes. The largest
 * honest answer, 501 versions of the schema, has 40 kB.
 */
export const ANSWER_BYTES = 256 * 1024

/** Type and length; the length counts itself but not the type. */
const HEADER_BYTES = 5

/**
 * Cuts what the server sends into whole messages, each of which is due and well-formed, so that pg's parser never sees
 * anything else. Holds one message at most.
 */
export class Frames {
  /** The process that the server said at login to be ours; a connection pooler says a number of its own. */
  backend: number | undefined
  readonly #order = new Order()
  readonly #header = Buffer.alloc(HEADER_BYTES)
  #headerFilled = 0
  #frame: Buffer | undefined
  #filled = 0
  #counted = 0

  /** Whether nothing is due. */
  get isIdle(): boolean {
    return this.#order.isIdle
  }

  /** From now on the answers to so many statements are due. */
  expect(statements: number): void {
    this.#counted = 0
    this.#order.expect(statements)
  }

  /**
   * The messages that `chunk` completes, each as soon as it is checked.
   * @throws ConnectionFault at the first that is not due, not well-formed or too large
   */
  *take(chunk: Buffer): Generator<Buffer, void, void> {
    for (let at = 0; at < chunk.length;) {
      if (this.#frame === undefined) {
        at += this.#fillHeader(chunk, at)
        if (this.#headerFilled < HEADER_BYTES) return
        this.#frame = this.#begin()
        this.#filled = HEADER_BYTES
      }
      const copied = chunk.copy(this.#frame, this.#filled, at)
      this.#filled += copied
      at += copied
      if (this.#filled < this.#frame.length) return
      yield this.#end(this.#frame)
    }
  }

  #fillHeader(chunk: Buffer, at: number): number {
    const copied = chunk.copy(this.#header, this.#headerFilled, at)
    this.#headerFilled += copied
    return copied
  }

  /** Room for the message whose header is there; nothing is taken for one that may not come. */
  #begin(): Buffer {
    const type = String.fromCharCode(this.#header[0] ?? 0)
    this.#order.admit(type)
    const length = this.#header.readInt32BE(1)
    if (length < 4) throw new ConnectionFault('malformed', `a message of length ${length}`)
    this.#counted += length + 1
    if (this.#counted > ANSWER_BYTES)
      throw new ConnectionFault('too_large', `more than ${ANSWER_BYTES / 1024} KiB`)
    // Every byte of it is written before it is read.
    const frame = Buffer.allocUnsafe(length + 1)
    this.#header.copy(frame)
    return frame
  }

  #end(frame: Buffer): Buffer {
    this.#frame = undefined
    this.#headerFilled = 0
    const type = String.fromCharCode(frame[0] ?? 0)
    const body = frame.subarray(HEADER_BYTES)
    this.#order.take(type, body)
    if (type === 'K') this.backend = body.readInt32BE(0)
    return frame
  }
}
