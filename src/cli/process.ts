import { promises } from 'node:timers'

/** What a command sees of the process it runs in; only `src/main.ts` knows the real one. */
export interface CliProcess {
  /** What follows the program's name. */
  readonly argv: readonly string[]
  /** The version of the program. */
  readonly version: () => Promise<string>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: Output
  readonly stderr: Output
  /** Aborted at the first SIGINT or SIGTERM, with the signal's name as its reason. */
  readonly interrupted: AbortSignal
  /** How many writes to its outputs failed so far. */
  readonly lostWrites?: () => number
  /** Calls back at each SIGHUP. */
  readonly reload?: (callback: () => void) => void
}

export interface Output {
  write(text: string | Uint8Array): unknown
  readonly isTTY?: boolean
  /** The size of a terminal. */
  readonly columns?: number
  readonly rows?: number
}

/** Time and chance as `wait` uses them; a test plays hours with its own. */
export interface Surroundings {
  /** Milliseconds that never step back. */
  readonly now: () => number
  /** The wall clock, for the times that an operator reads. */
  readonly date: () => Date
  /** Ends early, without an error, when the signal is aborted. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>
  /** A number in [0, 1). */
  readonly random: () => number
}

/** The real time and chance. */
export const systemSurroundings: Surroundings = {
  now: () => performance.now(),
  date: () => new Date(),
  random: Math.random,
  async sleep(milliseconds, signal) {
    // Rejects only when the signal is aborted, which the caller sees.
    await promises.setTimeout(Math.max(0, milliseconds), undefined, { signal }).catch(() => undefined)
  },
}
