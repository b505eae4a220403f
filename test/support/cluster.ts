import type {
  Cluster,
  Container,
  Job,
  Kind,
  Kinds,
  Pod,
  ReleaseSecret,
  Seen,
  Workload,
} from '../../src/kubernetes/model.ts'
import type { Unavailable } from '../../src/core/observation.ts'

type Objects = { readonly [K in Kind]?: readonly Kinds[K][] | Unavailable }

/** A cluster whose objects are given; kinds that are not are seen and empty. */
export interface GivenCluster extends Cluster {
  /** Replaces kinds, and tells those who follow. */
  set(objects: Objects): void
  /** The pods were last confirmed so long ago, in milliseconds. */
  setAge(age: number): void
}

export function clusterOf(
  objects: Objects = {},
  secrets: Readonly<Record<string, readonly string[] | Error>> = {},
): GivenCluster {
  let held: Objects = objects
  let age = 0
  const lastKnown = new Map<Kind, readonly unknown[]>()
  const listeners = new Set<() => void>()

  function of<K extends Kind>(kind: K): Seen<Kinds[K]> {
    const given: readonly Kinds[K][] | Unavailable | undefined = held[kind]
    const before = (lastKnown.get(kind) ?? []) as readonly Kinds[K][]
    if (given !== undefined && 'unknownReason' in given)
      return { ok: false, unavailable: given, lastKnown: before }
    const items = given ?? before
    lastKnown.set(kind, items)
    return { ok: true, items }
  }

  return {
    of,
    set(changes) {
      held = { ...held, ...changes }
      for (const listener of listeners) listener()
    },
    setAge: (next) => void (age = next),
    subscribe(changed) {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
    secretKeys(name) {
      const keys = secrets[name]
      return keys instanceof Error ? Promise.reject(keys) : Promise.resolve(keys)
    },
    podsAge: () => (of('pods').ok ? age : Infinity),
    cost: { requests: 0, took: 0 },
    start: () => {},
    stop: () => Promise.resolve(),
  }
}

/** A reason why a kind can't be seen. */
export const refused: Unavailable = {
  unknownReason: 'unauthorized',
  reason: 'forbidden',
  message: 'may not list pods',
}

export function pod(name: string, given: Partial<Pod> = {}): Pod {
  return {
    name,
    uid: `uid-${name}`,
    createdAt: 0,
    component: 'api',
    ip: '198.18.0.1',
    phase: 'Running',
    ready: true,
    deleting: false,
    revision: 'a',
    containers: [],
    port: 3000,
    ...given,
  }
}

/** A container that runs what its pod asks for. */
export function running(name: string, image: string, imageId = ''): Container {
  return { name, role: 'main', image, asked: image, imageId, runs: true, ready: true, restarts: 0 }
}

/** A Deployment of two replicas that is rolled out. */
export function workload(component: string, given: Partial<Workload> = {}): Workload {
  return {
    name: `caracal-${component}`,
    uid: `uid-${component}`,
    createdAt: 0,
    component,
    kind: 'Deployment',
    generation: 1,
    observedGeneration: 1,
    replicas: { desired: 2, total: 2, updated: 2 },
    available: 2,
    ready: 2,
    revision: '1',
    fingerprint: 1,
    images: [`registry.example/${component}:v1`],
    imageOf: { [component]: `registry.example/${component}:v1` },
    source: {},
    ...given,
  }
}

/** A migration Job that runs. */
export function job(component: string, given: Partial<Job> = {}): Job {
  return {
    name: `caracal-${component}`,
    uid: `uid-${component}`,
    createdAt: 1_000,
    component,
    references: [],
    active: 1,
    failed: 0,
    ...given,
  }
}

/** A deployed revision with both migration hooks, of which none has run yet. */
export function release(revision: number, given: Partial<ReleaseSecret> = {}): ReleaseSecret {
  const hookJobs = ['migrate', 'auth-migrate'].map(
    (component) => ({ name: `caracal-${component}`, component, phase: '' }) as const,
  )
  return {
    name: `sh.helm.release.v1.caracal.v${revision}`,
    uid: `uid-release-${revision}`,
    createdAt: revision * 1_000,
    component: '',
    revision,
    status: 'deployed',
    content: {
      chart: 'caracal-1.0.0',
      description: 'Upgrade complete',
      appVersion: '1.0.0',
      digest: `sha256:${String(revision).padStart(64, '0')}`,
      objects: [],
      hookJobs,
      hookReferences: [],
      hasValues: true,
    },
    ...given,
  }
}
