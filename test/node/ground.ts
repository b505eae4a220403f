import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startNode, type KubernetesNode } from '../../rig/node.ts'
import { forward } from '../../rig/node/network.ts'
import { servePods, type Pods } from '../../rig/node/pods.ts'
import { pauseImage } from '../../rig/node/runtime.ts'
import { services } from '../../rig/platform/context.ts'
import { startPlatform, type Platform } from '../../rig/platform/index.ts'
import { startServers, type Servers } from '../../rig/servers.ts'
import type { NodeImages } from '../../scripts/node-images.ts'

/** What main.ts has built and made. */
export type Materials = {
  readonly programs: string
  /** Folder of what enforces NetworkPolicies. */
  readonly policies: string
  /** Path of helm; kubectl lies beside it. */
  readonly helm: string
  /** Path of the oldest helm that the chart supports. */
  readonly oldestHelm: string
  readonly images: NodeImages
  readonly folder: string
  readonly cgroup: string
}

/** A real node, the stores, and the platform that its pods will be. */
export type Ground = {
  readonly materials: Materials
  readonly node: KubernetesNode
  readonly servers: Servers
  readonly platform: Platform
  readonly pods: Pods
  /** May do everything at the exporter. */
  readonly token: string
  /** A folder for files of helm and kubectl. */
  readonly home: string
}

export const exporterImage = 'gate.test/caracal-gate-exporter'
/** Has psql and redis-cli. */
export const toolsImage = 'gate.test/platform:1'

/** Ports of Redis and Postgres at the node's address. */
export const redisPort = 6_379
export const postgresPort = 5_432

/** Versions of the platform whose images are there; any other can't be pulled. */
const versions = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7', 'v8']

export async function setGround(materials: Materials): Promise<Ground> {
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
  for (const name of ['platform', 'gate']) await node.controlPlane.createNamespace(name)
  const home = join(materials.folder, 'home')
  await mkdir(home)
  const token = randomBytes(16).toString('hex')
  return { materials, node, servers, platform, pods, token, home }
}

async function loadImages({ runtime }: KubernetesNode, images: NodeImages): Promise<void> {
  const components = [...services, 'migrate', 'auth-migrate']
  const names = versions.flatMap((version) => components.map((name) => `registry.example/${name}:${version}`))
  await runtime.load(images.pause, pauseImage)
  await runtime.load(images.exporter, `${exporterImage}:1`)
  await runtime.load(images.platform, toolsImage, names)
}

/** Ends what the namespaces would end too, so that nothing of it is left on the disk. */
export async function clearGround({ pods, platform, servers }: Ground): Promise<void> {
  await pods.stop()
  await platform.stop()
  await servers.stop()
}
