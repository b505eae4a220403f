import { spawn } from 'node:child_process'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startControlPlane, type ControlPlane } from '../../rig/kubernetes.ts'
import type { KubernetesObject } from '../../rig/kubernetes/objects.ts'
import { openStateStore } from '../../src/daemon/open-state-store.ts'
import type { StateStore } from '../../src/daemon/state-store.ts'
import { firstBroken } from '../../src/rollout/ledger.ts'
import { nothingRemembered, type Memory } from '../../src/rollout/memory.ts'
import { root } from '../support/cli-process.ts'
import { begun, clock, subjects, withLine } from '../support/remembering.ts'
import { sharedStateWriter } from '../support/shared-state-writer.ts'
import { eventually } from '../support/waiting.ts'

// Against a real API server with a real etcd, as the service account of the chart may.

const namespace = 'caracal'
const configMaps = `/api/v1/namespaces/${namespace}/configmaps`
let controlPlane: ControlPlane
let kubeconfig: string
let name: string
let names = 0
const stores: StateStore[] = []
const writers: { kill(): Promise<void> }[] = []

beforeAll(async () => {
  controlPlane = await startControlPlane()
  await controlPlane.createNamespace(namespace)
  for (const account of ['gate', 'nobody'])
    await controlPlane.apply(object('v1', 'ServiceAccount', account, {}))
  kubeconfig = (await controlPlane.kubeconfigFor(namespace, 'gate')).path
}, 120_000)
afterAll(() => controlPlane.stop())

beforeEach(async () => {
  names += 1
  name = `gate-state-${names}`
  await make()
  const verbs = ['get', 'list', 'watch', 'update', 'patch']
  const rules = [{ apiGroups: [''], resources: ['configmaps'], resourceNames: [name], verbs }]
  await controlPlane.apply(object('rbac.authorization.k8s.io/v1', 'Role', name, { rules }))
  await controlPlane.apply(
    object('rbac.authorization.k8s.io/v1', 'RoleBinding', name, {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name: 'gate', namespace }],
    }),
  )
})
afterEach(async () => {
  for (const writer of writers.splice(0)) await writer.kill()
  for (const store of stores.splice(0)) await store.close()
})

function object(apiVersion: string, kind: string, of: string, rest: object): KubernetesObject {
  const made = { apiVersion, kind, metadata: { name: of, namespace }, ...rest }
  return made
}

/** The empty ConfigMap, as the chart makes it. */
async function make(): Promise<void> {
  const metadata = { name, namespace, labels: { 'app.kubernetes.io/managed-by': 'Helm' } }
  await controlPlane.request('POST', configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
}

interface Stored {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> }
  readonly data?: Readonly<Record<string, string>>
  readonly binaryData?: Readonly<Record<string, string>>
}

function stored(): Promise<Stored> {
  return controlPlane.request<Stored>('GET', `${configMaps}/${name}`)
}

async function memoryIn(): Promise<Memory> {
  const text = (await stored()).binaryData?.['state'] ?? ''
  return (JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString()) as { memory: Memory }).memory
}

function open(access = kubeconfig): StateStore {
  const state = { file: '', configMap: { name, namespace } }
  const store = openStateStore(
    { state, kubernetes: { enabled: true, helmSecrets: false, kubeconfig: access } },
    clock,
  )
  stores.push(store)
  return store
}

async function started(access = kubeconfig) {
  const store = open(access)
  const loaded = await store.load()
  const held = { memory: loaded.ok ? loaded.memory : nothingRemembered }
  store.follow?.((memory) => (held.memory = memory))
  return {
    store,
    memory: () => held.memory,
    save: (memory: Memory) => {
      held.memory = memory
      return store.save(memory)
    },
  }
}

/** A process that writes without pause. */
function startWriter(who: string) {
  const program = sharedStateWriter(kubeconfig, `${namespace}/${name}`, who)
  const child = spawn(process.execPath, program, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const writer = {
    /** What it knew to be safe. */
    kept: () => printed.split('\n').slice(0, -1),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
  writers.push(writer)
  return writer
}

describe('the state in a ConfigMap of a real cluster', () => {
  it('is kept with the rights of the chart, and leaves labels alone', async () => {
    const daemon = await started()
    await daemon.save(withLine(nothingRemembered, 'rollout-begun', 'r1', begun('r1')))
    expect(daemon.store.status().ok).toBe(true)
    const { metadata, data } = await stored()
    expect(metadata.labels).toEqual({ 'app.kubernetes.io/managed-by': 'Helm' })
    expect(data?.['summary']).toMatch(/^rollout r1 rolling since .*, written by .* at /)
    expect(await open().load()).toEqual({ ok: true, memory: daemon.memory() })
  })

  it('is heard of by the other replica in moments', async () => {
    const [one, two] = [await started(), await started()]
    // The watches have to be there.
    await eventually('a first line is heard', async () => {
      await one.save(withLine(one.memory(), 'acknowledged', 'stop-condition/first'))
      return two.memory().ledger.length > 0
    })
    const startedAt = performance.now()
    await one.save(withLine(one.memory(), 'rollout-begun', 'r1', begun('r1')))
    await eventually('the other has heard', () => two.memory().rollout?.id === 'r1')
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  it('holds every line that two processes knew to be safe, one of them killed again and again', async () => {
    const steady = startWriter('steady')
    const killed = []
    for (const turn of [1, 2, 3]) {
      const writer = startWriter(`killed-${turn}`)
      killed.push(writer)
      await eventually('both write', () => steady.kept().length > 5 * turn && writer.kept().length > 5)
      await writer.kill()
    }
    await steady.kill()
    const { ledger } = await memoryIn()
    expect(firstBroken(ledger)).toBeUndefined()
    expect(ledger.map(({ sequence }) => sequence)).toEqual(ledger.map((_, n) => n + 1))
    const lines = subjects({ ...nothingRemembered, ledger })
    expect(new Set(lines).size).toBe(lines.length)
    const safe = [steady, ...killed].flatMap((writer) => writer.kept())
    expect(safe.filter((subject) => subject.startsWith('not kept'))).toEqual([])
    expect(lines).toEqual(expect.arrayContaining(safe))
  })

  it('is kept on while the API server dies and comes back', { timeout: 120_000 }, async () => {
    const daemon = await started()
    await daemon.save(withLine(nothingRemembered, 'rollout-begun', 'r1', begun('r1')))
    await controlPlane.stopApiServer()
    await daemon.save(withLine(daemon.memory(), 'acknowledged', 'stop-condition/x'))
    expect(daemon.store.status().ok).toBe(false)
    await controlPlane.startApiServer()
    await eventually('it is written', () => daemon.store.status().ok, 30)
    expect(subjects(await memoryIn())).toEqual(['r1', 'stop-condition/x'])
    const other = await started()
    await other.save(withLine(other.memory(), 'acknowledged', 'stop-condition/y'))
    await eventually('the watch is back', () => subjects(daemon.memory()).includes('stop-condition/y'), 30)
  })

  it('says which verb it lacks when it was deleted, and goes on when somebody has made it', async () => {
    const daemon = await started()
    await daemon.save(withLine(nothingRemembered, 'rollout-begun', 'r1', begun('r1')))
    await controlPlane.request('DELETE', `${configMaps}/${name}`)
    await eventually('it is said', () => !daemon.store.status().ok)
    expect(daemon.store.status().message).toContain(`${namespace}/${name}`)
    expect(daemon.store.status().message).toContain(`kubectl -n ${namespace} create configmap ${name}`)
    await make()
    await eventually('it is written again', () => daemon.store.status().ok)
    expect((await memoryIn()).rollout?.id).toBe('r1')
  })

  it('says which verb it lacks when it may do nothing', async () => {
    const { path } = await controlPlane.kubeconfigFor(namespace, 'nobody')
    const loaded = await open(path).load()
    expect(loaded).toMatchObject({
      ok: false,
      message: expect.stringContaining(`get configmaps ${name} in namespace`),
    })
  })
})
