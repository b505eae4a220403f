/** Tasks one after the other, in the order in which they were asked for. */
export interface Turns {
  /** Runs the task when all before it have ended; one that fails holds up none. */
  next<T>(task: () => Promise<T>): Promise<T>
}

export function inTurn(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return {
    next(task) {
      const ended = last.then(task)
      last = ended.catch(() => undefined)
      return ended
    },
  }
}
