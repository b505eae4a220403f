import { openCluster, type ClusterSettings } from '../../src/kubernetes/cluster.ts'
import type { Cluster, Kind, Kinds, Seen } from '../../src/kubernetes/model.ts'
import { openKubernetes } from '../../src/connections/kubernetes.ts'
import { fakeKubernetes, type FakeKubernetes } from './fake-kubernetes.ts'

export interface Watched {
  readonly fake: FakeKubernetes
  readonly cluster: Cluster
  /** Waits until what is seen of a kind is as wanted; throws what it was after 10 s. */
  until<K extends Kind>(kind: K, holds: (seen: Seen<Kinds[K]>) => boolean): Promise<Seen<Kinds[K]>>
  /** Names of what is seen of a kind, or the reason why it is not. */
  names(kind: Kind): readonly string[] | string
  /** Waits until just these are seen. */
  untilNames(kind: Kind, ...names: readonly string[]): Promise<void>
  untilBlind(kind: Kind, reason: string): Promise<void>
  end(): Promise<void>
}

/** Follows the release `caracal` in a namespace of the same name. */
export async function watchedCluster(
  prepare: (fake: FakeKubernetes) => void = () => {},
  settings: Partial<ClusterSettings> = {},
): Promise<Watched> {
  const fake = await fakeKubernetes()
  prepare(fake)
  const cluster = openCluster({
    kubernetes: openKubernetes({ kubeconfig: fake.kubeconfig }),
    namespace: 'caracal',
    release: 'caracal',
    helmSecrets: false,
    // Rare, so that a test sees what watches do; those that are about lists say how often.
    confirm: () => 60_000,
    ...settings,
  })
  cluster.start()

  function names(kind: Kind): readonly string[] | string {
    const seen = cluster.of(kind)
    return seen.ok ? seen.items.map(({ name }) => name).toSorted() : seen.unavailable.reason
  }

  async function until<K extends Kind>(
    kind: K,
    holds: (seen: Seen<Kinds[K]>) => boolean,
  ): Promise<Seen<Kinds[K]>> {
    const deadline = performance.now() + 10_000
    for (;;) {
      const seen = cluster.of(kind)
      if (holds(seen)) return seen
      if (performance.now() > deadline) throw new Error(`${kind} stayed ${JSON.stringify(names(kind))}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  return {
    fake,
    cluster,
    until,
    names,
    async untilNames(kind, ...wanted) {
      const text = JSON.stringify(wanted.toSorted())
      await until(kind, () => JSON.stringify(names(kind)) === text)
    },
    async untilBlind(kind, reason) {
      await until(kind, () => names(kind) === reason)
    },
    async end() {
      await cluster.stop()
      await fake.close()
    },
  }
}
