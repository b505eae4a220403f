import type { StateSettings } from '../config/config.ts'
import { stateFile } from './state-file.ts'
import type { StateStore } from './state-store.ts'

/** Opens the store that the configuration names; nothing is read or written yet. */
export function openStateStore({ file }: StateSettings): StateStore {
  return stateFile(file)
}
