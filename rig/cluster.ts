import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Pod } from './kubernetes/objects.ts'
import { startKubelet, type Kubelet } from './kubernetes/kubelet.ts'
import { podAddresses } from './kubernetes/pod-addresses.ts'
import type { PodPlan, PodProcess } from './kubernetes/pod-life.ts'
import { startControlPlane, type ControlPlane } from './kubernetes.ts'
import { services, type Service } from './platform/context.ts'
import { answersOk } from './platform/http.ts'
import { startPlatform, type Platform } from './platform/index.ts'
import { startServers, type Servers } from './servers.ts'

const release = 'caracal'
const chart = resolve(import.meta.dirname, '../test/fixtures/chart-platform')
const componentLabel = 'app.kubernetes.io/component'

export type ClusterOptions = {
  /** Path of the helm program. */
  readonly helm: string
  readonly namespace?: string
}

/** A release of the simulated platform in a real cluster: what runs in its pods answers on their addresses. */
export type Cluster = {
  readonly controlPlane: ControlPlane
  readonly platform: Platform
  readonly kubelet: Kubelet
  readonly servers: Servers
  readonly namespace: string
  readonly release: string
  /** The chart that is installed. */
  readonly chart: string
  /** Why servers can't listen on the addresses of pods; then nothing runs in them. */
  readonly unreachable?: string
  /** What becomes of the pods of a component from now on; undefined leaves it to the defaults. */
  plan(component: string, plan: PodPlan | undefined): void
  /** `helm upgrade --install` of the chart with these values set; rejects with what helm says. */
  upgrade(values?: Readonly<Record<string, string>>): Promise<void>
  /** Any other helm command in the namespace; resolves with its output. */
  helm(...args: readonly string[]): Promise<string>
  stop(): Promise<void>
}

/** Starts stores, control plane and kubelet; nothing is installed yet. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const namespace = options.namespace ?? 'platform'
  const addresses = await podAddresses()
  const servers = await startServers({ redis: { config: { appendonly: 'yes' } } })
  const platform = await startPlatform({
    redisUrl: servers.redis.url,
    postgresUrl: servers.postgres.url,
    metricsBearer: 'bearer-of-the-rig',
    replicas: Object.fromEntries(services.map((service) => [service, 0])),
    // As brief as a test wants them. Of made-up work there is little: each API process soon sends a revocation that
    // STS refuses (T24), and STS that is replaced five times, as in some upgrades, makes a dead letter of it (T25).
    timings: {
      snapshotReload: 500,
      snapshotStale: 2_000,
      reclaim: 1_000,
      auditGauges: 300,
      work: 60_000,
    },
  })
  const controlPlane = await startControlPlane()
  await controlPlane.createNamespace(namespace)
  const plans = new Map<string, PodPlan>()
  const kubelet = await startKubelet(controlPlane, {
    namespace,
    addresses,
    plan: (pod) => plans.get(componentOf(pod)),
    ...(addresses.bindable && { run: (pod: Pod, ip: string) => runService(platform, pod, ip) }),
  })

  async function helm(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, KUBECONFIG: controlPlane.adminKubeconfigPath }
    const { stdout } = await promisify(execFile)(options.helm, [...args, '--namespace', namespace], {
      env,
      timeout: 120_000,
    })
    return stdout
  }

  return {
    controlPlane,
    platform,
    kubelet,
    servers,
    namespace,
    release,
    chart,
    ...(!addresses.bindable && { unreachable: addresses.why }),
    plan(component, plan) {
      if (plan === undefined) plans.delete(component)
      else plans.set(component, plan)
    },
    async upgrade(values = {}) {
      const set = Object.entries(values).map(([key, value]) => `--set=${key}=${value}`)
      await helm('upgrade', '--install', release, chart, ...set)
    },
    helm,
    async stop() {
      await kubelet.stop()
      await platform.stop()
      await Promise.all([controlPlane.stop(), servers.stop(), addresses.release()])
    },
  }
}

function componentOf(pod: Pod): string {
  return pod.metadata.labels?.[componentLabel] ?? ''
}

/** How long an answer of `/ready` is good for: API and Coordinator grant 120 a minute to one address. */
const probeEvery: Partial<Record<Service, number>> = { api: 2_000, coordinator: 2_000 }

/** Milliseconds that a kubelet waits for an answer by default. */
const kubeletPatience = 1_000

async function runService(platform: Platform, pod: Pod, address: string): Promise<PodProcess | undefined> {
  const service = services.find((known) => known === componentOf(pod))
  const port = pod.spec.containers[0]?.ports?.[0]?.containerPort
  if (service === undefined || port === undefined) return undefined
  const { name } = pod.metadata
  const { url } = await platform.startReplica(service, { name, address, port })
  const interval = probeEvery[service] ?? 0
  let asked = -Infinity
  let ready = false
  return {
    async ready() {
      if (performance.now() - asked < interval && ready) return ready
      asked = performance.now()
      ready = await answersOk(`${url}/ready`, kubeletPatience)
      return ready
    },
    stop: () => platform.stopReplica(name),
  }
}
