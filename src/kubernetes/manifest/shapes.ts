import { nameOf, scalarText, textAt, type PlainObject } from './objects.ts'

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
