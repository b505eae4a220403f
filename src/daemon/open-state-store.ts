import { hostname } from 'node:os'
import { openConfigMap } from '../kubernetes/config-map.ts'
import type { Config } from '../config/schema.ts'
import { openKubernetes } from '../connections/kubernetes.ts'
import type { Clock } from '../core/time.ts'
import { stateConfigMap } from './state-config-map.ts'
import { stateFile } from './state-file.ts'
import type { StateStore } from './state-store.ts'

/** Opens the store that the configuration names; nothing is read or written yet. */
export function openStateStore(
  { state, kubernetes }: Pick<Config, 'state' | 'kubernetes'>,
  clock: Clock,
): StateStore {
  if (state.configMap === undefined) return stateFile(state.file)
  const { namespace, name } = state.configMap
  // A connection of its own: that of the looks is replaced when the configuration is.
  const client = openKubernetes(kubernetes ?? {})
  const configMap = openConfigMap(client, namespace, name)
  const store = stateConfigMap({ configMap, clock, instance: hostname() })
  return {
    ...store,
    async close() {
      await store.close()
      await client.close()
    },
  }
}
