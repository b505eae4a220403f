import { RedisFault } from './redis-unavailable.ts'

/** What the answer to commands that were sent at once may hold; beyond it the connection is ended. */
export interface AnswerBounds {
  readonly bytes: number
  /** Values, those in lists included. */
  readonly elements: number
  /** Lists in lists. */
  readonly depth: number
  /** Bytes of one line: a status, an error, a number or a length. */
  readonly line: number
}

/**
 * The largest honest answers are a thousand entries with their payload, and a stream with consumer groups of former
 * replicas, of which 25,000 fit; `XINFO STREAM FULL` is seven lists deep. The client needs about three times the bytes
 * for a moment, far below the chart's limit of memory.
 */
export const answerBounds: AnswerBounds = {
  bytes: 16 * 1024 * 1024,
  elements: 1_000_000,
  depth: 16,
  line: 16 * 1024,
}

/** Both may throw. */
export interface FrameListener {
  /** Called before the first byte of a frame is taken. */
  readonly begin?: () => void
  /** Called behind the last byte of a frame. */
  readonly end: () => void
}

const [CR, LF] = [13, 10]
const [PLUS, MINUS, COLON, DOLLAR, STAR, ZERO] = [43, 45, 58, 36, 42, 48]

/** Of a 64-bit number. */
const MOST_DIGITS = 19

/** Follows the frames of RESP2 in a stream of bytes and keeps no more of them than the line that is open. */
export class FrameReader {
  readonly #bounds: AnswerBounds
  readonly #listener: FrameListener
  #bytes = 0
  #elements = 0
  /** For each open list, how many of its values are to come. */
  readonly #open: number[] = []
  /** Type of the line that is open; 0 outside of one. */
  #type = 0
  /** Bytes that were read of it, its type included. */
  #lineLength = 0
  // What a line says in a number; no text is made of it, since there is a line for each value.
  #digits = 0
  #value = 0
  #isNegative = false
  #isNumber = true
  /** Whether only the line feed of the line is to come. */
  #isEnding = false
  /** Bytes of a text that are to come, with the two that end it; undefined outside of one. */
  #text: number | undefined

  constructor(bounds: AnswerBounds, listener: FrameListener) {
    this.#bounds = bounds
    this.#listener = listener
  }

  /** @throws RedisFault when the bytes are no RESP2, and as soon as they exceed a bound or announce to */
  read(chunk: Uint8Array): void {
    const bytes = Buffer.isBuffer(chunk)
      ? chunk
      : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    for (let at = 0; at < bytes.length;)
      if (this.#text !== undefined) at = this.#readText(bytes, at, this.#text)
      else if (this.#isEnding) at = this.#readLineFeed(bytes, at)
      else at = this.#readLine(bytes, at)
  }

  /** Counts anew from here. */
  renew(): void {
    this.#bytes = 0
    this.#elements = 0
  }

  #take(count: number): void {
    this.#bytes += count
    if (this.#bytes > this.#bounds.bytes) throw tooLarge(`more than ${this.#bounds.bytes} bytes`)
  }

  /** Reads what the chunk has of a line. Gives where the next step begins, as the others do. */
  #readLine(chunk: Buffer, from: number): number {
    let to = from
    if (this.#type === 0) {
      this.#beginLine(chunk[from] ?? 0)
      to += 1
    }
    const isText = this.#type === PLUS || this.#type === MINUS
    for (; to < chunk.length; to += 1) {
      const byte = chunk[to] ?? 0
      if (byte === CR || byte === LF) break
      if (!isText) this.#addDigit(byte, this.#lineLength + to - from === 1)
    }
    this.#take(to - from)
    this.#lineLength += to - from
    if (this.#lineLength > this.#bounds.line + 1)
      throw tooLarge(`a line of more than ${this.#bounds.line} bytes`)
    if (to === chunk.length) return to
    if (chunk[to] === LF) throw malformed('a line feed within a line')
    this.#take(1)
    this.#isEnding = true
    return to + 1
  }

  #beginLine(type: number): void {
    if (this.#open.length === 0) this.#listener.begin?.()
    if (type !== PLUS && type !== MINUS && type !== COLON && type !== DOLLAR && type !== STAR)
      throw malformed(`byte ${type} where a value begins`)
    this.#elements += 1
    if (this.#elements > this.#bounds.elements) throw tooLarge(`more than ${this.#bounds.elements} values`)
    this.#type = type
    this.#lineLength = 0
    this.#digits = 0
    this.#value = 0
    this.#isNegative = false
    this.#isNumber = true
  }

  #addDigit(byte: number, isFirst: boolean): void {
    const digit = byte - ZERO
    if (digit >= 0 && digit <= 9) {
      this.#digits += 1
      this.#value = this.#value * 10 + digit
    } else if (isFirst && byte === MINUS) this.#isNegative = true
    else this.#isNumber = false
  }

  #readLineFeed(chunk: Buffer, from: number): number {
    if (chunk[from] !== LF) throw malformed('a line ends without its line feed')
    this.#take(1)
    this.#isEnding = false
    const type = this.#type
    this.#type = 0
    this.#endLine(type)
    return from + 1
  }

  #endLine(type: number): void {
    if (type === PLUS || type === MINUS) return this.#endValue()
    if (!this.#isNumber || this.#digits === 0 || this.#digits > MOST_DIGITS)
      throw malformed('a number that is none')
    if (type === COLON) return this.#endValue()
    // The client skips the null by its length, which has no other form.
    if (this.#isNegative && this.#digits === 1 && this.#value === 1) return this.#endValue()
    if (this.#isNegative) throw malformed('a number that is none')
    this.#announce(type, this.#value)
  }

  /** Compares what is announced with the bounds before the client makes room for it. */
  #announce(type: number, length: number): void {
    const { bytes, elements, depth } = this.#bounds
    if (type === DOLLAR) {
      if (this.#bytes + length > bytes) throw tooLarge(`more than ${bytes} bytes`)
      this.#text = length + 2
      return
    }
    if (this.#elements + length > elements) throw tooLarge(`more than ${elements} values`)
    if (length === 0) return this.#endValue()
    if (this.#open.length === depth) throw tooLarge(`lists more than ${depth} deep`)
    this.#open.push(length)
  }

  #endValue(): void {
    for (let left = this.#open.pop(); left !== undefined; left = this.#open.pop())
      if (left > 1) {
        this.#open.push(left - 1)
        return
      }
    this.#listener.end()
  }

  /** Skips what the chunk has of a text. */
  #readText(chunk: Buffer, from: number, left: number): number {
    const to = Math.min(chunk.length, from + left)
    this.#take(to - from)
    const end = from + left - 2
    for (let at = Math.max(from, end); at < to; at += 1)
      if (chunk[at] !== (at === end ? CR : LF)) throw malformed('a text that is longer than its length')
    this.#text = left - (to - from)
    if (this.#text === 0) {
      this.#text = undefined
      this.#endValue()
    }
    return to
  }
}

function tooLarge(what: string): RedisFault {
  return new RedisFault('REDIS_TOO_LARGE', what)
}

function malformed(what: string): RedisFault {
  return new RedisFault('REDIS_MALFORMED', what)
}
