import { startCluster, type Cluster } from '../../rig/cluster.ts'
import { helmBinary } from '../../scripts/helm.ts'
import { groundOn, type Configuration, type Ground } from './daemon.ts'

/** A release in a real cluster, and what daemons need to watch it. */
export interface ClusterGround extends Ground {
  readonly cluster: Cluster
}

/** Sets a cluster up in which nothing is installed; `change` has the last word on the daemon's configuration. */
export async function setClusterGround(): Promise<ClusterGround> {
  const helm = await helmBinary()
  if (helm === undefined) throw new Error('there is no helm: node scripts/helm.ts says why')
  const cluster = await startCluster({ helm })
  const ground = await groundOn(cluster)
  return {
    ...ground,
    cluster,
    configure(change = () => {}) {
      ground.configure((configuration) => {
        inCluster(configuration, cluster)
        change(configuration)
      })
    },
  }
}

/** As in an installation by our chart: replicas and all six gates from the cluster. */
function inCluster(configuration: Configuration, cluster: Cluster): void {
  delete configuration['services']
  delete configuration['gates']
  configuration['release'] = { name: cluster.release, namespace: cluster.namespace }
  configuration['kubernetes'] = {
    enabled: true,
    kubeconfig: cluster.controlPlane.adminKubeconfigPath,
    helmSecrets: true,
  }
}
