import type { HttpAnswer } from './http-exchange.ts'

const FIRST_PIECE = 4 * 1024

/** Larger bodies are not kept. */
const MOST_KEPT = 64 * 1024

type Head = Omit<HttpAnswer, 'body'>

/**
 * The body of the last answer to one request, over which the next is read: for as long as the bytes are the same nothing is
 * copied or decoded, and an answer of the same bytes, status and type is the same object.
 */
export class LastAnswer {
  #bytes: Buffer = Buffer.alloc(0)
  #answer: HttpAnswer | undefined
  /** Size of the last body. */
  #last = 0
  /** How much of the next has come. */
  #size = 0
  #isSame = true

  /** The next answer begins. */
  begin(): void {
    this.#size = 0
    this.#isSame = this.#answer !== undefined
  }

  /** How much of the body has come. */
  get size(): number {
    return this.#size
  }

  /** The next piece of a body that is at most `limit` bytes long. */
  add(chunk: Buffer, limit: number): void {
    const size = this.#size + chunk.length
    this.#isSame &&= size <= this.#last && this.#bytes.compare(chunk, 0, chunk.length, this.#size, size) === 0
    if (!this.#isSame) {
      this.#answer = undefined
      // Copied: a piece of a few bytes would keep all that was read with it.
      if (size > this.#bytes.length) this.#bytes = grown(this.#bytes, size, limit)
      chunk.copy(this.#bytes, this.#size)
    }
    this.#size = size
  }

  /** The answer when all of its body has come. */
  end(head: Head): HttpAnswer {
    const before = this.#answer
    if (before !== undefined && this.#size === this.#last && isSame(before, head)) return before
    const answer = { ...head, body: this.#bytes.toString('utf8', 0, this.#size) }
    const isKept = this.#size <= MOST_KEPT && !saysWhenToAsk(head)
    this.#answer = isKept ? answer : undefined
    this.#last = this.#size
    if (this.#bytes.length > MOST_KEPT) this.#bytes = Buffer.alloc(0)
    return answer
  }
}

/** A refusal with a date is another one each time. */
function saysWhenToAsk({ status }: Head): boolean {
  return status === 429
}

function isSame(before: Head, head: Head): boolean {
  return before.status === head.status && before.contentType === head.contentType
}

function grown(before: Buffer, size: number, limit: number): Buffer {
  const after = Buffer.allocUnsafeSlow(Math.min(Math.max(size, 2 * before.length, FIRST_PIECE), limit))
  before.copy(after)
  return after
}
