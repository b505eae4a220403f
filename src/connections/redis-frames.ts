import { RedisFault } from './redis-fault.ts'

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
 * The largest answers that the looks ask for are a thousand entries with their payload, and a stream with consumer
 * groups of former replicas, of which 25,000 fit; `XINFO STREAM FULL` is seven lists deep. The client needs about three times the
 * bytes for a moment, far below the chart's limit of memory.
 */
export const answerBounds: AnswerBounds = {
  bytes: 16 * 1024 * 1024,
  elements: 1_000_000,
  depth: 16,
  line: 16 * 1024,
}

export interface FrameListener {
  /** Called before the first byte of a frame is taken; may throw. */
  readonly begin?: () => void
  /** Called behind the last byte of a frame; may throw. */
  readonly end: () => void
}

const CR = 13
const LF = 10
const MINUS = 45
const ZERO = 48
const BULK = 36
// Of a 64-bit number.
const MOST_DIGITS = 19

/** What a value holds behind its first byte: a text, a number, or a length of what follows. */
type Line = 'text' | 'number' | 'length'

const lines: Readonly<Record<number, Line>> = {
  43: 'text',
  45: 'text',
  58: 'number',
  [BULK]: 'length',
  42: 'length',
}

/** A line as far as it was read. */
interface OpenLine {
  readonly type: number
  readonly kind: Line
  bytes: number
  number: number
  digits: number
  isNegative: boolean
  /** Only its line feed is to come. */
  isEnding: boolean
}

/** Follows the frames of RESP2 in a stream of bytes without keeping any of them. */
export class FrameReader {
  readonly #bounds: AnswerBounds
  readonly #listener: FrameListener
  #bytes = 0
  #elements = 0
  /** For each list that is open, how many of its values are to come. */
  readonly #open: number[] = []
  #line: OpenLine | undefined
  /** Bytes of a text that are to come, with the two that end it; undefined outside of one. */
  #text: number | undefined

  constructor(bounds: AnswerBounds, listener: FrameListener) {
    this.#bounds = bounds
    this.#listener = listener
  }

  /** @throws RedisFault at the first byte that is no RESP2, and as soon as a bound is exceeded or will be */
  read(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;)
      if (this.#text !== undefined) at = this.#readText(chunk, at, this.#text)
      else {
        this.#take(1)
        this.#readByte(chunk[at] ?? 0)
        at += 1
      }
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

  #readByte(byte: number): void {
    const line = this.#line
    if (line === undefined) this.#startLine(byte)
    else if (!line.isEnding) this.#readLine(line, byte)
    else if (byte === LF) this.#endLine(line)
    else throw malformed('a line ends without its line feed')
  }

  #startLine(type: number): void {
    if (this.#open.length === 0) this.#listener.begin?.()
    const kind = lines[type]
    if (kind === undefined) throw malformed(`byte ${type} where a value begins`)
    this.#elements += 1
    if (this.#elements > this.#bounds.elements) throw tooLarge(`more than ${this.#bounds.elements} values`)
    this.#line = { type, kind, bytes: 0, number: 0, digits: 0, isNegative: false, isEnding: false }
  }

  #readLine(line: OpenLine, byte: number): void {
    line.bytes += 1
    if (line.bytes > this.#bounds.line) throw tooLarge(`a line of more than ${this.#bounds.line} bytes`)
    if (byte === CR) line.isEnding = true
    else if (byte === LF) throw malformed('a line feed within a line')
    else if (line.kind !== 'text') readDigit(line, byte)
  }

  #endLine({ type, kind, number, digits, isNegative }: OpenLine): void {
    this.#line = undefined
    if (kind !== 'text' && digits === 0) throw malformed('a number without digits')
    if (kind !== 'length') this.#endValue()
    else if (!isNegative) this.#start(type, number)
    // The client skips the null by its length, which has no other form.
    else if (number === 1 && digits === 1) this.#endValue()
    else throw malformed('a negative length')
  }

  /** What is announced is held against the bounds before the client makes room for it. */
  #start(type: number, length: number): void {
    const { bytes, elements, depth } = this.#bounds
    if (type === BULK) {
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

  /** Skips what the chunk has of a text. Gives where it goes on. */
  #readText(chunk: Uint8Array, from: number, left: number): number {
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

function readDigit(line: OpenLine, byte: number): void {
  if (byte === MINUS && line.bytes === 1) {
    line.isNegative = true
    return
  }
  const digit = byte - ZERO
  if (digit < 0 || digit > 9 || line.digits === MOST_DIGITS) throw malformed('a number that is none')
  line.digits += 1
  line.number = line.number * 10 + digit
}

function tooLarge(what: string): RedisFault {
  return new RedisFault('REDIS_TOO_LARGE', what)
}

function malformed(what: string): RedisFault {
  return new RedisFault('REDIS_MALFORMED', what)
}
