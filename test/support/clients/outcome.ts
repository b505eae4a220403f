/**
 * What comes of asking: the client goes on (`opens`); asks again by itself (`waits`); halts until a person acts
 * (`pauses`); ends without going on (`fails`); or takes the change back (`rolls back`).
 */
export type Effect = 'opens' | 'waits' | 'pauses' | 'fails' | 'rolls back'

export interface Outcome {
  readonly effect: Effect
  /** What a person would read in that tool. */
  readonly detail: string
}

/** Where a client asks, and as whom. */
export interface Asking {
  /** Base address of the exporter, or of what stands in front of it. */
  readonly url: string
  readonly rollout: string
  /** Empty where none was configured. */
  readonly token: string
  /** Seconds after which what waits gives up, at least 3. */
  readonly patience: number
}

/** A deployment tool with its recipe. Resolves when the tool would have decided, or would only ask again. */
export interface Client {
  readonly name: string
  ask(asking: Asking): Promise<Outcome>
}

/** Where the recipes expect the exporter. */
export const documentedUrl = 'http://caracal-gate.caracal:9465'

/**
 * By how much time limits of the clients are shortened: 60 s become 3. What is tested is what comes of a limit, not its
 * length; an exporter that lives answers within milliseconds.
 */
const HURRY = 20
/** On a loaded machine an answer may take so long, or a moment less. */
const SHORTEST = 3_000

/** Milliseconds to wait where the client waits for so long. */
export function hurried(milliseconds: number): number {
  return Math.max(SHORTEST, milliseconds / HURRY)
}

/**
 * A recipe with its times shortened: waits, steady times, and curl's retries. Nothing else may differ from the page, and
 * a page without such times is not understood.
 */
export function impatient(recipe: string, { patience }: Pick<Asking, 'patience'>): string {
  const shorter = soon(recipe)
    .replaceAll(/(--timeout(?: |,\s+))\d+m/g, `$1${patience}s`)
    .replaceAll(/(--steady(?: |,\s+))\d+m/g, '$11s')
    .replaceAll(/--max-time \d+/g, `--max-time ${patience - 1}`)
    .replaceAll(
      /--retry \d+ --retry-delay \d+ --retry-max-time \d+/g,
      '--retry 1 --retry-delay 1 --retry-max-time 9',
    )
  if (shorter === recipe) throw new Error(`no times in ${recipe}`)
  return shorter
}

/** An address with a second instead of the minutes for which all must have stood, if it asks for that. */
export function soon(address: string): string {
  return address.replaceAll(/steady=\d+m/g, 'steady=1s')
}
