import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { startControlPlane, type ControlPlane } from '../../rig/kubernetes.ts'
import { openStateStore } from '../../src/daemon/open-state-store.ts'
import type { StateStore } from '../../src/daemon/state-store.ts'
import { nothingRemembered, type Memory } from '../../src/rollout/memory.ts'
import { startRelay, type Relay } from '../support/relay.ts'
import { begun, clock, subjects, withLine } from '../support/remembering.ts'
import { eventually } from '../support/waiting.ts'

// Two replicas at a real API server, one of them behind something that falls silent.

const namespace = 'caracal'
const rights = 'rbac.authorization.k8s.io'
/** What one replica has answered the other knows within this time, or says that it can't know. */
const WITHIN = 5_000

let controlPlane: ControlPlane
let names = 0
let name: string
const opened: { close(): Promise<void> }[] = []

beforeAll(async () => {
  controlPlane = await startControlPlane()
  await controlPlane.createNamespace(namespace)
  for (const account of ['one', 'two'])
    await controlPlane.apply({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: account, namespace },
    })
}, 120_000)
beforeEach(async () => {
  names += 1
  name = `gate-state-${names}`
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'watch', 'update', 'create'] }]
  for (const account of ['one', 'two']) {
    const metadata = { name: account, namespace }
    await controlPlane.apply({ apiVersion: `${rights}/v1`, kind: 'Role', metadata, rules } as never)
    await controlPlane.apply({
      apiVersion: `${rights}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rights, kind: 'Role', name: account },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
    } as never)
  }
})
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close()
})
afterAll(() => controlPlane.stop())

/** The access of an account, by way of a relay where one is given. */
async function accessOf(account: string, relay?: Relay): Promise<string> {
  const { path } = await controlPlane.kubeconfigFor(namespace, account)
  if (relay === undefined) return path
  const config = parse(await readFile(path, 'utf8')) as { clusters: { cluster: { server: string } }[] }
  for (const { cluster } of config.clusters) cluster.server = `https://127.0.0.1:${relay.port}`
  await writeFile(`${path}.relayed`, stringify(config))
  return `${path}.relayed`
}

async function relayed(): Promise<Relay> {
  const access = parse(await readFile((await controlPlane.kubeconfigFor(namespace, 'one')).path, 'utf8')) as {
    clusters: { cluster: { server: string } }[]
  }
  const relay = await startRelay(Number(new URL(access.clusters[0]?.cluster.server ?? '').port))
  opened.push(relay)
  return relay
}

/** A replica's part: it remembers what it saved and what it has heard. */
async function replica(account: string, relay?: Relay) {
  const kubernetes = { enabled: true, helmSecrets: false, kubeconfig: await accessOf(account, relay) }
  const store: StateStore = openStateStore(
    { state: { file: '', configMap: { name, namespace } }, kubernetes },
    clock,
  )
  opened.push(store)
  const loaded = await store.load()
  const held = { memory: loaded.ok ? loaded.memory : nothingRemembered }
  store.follow?.((memory) => (held.memory = memory))
  return {
    store,
    memory: () => held.memory,
    keep: (make: (memory: Memory) => Memory) => {
      let next = held.memory
      return store.keep({
        make: () => (next = make(held.memory)),
        done() {
          held.memory = next
          void store.save(next)
        },
      })
    },
  }
}

function beginning(id: string): (memory: Memory) => Memory {
  return (memory) => withLine(memory, 'rollout-begun', id, begun(id))
}

/** How long it takes until this holds, in milliseconds. */
async function timeUntil(what: string, holds: () => boolean): Promise<number> {
  const startedAt = performance.now()
  await eventually(what, holds)
  return performance.now() - startedAt
}

describe('a replica whose connection to the shared state falls silent', () => {
  it('R95 X96: knows what the other has answered within five seconds when it can ask anew', async () => {
    const relay = await relayed()
    const [one, two] = [await replica('one'), await replica('two', relay)]
    expect(await one.keep(beginning('r1'))).toEqual({ ok: true })
    await eventually('the watch is there', () => two.memory().rollout?.id === 'r1')
    relay.silence()
    expect(await one.keep(beginning('r2'))).toEqual({ ok: true })
    const took = await timeUntil(
      'it knows, or says that it can not',
      () => two.memory().rollout?.id === 'r2' || two.store.unseen?.() !== undefined,
    )
    expect(took).toBeLessThan(WITHIN)
    await eventually('it knows', () => two.memory().rollout?.id === 'r2')
    await eventually('it sees', () => two.store.unseen?.() === undefined)
  })

  it('R95 X96: says within five seconds that it can not know when nothing is answered', async () => {
    const relay = await relayed()
    const [one, two] = [await replica('one'), await replica('two', relay)]
    await one.keep(beginning('r1'))
    await eventually('both know', () => two.memory().rollout?.id === 'r1')
    expect(two.store.unseen?.()).toBeUndefined()
    relay.silence('all')
    await one.keep(beginning('r2'))
    const took = await timeUntil('it says so', () => two.store.unseen?.() !== undefined)
    expect(took).toBeLessThan(WITHIN)
    expect(two.store.unseen?.()).toContain(`${namespace}/${name} was last seen at 2`)
    expect(two.store.status().ok).toBe(false)
    const refused = await two.keep((memory) => withLine(memory, 'acknowledged', 'stop-condition/x'))
    expect(refused).toMatchObject({ ok: false })
    relay.pass()
    await eventually('it knows', () => two.memory().rollout?.id === 'r2')
    await eventually('it sees', () => two.store.unseen?.() === undefined && two.store.status().ok)
    expect(subjects(two.memory())).not.toContain('stop-condition/x')
  })

  it('R95 X99: says so too when it may not read the state any more', async () => {
    const [one, two] = [await replica('one'), await replica('two')]
    await one.keep(beginning('r1'))
    await eventually('both know', () => two.memory().rollout?.id === 'r1')
    const path = `/apis/${rights}/v1/namespaces/${namespace}/rolebindings/two`
    await controlPlane.request('DELETE', path)
    await eventually('it says so', () => two.store.unseen?.() !== undefined)
    expect(two.store.status().message).toContain('may not get configmaps')
    expect(one.store.unseen?.()).toBeUndefined()
  })
})

describe('a state in a real cluster that was written by another hand', () => {
  it('R93 X84: is written anew when an older copy was put back while a replica runs', async () => {
    const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`
    const one = await replica('one')
    const told: string[] = []
    one.store.watch?.((what) => told.push(what))
    await one.keep(beginning('r1'))
    const older = await controlPlane.request<{ metadata: object; binaryData: object }>('GET', path)
    await one.keep(beginning('r2'))
    const { binaryData } = older
    await controlPlane.request('PATCH', path, { binaryData })
    await eventually('it is told', () => told.length > 0)
    expect(told[0]).toContain('was put back')
    await eventually('it is written', async () => (await replica('two')).memory().rollout?.id === 'r2')
    expect(one.memory().rollout?.id).toBe('r2')
  })

  it('R91 X84: is not trusted when nobody of us wrote it last, and no replica ran', async () => {
    const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`
    const one = await replica('one')
    await one.keep(beginning('r1'))
    const older = await controlPlane.request<{ binaryData: object }>('GET', path)
    await one.keep(beginning('r2'))
    await one.store.close()
    await controlPlane.request('PATCH', path, { binaryData: older.binaryData })
    const kubernetes = { enabled: true, helmSecrets: false, kubeconfig: await accessOf('two') }
    const state = { file: '', configMap: { name, namespace } }
    const store = openStateStore({ state, kubernetes }, clock)
    opened.push(store)
    const loaded = await store.load()
    expect(loaded).toMatchObject({ ok: false, message: expect.stringContaining('it was written by') })
    expect(loaded.ok || loaded.rest?.rollout?.id).toBe('r1')
  })
})
