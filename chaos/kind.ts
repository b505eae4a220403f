import type { Scene } from './scene.ts'

/** What a fault takes away, or what must be whole for it to be turned on and off. Faults of a pair share none. */
export type Area =
  'redis' | 'postgres' | 'services' | 'network' | 'daemon' | 'clock' | 'state' | 'log' | 'clients'

export interface Bound {
  /** Milliseconds, by the cadence that the daemon was in when the fault came. */
  readonly brisk: number
  readonly quiet: number
  /** Where the number comes from. */
  readonly source: string
}

/** What the verdict must be while the fault lasts: never `proceed` after a while, or whatever the daemon can prove. */
export type Expectation =
  | { readonly proceeds: 'never'; readonly within: Bound }
  | { readonly proceeds: 'if proven'; readonly why: string }

/** What the invariants know of a kind of fault. */
export interface KindFacts {
  readonly expect: Expectation
  /** Stop conditions that it may make fire. */
  readonly explains: readonly string[]
  /** A command that rightly ends what the verdict must be. */
  readonly liftedBy?: 'begin'
}

/** Puts right what was made wrong. */
export type Undo = () => Promise<unknown> | void

/** How often and at what a fault of this kind is made is chance; the numbers between 0 and 1 come from the seed. */
export interface Chance {
  readonly first: number
  readonly second: number
}

export interface Kind extends KindFacts {
  readonly name: string
  readonly describe: string
  readonly areas: readonly Area[]
  /** Milliseconds that it lasts; longer when chance wants so. */
  readonly atLeast?: number
  /** Why this machine cannot make it. */
  readonly missing?: (scene: Scene) => string | undefined
  /** Makes it; says what chance chose, and how it ends. */
  inject(scene: Scene, chance: Chance): Promise<{ readonly detail: string; readonly undo: Undo }>
}

/** One of a list, by a number between 0 and 1. */
export function chosen<T>(list: readonly T[], chance: number): T {
  const found = list[Math.min(list.length - 1, Math.floor(chance * list.length))]
  if (found === undefined) throw new Error('there is nothing to choose from')
  return found
}
