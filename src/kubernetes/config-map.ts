import { KubernetesFailure, type Kubernetes } from '../connections/kubernetes.ts'
import { signalledWithin } from '../connections/own-time.ts'
import { SECOND, type Millis } from '../core/time.ts'

/** What a ConfigMap holds; binary values are Base64. */
export interface ConfigMapContent {
  readonly data: Readonly<Record<string, string>>
  readonly binaryData: Readonly<Record<string, string>>
}

/** `version` is its resourceVersion: opaque, and only good to be given back. */
export type ConfigMapFound =
  | {
      readonly found: true
      readonly version: string
      readonly content: ConfigMapContent
      /** Whom the API server has for the last to have written to it, when that was not us. */
      readonly stranger?: string
    }
  | { readonly found: false }

export type ConfigMapWritten =
  | { readonly written: true; readonly version: string }
  /** Another client has changed, made or deleted it since it was read. */
  | { readonly written: false }

/** One ConfigMap that several may write to. What it can't do it rejects with an error whose message is for people. */
export interface ConfigMap {
  /** As `namespace/name`. */
  readonly name: string
  read(): Promise<ConfigMapFound>
  /** The version of what is there now, which costs little to ask; undefined when nothing is. */
  version(): Promise<string | undefined>
  /** Replaces what it holds, unless another client has written since `version`. */
  replace(version: string, content: ConfigMapContent): Promise<ConfigMapWritten>
  create(content: ConfigMapContent): Promise<ConfigMapWritten>
  /**
   * Calls back when it may have changed, with its version then, until the watch ends or `stop` is aborted. What is
   * there at the beginning counts as a change.
   */
  watch(onChange: (version: string | undefined) => void, stop: AbortSignal): Promise<void>
}

/**
 * A request for one object of at most a megabyte, which takes some milliseconds. An operator who gives a command waits for a
 * read and a write at most, and what other replicas know is to be known within five seconds.
 */
const WRITE_WITHIN: Millis = 3 * SECOND
const VERSION_WITHIN: Millis = 2 * SECOND
/** The first one also waits for the client to be loaded and for a connection. */
const READ_WITHIN: Millis = 5 * SECOND

/** Under this name the API server notes which fields we wrote last. */
const MANAGER = 'caracal-gate'

/** A ConfigMap ends at 1 MiB of data, which Base64 and the envelope make larger. */
const MOST_BYTES = 4 * 1024 * 1024

/** Bookmarks come about once a minute. */
const IDLE: Millis = 150 * SECOND

/** The server ends a watch after so many seconds; each begins with what is there. */
const WATCH_SECONDS = 290

interface Metadata {
  readonly resourceVersion: string
  readonly [key: string]: unknown
}

/** A ConfigMap in a cluster. It needs the verbs get, watch and update on it, and create when it may be made anew. */
export function openConfigMap(kubernetes: Kubernetes, namespace: string, name: string): ConfigMap {
  const all = `/api/v1/namespaces/${namespace}/configmaps`
  const one = `${all}/${name}`
  // Labels and annotations are others' business and stay as they were.
  let known: Metadata | undefined

  async function write(method: 'PUT' | 'POST', metadata: object, content: ConfigMapContent) {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata, ...content }
    try {
      known = metadataOf(await send(kubernetes, method, method === 'PUT' ? one : all, body))
      return { written: true, version: known.resourceVersion } as const
    } catch (fault) {
      const isGone = method === 'PUT' && statusOf(fault) === 404
      if (statusOf(fault) === 409 || isGone) return { written: false } as const
      throw fault
    }
  }

  return {
    name: `${namespace}/${name}`,
    async read() {
      const object = await get(kubernetes, one, 'whole')
      if (object === undefined) return { found: false }
      known = metadataOf(object)
      const stranger = strangerIn(known)
      const found = { found: true, version: known.resourceVersion, content: contentOf(object) } as const
      return stranger === undefined ? found : { ...found, stranger }
    },
    async version() {
      const object = await get(kubernetes, one, 'metadata')
      return object === undefined ? undefined : metadataOf(object).resourceVersion
    },
    replace(version, content) {
      const kept = known?.resourceVersion === version ? known : { name, namespace }
      return write('PUT', { ...kept, managedFields: undefined, resourceVersion: version }, content)
    },
    async create(content) {
      try {
        return await write('POST', { name, namespace }, content)
      } catch (fault) {
        if (statusOf(fault) !== 403) throw fault
        const { unknownReason, reason } = fault as KubernetesFailure
        // The right to make one can't be limited to a name, so the chart does not grant it.
        const message = `it is not there, and configmaps may not be created: kubectl -n ${namespace} create configmap ${name}`
        throw new KubernetesFailure({ unknownReason, reason, message }, { status: 403, cause: fault })
      }
    },
    watch(onChange, stop) {
      const query = `fieldSelector=metadata.name%3D${name}&timeoutSeconds=${WATCH_SECONDS}`
      return kubernetes.watch(`${all}?watch=true&allowWatchBookmarks=true&${query}`, {
        idle: IDLE,
        stop,
        onFrame(frame) {
          const { type, object } = (frame ?? {}) as { type?: unknown; object?: unknown }
          if (type === 'ADDED' || type === 'MODIFIED') onChange(metadataOf(object).resourceVersion)
          if (type === 'DELETED') onChange(undefined)
        },
      })
    },
  }
}

/** One object, or undefined when there is none. */
async function get(kubernetes: Kubernetes, path: string, part: 'whole' | 'metadata'): Promise<unknown> {
  const shape = part === 'metadata' ? ({ metadataOnly: 'one' } as const) : {}
  return signalledWithin(part === 'whole' ? READ_WITHIN : VERSION_WITHIN, (deadline) =>
    kubernetes.json('GET', path, { deadline, maxBytes: MOST_BYTES, ...shape }),
  ).catch((fault: unknown) => {
    if (statusOf(fault) === 404) return undefined
    throw fault
  })
}

function send(kubernetes: Kubernetes, method: 'PUT' | 'POST', path: string, body: object): Promise<unknown> {
  const at = `${path}?fieldManager=${MANAGER}`
  return signalledWithin(WRITE_WITHIN, (deadline) =>
    kubernetes.json(method, at, { deadline, maxBytes: MOST_BYTES, body }),
  )
}

function statusOf(fault: unknown): number | undefined {
  return fault instanceof KubernetesFailure ? fault.status : undefined
}

function metadataOf(object: unknown): Metadata {
  const { metadata } = (object ?? {}) as { metadata?: Record<string, unknown> }
  const version = metadata?.['resourceVersion']
  return { ...metadata, resourceVersion: typeof version === 'string' ? version : '' }
}

function contentOf(object: unknown): ConfigMapContent {
  const { data, binaryData } = object as Partial<ConfigMapContent>
  return { data: data ?? {}, binaryData: binaryData ?? {} }
}

interface ManagedFields {
  readonly manager?: string
  readonly fieldsV1?: { readonly 'f:binaryData'?: Readonly<Record<string, unknown>> }
}

/** Who wrote the state last, by what the API server notes of each field; undefined when that was us, or is not noted. */
function strangerIn(metadata: Metadata): string | undefined {
  const noted = metadata['managedFields']
  if (!Array.isArray(noted)) return undefined
  const writers = (noted as readonly ManagedFields[])
    .filter(({ fieldsV1 }) => fieldsV1?.['f:binaryData']?.['f:state'] !== undefined)
    .map(({ manager = 'another client' }) => manager)
  return writers.includes(MANAGER) ? undefined : writers[0]
}
