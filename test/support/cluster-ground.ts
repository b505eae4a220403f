import { startCluster, type Cluster } from '../../rig/cluster.ts'
import { helmBinary } from '../../scripts/helm.ts'
import { digestOf, documents } from '../../src/kubernetes/manifest/documents.ts'
import type { GateReport } from '../../src/contract/document.ts'
import { renderChart } from './chart.ts'
import { author, groundOn, type Configuration, type Gate, type Ground } from './daemon.ts'

/** The ConfigMap that our chart makes for the state of the exporter, and lets it write to. */
export const chartState = { configMap: 'gate-caracal-gate-exporter-state', namespace: 'gate' }

/** A release in a real cluster, and what daemons need to watch it. */
export interface ClusterGround extends Ground {
  readonly cluster: Cluster
}

/** Sets a cluster up in which nothing is installed; `change` has the last word on the daemon's configuration. */
export async function setClusterGround(): Promise<ClusterGround> {
  const helm = await helmBinary()
  if (helm === undefined) throw new Error('there is no helm: node scripts/helm.ts says why')
  const cluster = await startCluster({ helm })
  const kubeconfig = await accountOfChart(cluster)
  const ground = await groundOn(cluster)
  return {
    ...ground,
    cluster,
    configure(change = () => {}) {
      ground.configure((configuration) => {
        inCluster(configuration, cluster, kubeconfig)
        change(configuration)
      })
    },
  }
}

/** The account with exactly the rights that our chart gives it, from a namespace of its own. */
async function accountOfChart({ controlPlane, namespace, release: name }: Cluster): Promise<string> {
  await controlPlane.createNamespace('gate')
  const kubernetes = {
    helmSecrets: { enabled: true },
    secretReferences: { names: ['platform-runtime'] },
  }
  const values = { release: { name, namespace }, kubernetes }
  for (const object of await renderChart(values, 'gate')) {
    const isRight = ['ServiceAccount', 'Role', 'RoleBinding'].includes(object.kind)
    if (isRight || object.metadata.name === chartState.configMap) await controlPlane.apply(object)
  }
  const { path } = await controlPlane.kubeconfigFor('gate', 'gate-caracal-gate-exporter')
  return path
}

/** As in an installation by our chart: replicas and all six gates from the cluster. */
function inCluster(configuration: Configuration, cluster: Cluster, kubeconfig: string): void {
  delete configuration['services']
  delete configuration['gates']
  configuration['release'] = { name: cluster.release, namespace: cluster.namespace }
  configuration['kubernetes'] = {
    enabled: true,
    kubeconfig,
    helmSecrets: true,
  }
}

/** What a pipeline says before or while Helm applies the chart with these values: that it renders, to this manifest. */
export async function pushEvidence(
  { cluster }: ClusterGround,
  gate: Gate,
  values: Readonly<Record<string, string>>,
  checks: readonly string[] = ['helm-render', 'manifest-digest', 'schema-compatibility'],
): Promise<void> {
  const set = Object.entries(values).map(([key, value]) => `--set=${key}=${value}`)
  const rendered = await cluster.helm('template', cluster.release, cluster.chart, '--is-upgrade', ...set)
  const digest = digestOf(documents(rendered))
  for (const check of checks) {
    const body = { ...author, digest, outcome: 'pass', validForSeconds: 3_600 }
    const { status, text } = await gate.post(`/evidence/${check}`, body)
    if (status > 201) throw new Error(`evidence for ${check} was refused: ${text}`)
  }
}

export function phaseIs(phase: string): (report: GateReport) => boolean {
  return (report) => report.rollout.phase === phase
}
