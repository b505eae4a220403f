import fields from './api-fields.json' with { type: 'json' }
import { nameOf, type PlainObject, scalarText, textAt } from './objects.ts'

/** What the API server does with a field; `api-fields.json` is made from Kubernetes itself by `scripts/api-fields.ts`. */
export interface ApiField {
  /** Name of the API's type of the object, or of the entries of the list, that the field holds. */
  readonly type?: string
  /** Absent means something else than empty, false or 0, so the server keeps these apart. */
  readonly pointer?: boolean
  /** What the server puts in when the field is absent. */
  readonly default?: unknown
  /** The server puts in something that depends on other fields. */
  readonly derived?: boolean
}

const known: Readonly<Record<string, Readonly<Record<string, ApiField>> | undefined>> = fields

/**
 * Fields that are filled by what is no defaulting function: allocation of addresses and ports
 * (pkg/registry/core/service), the strategy and controller of Jobs, and what scales a workload.
 */
const filledElsewhere: Readonly<Record<string, readonly string[] | undefined>> = {
  ServiceSpec: ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'healthCheckNodePort'],
  ServicePort: ['nodePort'],
  JobSpec: ['selector', 'completions', 'backoffLimit'],
  DeploymentSpec: ['replicas'],
  StatefulSetSpec: ['replicas'],
}

/** Two names of one field: whichever is set, the server shows both. */
export const aliases: Readonly<Record<string, string | undefined>> = {
  serviceAccount: 'serviceAccountName',
  serviceAccountName: 'serviceAccount',
}

/** What is known of a field of a type; undefined for one that this version of the API does not have. */
export function apiField(type: string | undefined, name: string): ApiField | undefined {
  if (type === undefined) return undefined
  // A kind is no type of the table; its specification is.
  if (name === 'spec' && known[type] === undefined) return { type: `${type}Spec` }
  const field = known[type]?.[name]
  if (field === undefined || filledElsewhere[type]?.includes(name) !== true) return field
  return { ...field, derived: true }
}

/** What must be known of a field to compare it as Kubernetes understands it. A field without a shape is compared as it is. */
export interface Shape {
  readonly fields?: Readonly<Record<string, Shape>>
  /** The only fields that are compared. */
  readonly only?: readonly string[]
  /** A list whose entries have an identity: their order says nothing, unless it is `ordered`. */
  readonly keyOf?: (entry: PlainObject) => string
  readonly ordered?: true
  /** Shape of the entries of a list. */
  readonly entry?: Shape
  /** A map with keys of the user's own. */
  readonly free?: true
  /** A map or an entry in which the API server sets nothing, or nothing but what is empty. */
  readonly closed?: true
  /** An amount such as `500m`, or a map of them: told apart by value. */
  readonly quantity?: true
  /** Environment variables, see `variables.ts`. */
  readonly variables?: true
  /** Its values are never shown. */
  readonly hidden?: true
}

const quantity: Shape = { quantity: true }
const labels: Shape = { free: true }
const selector: Shape = { free: true, closed: true }
const metadata: Shape = { only: ['labels', 'annotations'], fields: { labels, annotations: labels } }
const resources: Shape = {
  fields: { limits: { ...labels, ...quantity }, requests: { ...labels, ...quantity } },
}
const probe: Shape = {
  fields: { httpGet: { fields: { httpHeaders: { entry: { fields: { value: { hidden: true } } } } } } },
}
const named: Shape = { keyOf: (entry) => textAt(entry, 'name') }

const container: Shape = {
  fields: {
    env: { variables: true },
    ports: { keyOf: (port) => portKey(port['containerPort'], port['protocol']) },
    volumeMounts: { keyOf: (mount) => textAt(mount, 'mountPath') },
    volumeDevices: { keyOf: (device) => textAt(device, 'devicePath') },
    resources,
    livenessProbe: probe,
    readinessProbe: probe,
    startupProbe: probe,
    lifecycle: { fields: { postStart: probe, preStop: probe } },
  },
}

const claim: Shape = { only: ['metadata', 'spec'], fields: { metadata, spec: { fields: { resources } } } }

const volume: Shape = {
  // One that says nothing else becomes `emptyDir: {}`.
  closed: true,
  fields: {
    emptyDir: { fields: { sizeLimit: quantity } },
    csi: { fields: { volumeAttributes: labels } },
    ephemeral: { fields: { volumeClaimTemplate: claim } },
  },
}

const podSpec: Shape = {
  fields: {
    containers: { ...named, entry: container },
    // They run one after the other.
    initContainers: { ...named, ordered: true, entry: container },
    volumes: { ...named, entry: volume },
    imagePullSecrets: named,
    nodeSelector: selector,
    overhead: { ...labels, ...quantity },
  },
}

/** A Deployment, StatefulSet, Job or Service. */
export const objectShape: Shape = {
  only: ['metadata', 'spec'],
  fields: {
    metadata,
    spec: {
      fields: {
        template: { fields: { metadata, spec: podSpec } },
        volumeClaimTemplates: { keyOf: nameOf, entry: claim },
        ports: { keyOf: (port) => portKey(port['port'], port['protocol']) },
        // Of a Service. A workload's has matchLabels, and can't be changed.
        selector,
      },
    },
  },
}

function portKey(port: unknown, protocol: unknown): string {
  const kind = scalarText(protocol)
  return kind === '' || kind === 'TCP' ? scalarText(port) : `${scalarText(port)}/${kind}`
}
