import type { Memory } from '../rollout/memory.ts'

/** What was found where the state should be. */
export type Loaded =
  | { readonly ok: true; readonly memory: Memory }
  /** There is something and it can't be trusted, or nobody can tell; what is there stays until another is saved. */
  | { readonly ok: false; readonly message: string }

/** Where the daemon's memory survives it. */
export interface StateStore {
  /** @throws StateInUse when another daemon writes to it and it can't be shared */
  load(): Promise<Loaded>
  /**
   * Keeps this memory instead of the last. Resolves when it is safe, or when an attempt to make it so has failed;
   * never rejects. What could not be written is tried again.
   */
  save(memory: Memory): Promise<void>
  /** Whether the last attempt to write succeeded, and if not, why. */
  status(): { readonly ok: boolean; readonly message: string }
  /**
   * Only where several daemons share it: calls back with what this one's memory and that of the others come to,
   * whenever another has written. What was saved before is in it.
   */
  follow?(onOther: (memory: Memory) => void): void
  /** Lets go of it; nothing is written any more. */
  close(): Promise<void>
}

/** The state belongs to another daemon that runs; `message` says which, and what to do. */
export class StateInUse extends Error {
  override readonly name = 'StateInUse'
}

/** Id of the impediment of a daemon whose memory was lost. */
export const STATE_UNREADABLE = 'state-unreadable'
