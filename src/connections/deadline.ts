/** What may end before it is done, as far as it is asked for here: an `AbortSignal` is one. */
export interface Ending {
  readonly aborted: boolean
  /** Why, once it is aborted. */
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/**
 * The end of one attempt. An `AbortSignal` with its events is a good part of what an attempt allocates; it is made only
 * where a library asks for one.
 */
export class Deadline implements Ending {
  #listeners: (() => void)[] = []
  #controller: AbortController | undefined
  #isOver = false
  #reason: unknown

  get aborted(): boolean {
    return this.#isOver
  }

  get reason(): unknown {
    return this.#reason
  }

  /** The same as what libraries know. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#isOver) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  /** Ends it; a second time has no effect. */
  pass(reason: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#reason = reason
    const told = this.#listeners
    this.#listeners = []
    for (const listener of told) listener()
    this.#controller?.abort(reason)
  }

  addEventListener(_: 'abort', listener: () => void): void {
    this.#listeners.push(listener)
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    this.#listeners = this.#listeners.filter((one) => one !== listener)
  }
}

/** What libraries know, of either kind. */
export function signalOf(ending: Ending): AbortSignal {
  if (ending instanceof AbortSignal) return ending
  if (ending instanceof Deadline) return ending.signal
  throw new TypeError('neither an AbortSignal nor a deadline')
}
