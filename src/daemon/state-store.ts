import type { Memory } from '../rollout/memory.ts'

/** What was found where the state should be. */
export type Loaded =
  | { readonly ok: true; readonly memory: Memory }
  /**
   * There is something and it can't be trusted or can't be read; what is there stays until another is saved. `rest`
   * is what may be gone by all the same, since it opens nothing.
   */
  | { readonly ok: false; readonly message: string; readonly rest?: Memory }

/** What a command makes of the memory. */
export interface Change {
  /**
   * Gives the memory to keep, made of what is remembered at that moment; asked again when another replica has written
   * meanwhile. `undefined`: there is nothing to keep after all.
   */
  readonly make: () => Memory | undefined
  /** Called once the memory that was given last is safe, before anything else is written. */
  readonly done: () => void
}

/** Whether something is safe now, and if not, why. */
export type Kept = { readonly ok: true } | { readonly ok: false; readonly message: string }

/** Where the daemon's memory survives it. */
export interface StateStore {
  /** @throws StateInUse when another daemon writes to it and it can't be shared */
  load(): Promise<Loaded>
  /**
   * Keeps this memory instead of the last. Resolves when it is safe, or when an attempt to make it so has failed;
   * never rejects. What could not be written is tried again.
   */
  save(memory: Memory): Promise<void>
  /**
   * Keeps what a change makes of the memory, or says why it could not; then it is not tried again. Changes are kept in
   * the order in which they are asked for. Never rejects, and ends in a bounded time.
   */
  keep(change: Change): Promise<Kept>
  /** Whether the last attempt to write succeeded, and if not, why. */
  status(): { readonly ok: boolean; readonly message: string }
  /**
   * Only where several daemons share it: calls back with what this one's memory and that of the others come to,
   * whenever another has written. What was saved before is in it.
   */
  follow?(onOther: (memory: Memory) => void): void
  /** Why what others know can't be known here for the moment, in a sentence; undefined when it can. */
  unseen?(): string | undefined
  /** Calls back with what another hand has done to what was written, once it is fixed. */
  watch?(onMeddled: (what: string) => void): void
  /** Lets go of it; nothing is written any more. */
  close(): Promise<void>
}

/** The state belongs to another daemon that runs; `message` says which, and what to do. */
export class StateInUse extends Error {
  override readonly name = 'StateInUse'
}

/** Id of the impediment of a daemon whose memory was lost. */
export const STATE_UNREADABLE = 'state-unreadable'
