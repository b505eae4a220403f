import type { Kind } from './kind.ts'
import { clientKinds } from './kinds-clients.ts'
import { daemonKinds } from './kinds-daemon.ts'
import { networkKinds } from './kinds-network.ts'
import { rigKinds } from './kinds-rig.ts'
import { stateKinds } from './kinds-state.ts'
import { storeKinds } from './kinds-stores.ts'

/** Every kind of fault that a run may make. */
export const kinds: readonly Kind[] = [
  ...rigKinds,
  ...storeKinds,
  ...networkKinds,
  ...daemonKinds,
  ...stateKinds,
  ...clientKinds,
]

export function kindNamed(name: string): Kind {
  const found = kinds.find((kind) => kind.name === name)
  if (found === undefined) throw new Error(`there is no kind of fault ${name}; --list names them`)
  return found
}
