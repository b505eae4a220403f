import { STARVED } from '../core/punctuality.ts'
import type { Memory } from './memory.ts'

/** Id of the impediment of a daemon that can't know what others that share its memory know. */
export const STATE_UNSEEN = 'state-unseen'

/** Impediments that last while their cause does: the daemon does not see what other replicas wrote, or hardly runs. */
const passing: readonly string[] = [STATE_UNSEEN, STARVED]

/** That they last is no memory: the next daemon finds out for itself, and the others are not concerned. */
export function withoutPassing(memory: Memory): Memory {
  const { impediments, ...rest } = memory
  if (impediments === undefined || !passing.some((id) => impediments[id] !== undefined)) return memory
  const others = Object.entries(impediments).filter(([id]) => !passing.includes(id))
  return { ...rest, ...(others.length > 0 && { impediments: Object.fromEntries(others) }) }
}
