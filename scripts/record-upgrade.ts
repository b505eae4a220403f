// `node scripts/record-upgrade.ts`: records what a real API server lists and tells in a clean upgrade by a real Helm,
// for the tests of machines that have no API server (test/support/recorded-upgrade.ts). Needs what the cluster tests
// need: the control plane and helm.
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { startCluster } from '../rig/cluster.ts'
import { helmBinary } from './helm.ts'

const file = resolve(import.meta.dirname, '../test/fixtures/recorded-upgrade.jsonl.gz')

/** Everything that the exporter lists and watches, by the group that serves it. */
const served: Readonly<Record<string, readonly string[]>> = {
  'api/v1': ['pods', 'services', 'secrets'],
  'apis/apps/v1': ['deployments', 'statefulsets', 'replicasets'],
  'apis/batch/v1': ['jobs'],
  'apis/discovery.k8s.io/v1': ['endpointslices'],
  'apis/autoscaling/v2': ['horizontalpodautoscalers'],
}

interface Recorded {
  readonly type?: string
  readonly metadata: Readonly<Record<string, unknown>> & { readonly managedFields?: unknown }
}

/** Who manages which field is a half of every object, and nothing that is read. Of Secrets only Helm's are kept. */
function kept(resource: string, object: Recorded): Recorded | undefined {
  if (resource === 'secrets' && object.type !== 'helm.sh/release.v1') return undefined
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

const helm = await helmBinary()
if (helm === undefined) throw new Error('there is no helm: node scripts/helm.ts says why')
const cluster = await startCluster({ helm })
const lines: object[] = []
const ending = new AbortController()
let startedAt = 0
try {
  const { client } = cluster.controlPlane
  await cluster.upgrade()
  // Endpoints and statuses follow a moment after helm is done.
  await delay(10_000)
  startedAt = Date.now()
  const follow = async (group: string, resource: string): Promise<void> => {
    const path = `/${join(group, 'namespaces', cluster.namespace, resource)}`
    const list = await client.request<{ metadata: { resourceVersion: string }; items: Recorded[] }>(
      'GET',
      path,
    )
    for (const item of list.items) {
      const object = kept(resource, item)
      if (object !== undefined) lines.push({ resource, object })
    }
    const since = `?watch=1&resourceVersion=${list.metadata.resourceVersion}`
    const tell = ({ type, object }: { type: string; object: Recorded }): void => {
      const held = kept(resource, object)
      const afterMs = Date.now() - startedAt
      if (held !== undefined) lines.push({ resource, afterMs, type, object: held })
    }
    void client.watch<Recorded>(path + since, tell, ending.signal).catch(() => {})
  }
  for (const [group, resources] of Object.entries(served))
    for (const resource of resources) await follow(group, resource)
  await cluster.upgrade({ tag: 'v2' })
  await delay(15_000)
} finally {
  ending.abort()
  await cluster.stop()
}
const head = { startedAt, namespace: cluster.namespace, release: cluster.release }
const text = [head, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('')
await writeFile(file, gzipSync(text, { level: 9 }))
process.stdout.write(`${lines.length} lines in ${file}\n`)
