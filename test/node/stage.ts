import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { stringify } from 'yaml'
import { gatesAt, type Gates } from '../../demo/gates.ts'
import type { KubernetesList, Pod } from '../../rig/kubernetes/objects.ts'
import { startNode, type KubernetesNode } from '../../rig/node.ts'
import { forward } from '../../rig/node/network.ts'
import { servePods, type Pods } from '../../rig/node/pods.ts'
import { pauseImage } from '../../rig/node/runtime.ts'
import { services } from '../../rig/platform/context.ts'
import { startPlatform, type Platform } from '../../rig/platform/index.ts'
import { startServers, type Servers } from '../../rig/servers.ts'
import type { NodeImages } from '../../scripts/node-images.ts'
import { digestOf } from '../../src/manifest/digest.ts'
import { documents } from '../../src/manifest/documents.ts'
import type { GateReport } from '../../src/publish/contract.ts'

/** What main.ts has built and made. */
export type Materials = {
  readonly programs: string
  /** Path of helm; kubectl lies beside it. */
  readonly helm: string
  readonly images: NodeImages
  readonly folder: string
  readonly cgroup: string
}

export type Values = Readonly<Record<string, unknown>>

/** A pod of the exporter that is asked directly. */
export type Replica = Gates & { readonly pod: string; readonly url: string }

/** A pod with what the scenarios read of its state. */
export type RunningPod = Pod & {
  readonly status?: {
    readonly podIP?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly containerStatuses?: readonly { readonly containerID?: string; readonly restartCount: number }[]
  }
}

/** A real node, the platform that runs on it, and how a person acts on both. */
export type Stage = {
  readonly materials: Materials
  readonly node: KubernetesNode
  readonly servers: Servers
  readonly platform: Platform
  readonly pods: Pods
  /** May do everything at the exporter. */
  readonly token: string
  helm(args: readonly string[], values?: Values): Promise<string>
  kubectl(...args: readonly string[]): Promise<string>
  /** `helm upgrade --install` of the platform; resolves when Helm has seen it become ready. */
  upgradePlatform(values?: Values, ...args: readonly string[]): Promise<void>
  podsOf(namespace: string, component?: string): Promise<readonly RunningPod[]>
  /** The exporter's pods that are ready. */
  replicas(): Promise<readonly Replica[]>
  /** Waits until two replicas are ready and this holds for both. */
  both(what: string, holds: (report: GateReport) => boolean, withinSeconds?: number): Promise<void>
  /** Writes a line for the reader of the run. */
  tell(line: string): void
  /** What a pipeline proves of the platform with these values. */
  pushEvidence(gate: Gates, values: Values, more?: Readonly<Record<string, unknown>>): Promise<void>
  end(): Promise<void>
}

const platformChart = resolve(import.meta.dirname, '../fixtures/chart-platform')
export const gateChart = resolve(import.meta.dirname, '../../helm')
export const exporterImage = 'gate.test/caracal-gate-exporter'

/** Ports of Redis and Postgres at the node's address. */
export const redisPort = 6_379
export const postgresPort = 5_432

/** Versions of the platform whose images are there; any other can't be pulled. */
const versions = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7', 'v8']

/** Two cores carry ten pods that wait. */
const small: Values = { cpu: '10m', autoscaling: { enabled: false } }

const run = promisify(execFile)

export async function setStage(materials: Materials): Promise<Stage> {
  const node = await startNode({ ...materials, folder: join(materials.folder, 'node') })
  await loadImages(node, materials.images)
  const servers = await startServers({ redis: { config: { appendonly: 'yes' } } })
  await forward(redisPort, servers.redis.port)
  await forward(postgresPort, servers.postgres.port)
  const platform = await startPlatform({
    redisUrl: servers.redis.url,
    postgresUrl: servers.postgres.url,
    metricsBearer: 'bearer-of-the-rig',
    replicas: Object.fromEntries(services.map((service) => [service, 0])),
    timings: { snapshotReload: 500, snapshotStale: 2_000, reclaim: 1_000, auditGauges: 300, work: 60_000 },
  })
  const pods = await servePods(platform)
  const { controlPlane } = node
  await controlPlane.createNamespace('platform')
  await controlPlane.createNamespace('gate')
  const home = join(materials.folder, 'home')
  await mkdir(home)
  const env = { ...process.env, HOME: home, KUBECONFIG: controlPlane.adminKubeconfigPath }
  let files = 0

  async function helm(args: readonly string[], values: Values = {}): Promise<string> {
    files += 1
    const file = join(home, `values-${files}.yaml`)
    await writeFile(file, stringify(values))
    const all = Object.keys(values).length === 0 ? args : [...args, '--values', file]
    return (await run(materials.helm, all, { env, timeout: 300_000, maxBuffer: 2 ** 26 })).stdout
  }

  async function podsOf(namespace: string, component?: string): Promise<readonly RunningPod[]> {
    const query = component === undefined ? '' : `?labelSelector=app.kubernetes.io/component%3D${component}`
    const path = `/api/v1/namespaces/${namespace}/pods${query}`
    return (await controlPlane.request<KubernetesList<RunningPod>>('GET', path)).items
  }

  const token = randomBytes(16).toString('hex')
  async function replicas(): Promise<readonly Replica[]> {
    const ready = (await podsOf('gate')).filter((pod) => isReady(pod))
    return ready.map(({ metadata, status }) => {
      const url = `http://${status?.podIP ?? ''}:9465`
      return { pod: metadata.name, url, ...gatesAt(url, token) }
    })
  }

  return {
    materials,
    node,
    servers,
    platform,
    pods,
    token,
    helm,
    kubectl: async (...args) =>
      (
        await run(join(dirname(materials.helm), 'kubectl'), args, {
          env,
          timeout: 60_000,
          maxBuffer: 2 ** 26,
        })
      ).stdout,
    async upgradePlatform(values = {}, ...args) {
      const upgrade = ['upgrade', '--install', 'caracal', platformChart, '--namespace', 'platform']
      await helm([...upgrade, '--wait', '--timeout', '180s', ...args], { ...small, ...values })
    },
    podsOf,
    replicas,
    tell: (line) => void process.stdout.write(`        ${line}\n`),
    async both(what, holds, withinSeconds) {
      await until(
        what,
        async () => {
          const reports = await Promise.all((await replicas()).map((replica) => replica.report()))
          if (reports.length === 2 && reports.every(holds)) return true
          throw new Error(`there are ${reports.length}: ${reports.map(summary).join('; ')}`)
        },
        withinSeconds,
      )
    },
    async pushEvidence(gate, values, more = {}) {
      const template = ['template', 'caracal', platformChart, '--namespace', 'platform', '--is-upgrade']
      const digest = digestOf(documents(await helm(template, { ...small, ...values })))
      for (const check of ['helm-render', 'manifest-digest', 'schema-compatibility']) {
        const author = { actor: 'a pipeline', reason: 'to see what happens' }
        const body = { ...author, digest, outcome: 'pass', validForSeconds: 3_600, ...more }
        const { status, text } = await gate.post(`/evidence/${check}`, body)
        if (status > 201) throw new Error(`evidence for ${check} was refused: ${text}`)
      }
    },
    async end() {
      await pods.stop()
      await platform.stop()
      await servers.stop()
    },
  }
}

function summary({ summary: text, rollout: { id, phase } }: GateReport): string {
  return `${id} ${phase}: ${text}`
}

/** The id of the one container of a pod, as the runtime knows it. */
export function containerOf({ metadata, status }: RunningPod): string {
  const [, id] = /^containerd:\/\/(.+)$/.exec(status?.containerStatuses?.[0]?.containerID ?? '') ?? []
  if (id === undefined) throw new Error(`the pod ${metadata.name} has no container`)
  return id
}

export function isReady({ metadata, status }: RunningPod): boolean {
  const ready = status?.conditions?.some(({ type, status: word }) => type === 'Ready' && word === 'True')
  return ready === true && metadata.deletionTimestamp === undefined
}

async function loadImages({ runtime }: KubernetesNode, images: NodeImages): Promise<void> {
  const components = [...services, 'migrate', 'auth-migrate']
  const names = versions.flatMap((version) => components.map((name) => `registry.example/${name}:${version}`))
  await runtime.load(images.pause, pauseImage)
  await runtime.load(images.exporter, `${exporterImage}:1`)
  await runtime.load(images.platform, 'gate.test/platform:1', names)
}

/** Asks until there is an answer; throws with what was last wrong when there is none in time. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  withinSeconds = 120,
): Promise<T> {
  const deadline = performance.now() + withinSeconds * 1_000
  let last = ''
  for (;;) {
    const answer = await ask().catch((error: unknown) => {
      last = String(error)
      return undefined
    })
    if (answer !== undefined) return answer
    if (performance.now() > deadline) throw new Error(`not within ${withinSeconds} s: ${what}. ${last}`)
    await pause(200)
  }
}
