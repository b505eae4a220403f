import { setTimeout as delay } from 'node:timers/promises'
import { notYetSeen, type Cluster, type Kind, type Kinds } from '../kubernetes/model.ts'
import type { Target } from '../core/observation.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { reasonsOf, type Declaration } from './declaration.ts'
import { ProbeError, type Look, type Watch } from './probe.ts'
import { anyReasons } from './reasons.ts'

const why = reasonsOf(anyReasons)

/** All that the API server says is one target: it is seen or it is not. */
const clusterTarget: Target = { id: 'kubernetes', labels: {} }

/** What has not changed is said again so often, since only what is confirmed stays believed. */
const CONFIRM: Millis = 5 * SECOND

/**
 * A watch that says what `see` makes of the cluster, at once after each change.
 * @param see throws ProbeError where the cluster can't be seen
 */
export function clusterWatch(
  { name, provides }: Pick<Declaration, 'name' | 'provides'>,
  cluster: Cluster,
  see: (cluster: Cluster) => Look,
): Watch {
  return {
    name,
    provides,
    targets: () => [clusterTarget],
    validFor: 3 * CONFIRM,
    async follow(_, deliver, stop) {
      const say = () => {
        const look = lookAt(name, cluster, see)
        // Who waits until everything was heard once must not take a beginning for an answer.
        if (!(look instanceof ProbeError && notYetSeen.has(look.reason))) deliver(look)
      }
      const unsubscribe = cluster.subscribe(say)
      while (!stop.aborted) {
        say()
        await delay(CONFIRM, undefined, { signal: stop }).catch(() => {})
      }
      unsubscribe()
    },
  }
}

/** A fault of ours with one object must not end the watch. */
function lookAt(name: string, cluster: Cluster, see: (cluster: Cluster) => Look): Look | ProbeError {
  try {
    return see(cluster)
  } catch (fault) {
    if (fault instanceof ProbeError) return fault
    const text = fault instanceof Error ? fault.message : String(fault)
    return new ProbeError(
      why('malformed', 'unexpected_object', `${name} did not understand the cluster: ${text}`),
    )
  }
}

/**
 * The objects of a kind as they are now.
 * @throws ProbeError when they can't be seen
 */
export function seenNow<K extends Kind>(cluster: Cluster, kind: K): readonly Kinds[K][] {
  const seen = cluster.of(kind)
  if (seen.ok) return seen.items
  throw new ProbeError(seen.unavailable)
}
