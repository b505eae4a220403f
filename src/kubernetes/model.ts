import type { Unavailable } from '../core/observation.ts'
import type { Instant, Millis } from '../core/time.ts'
import type { SecretReference, SecretUser } from './manifest/references.ts'

// What is kept of the cluster's objects: reduced to what is judged, so that neither memory nor a page ever holds more.
// Values of Secrets are in none of them.

/** What every object has. */
export interface Identity {
  readonly name: string
  readonly uid: string
  readonly createdAt: Instant
  /** The label `app.kubernetes.io/component`; empty when the object has none. */
  readonly component: string
}

export const workloadKinds = ['Deployment', 'StatefulSet'] as const
export type WorkloadKind = (typeof workloadKinds)[number]

/** `sidecar` is an init container that runs beside the others (`restartPolicy: Always`). */
export type ContainerRole = 'main' | 'init' | 'sidecar'

export interface Container {
  readonly name: string
  readonly role: ContainerRole
  /** What the runtime calls the image; it may be another name of the same content. */
  readonly image: string
  /** The reference that the pod asks for; empty when its specification does not have the container. */
  readonly asked: string
  /** `imageID` of the status; empty before the image was pulled. */
  readonly imageId: string
  /** It runs now; of an init container also: it has ended well. */
  readonly runs: boolean
  readonly ready: boolean
  readonly restarts: number
  /** Why it waits, e.g. `CrashLoopBackOff`, `ImagePullBackOff`, `CreateContainerConfigError`. */
  readonly waiting?: string
  /** What the kubelet says about the waiting or the last end, bounded. */
  readonly message?: string
}

export interface Pod extends Identity {
  readonly ip?: string
  readonly phase: string
  /** The kubelet's condition Ready. */
  readonly ready: boolean
  readonly deleting: boolean
  /** `pod-template-hash` or `controller-revision-hash`; empty when it has neither. */
  readonly revision: string
  /** Uid of the ReplicaSet, StatefulSet or Job that controls it. */
  readonly owner?: string
  /** Kind and name of the same, as `ReplicaSet/caracal-api-5d4f`. */
  readonly ownedBy?: string
  /** Init containers first. */
  readonly containers: readonly Container[]
  /** Port named `http` of its containers, else the only one. */
  readonly port?: number
  /**
   * Within what time its kubelet takes the condition Ready back once `/ready` at that port fails: period times failures,
   * and the time-out. Absent where no readiness probe asks just that.
   */
  readonly unreadyWithin?: Millis
  /** Why no node takes it, when none does. */
  readonly unschedulable?: string
}

export interface Workload extends Identity {
  readonly kind: WorkloadKind
  readonly generation: number
  /** 0 when its controller has not seen it yet. */
  readonly observedGeneration: number
  readonly replicas: { readonly desired: number; readonly total: number; readonly updated: number }
  readonly available: number
  readonly ready: number
  /** The revision that its new pods have: of a StatefulSet its `updateRevision`, of a Deployment its revision number. */
  readonly revision: string
  /** A number made of the pod template, which distinguishes a scaled workload from one that rolls. */
  readonly fingerprint: number
  /** Image of its containers, in their order. */
  readonly images: readonly string[]
  /** Image of each container of its template by name, init containers too. */
  readonly imageOf: Readonly<Record<string, string>>
  /** Message of the condition Progressing=False with reason ProgressDeadlineExceeded. */
  readonly deadlineExceeded?: string
  /** The object as the API server gives it, without status and managed fields: for comparing with a manifest. */
  readonly source: Readonly<Record<string, unknown>>
}

export interface ReplicaSet extends Identity {
  /** Uid of its Deployment. */
  readonly owner?: string
  /** Kind and name of the same, as `Deployment/caracal-api`. */
  readonly ownedBy?: string
  /** Annotation `deployment.kubernetes.io/revision`. */
  readonly revision: string
  /** Label `pod-template-hash`. */
  readonly hash: string
  readonly replicas: number
}

export interface Job extends Identity {
  readonly references: readonly SecretReference[]
  readonly active: number
  readonly failed: number
  /** Set once the Job has a condition Complete or Failed that is True. */
  readonly outcome?: 'complete' | 'failed'
  /** Of the condition Failed, e.g. `BackoffLimitExceeded`. */
  readonly reason?: string
  readonly message?: string
  readonly endedAt?: Instant
  /** Set when it was deleted; the rest is how it was at its end, which is all that is left of one that succeeded. */
  readonly deleted?: true
}

export interface Service extends Identity {
  readonly selector: Readonly<Record<string, string>>
  readonly ports: readonly {
    readonly name: string
    readonly port: number
    readonly targetPort: string | number
  }[]
  readonly source: Readonly<Record<string, unknown>>
}

export interface EndpointSlice extends Identity {
  /** Label `kubernetes.io/service-name`. */
  readonly service: string
  readonly ports: readonly { readonly name: string; readonly port: number }[]
  readonly endpoints: readonly { readonly addresses: readonly string[]; readonly ready: boolean }[]
}

/** Any of the namespace, of the release or not: `target` says what it scales. */
export interface Autoscaler extends Identity {
  readonly target: { readonly kind: string; readonly name: string }
}

/** A Helm release Secret by its labels alone. */
export interface ReleaseSecret extends Identity {
  readonly revision: number
  /** `deployed`, `superseded`, `failed`, `pending-install`, `pending-upgrade`, `pending-rollback`, `uninstalling`. */
  readonly status: string
  /** The release that it holds, or why it can't be read. */
  readonly content: ReleaseContent | Unavailable
}

/** What a release Secret holds, with the plain manifest reduced to its objects. Secrets in it keep their keys only. */
export interface ReleaseContent {
  /** Chart name and version, e.g. `caracal-1.0.0`. */
  readonly chart: string
  readonly appVersion: string
  /** What Helm says of it, one line without what may be secret: `Upgrade complete`, `Upgrade "x" failed: ...`. */
  readonly description: string
  /** SHA-256 of the normalised manifest with hooks, `sha256:` and 64 hex digits. */
  readonly digest: string
  readonly objects: readonly Readonly<Record<string, unknown>>[]
  /** The hooks that are Jobs, with how their last run in this revision ended. */
  readonly hookJobs: readonly {
    readonly name: string
    readonly component: string
    readonly phase: '' | 'Unknown' | 'Running' | 'Succeeded' | 'Failed'
    readonly completedAt?: Instant
  }[]
  /** What pods of hooks of an upgrade or a rollback refer to, but for Secrets that hooks make themselves. */
  readonly hookReferences: readonly SecretUser[]
  /** Whether it keeps user values or chart defaults, without which it could not be rolled back to. */
  readonly hasValues: boolean
}

/** Everything that is watched of the release, by kind. */
export interface Kinds {
  readonly pods: Pod
  readonly workloads: Workload
  readonly replicaSets: ReplicaSet
  readonly jobs: Job
  readonly services: Service
  readonly endpointSlices: EndpointSlice
  readonly autoscalers: Autoscaler
  readonly releases: ReleaseSecret
}
export type Kind = keyof Kinds

/** Reasons that end within moments without action: nothing was read so far. */
export const notYetSeen: ReadonlySet<string> = new Set(['not_listed', 'not_read_yet'])

/** The objects of one kind. What was last known may still be looked at when the API server can't be seen. */
export type Seen<T> =
  | { readonly ok: true; readonly items: readonly T[] }
  | { readonly ok: false; readonly unavailable: Unavailable; readonly lastKnown: readonly T[] }

/** The release as the API server shows it, kept up to date by watches. */
export interface Cluster {
  of<K extends Kind>(kind: K): Seen<Kinds[K]>
  /** Calls `changed` after objects or what can be seen of them changed, once for what arrives together. */
  subscribe(changed: () => void): () => void
  /**
   * The names of the keys of a Secret of the release's namespace; undefined when there is no such Secret.
   * @throws KubernetesFailure when it can't be asked
   */
  secretKeys(name: string, deadline: AbortSignal): Promise<readonly string[] | undefined>
  /** How long ago the API server last confirmed the pods that are held; Infinity while they can't be seen. */
  podsAge(): Millis
  /** Requests made so far and the time that they took. */
  readonly cost: { readonly requests: number; readonly took: number }
  start(): void
  stop(): Promise<void>
}
