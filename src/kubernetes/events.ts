import { KubernetesFailure, type Kubernetes } from '../connections/kubernetes.ts'
import { signalledWithin } from '../connections/own-time.ts'
import { SECOND, type Instant, type Millis } from '../core/time.ts'
import { isObject, objectAt, textAt } from './manifest/objects.ts'

/** An Event of the cluster, as `kubectl get events` shows it. */
export interface ClusterEvent {
  readonly name: string
  readonly at: Instant
  readonly reason: string
  readonly isWarning: boolean
  readonly note: string
}

export interface ClusterEvents {
  /** Resolves when it is there, be it by another replica. @throws KubernetesFailure */
  write(event: ClusterEvent): Promise<void>
}

export interface EventSettings {
  /** The Deployment that the Events are about, and its namespace. */
  readonly deployment: string
  readonly namespace: string
  /** Which replica of the daemon writes. */
  readonly instance: string
}

const WITHIN: Millis = 3 * SECOND
const MOST_BYTES = 256 * 1024
/** The API server takes 1,024 bytes. */
const LONGEST_NOTE = 1_000

/** Events about one Deployment. It needs the verbs get on that, and create on events. */
export function openEvents(
  kubernetes: Kubernetes,
  { deployment, namespace, instance }: EventSettings,
): ClusterEvents {
  const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`
  // `kubectl describe` asks for Events of the object with this id.
  let uid: string | undefined

  async function write({ name, at, reason, isWarning, note }: ClusterEvent): Promise<void> {
    uid ??= await uidOf(kubernetes, `/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}`)
    const body = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name, namespace },
      // With microseconds, of which our clock has none.
      eventTime: new Date(at).toISOString().replace('Z', '000Z'),
      reportingController: 'gates.caracal.run/exporter',
      reportingInstance: instance.slice(0, 128),
      action: 'Judged',
      reason,
      type: isWarning ? 'Warning' : 'Normal',
      regarding: { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment, namespace, uid },
      note: shortened(note),
    }
    await signalledWithin(WITHIN, (deadline) =>
      kubernetes.json('POST', path, { deadline, maxBytes: MOST_BYTES, body }),
    )
  }

  return {
    write: (event) =>
      write(event).catch((fault: unknown) => {
        // Another replica was first.
        if (fault instanceof KubernetesFailure && fault.status === 409) return
        throw fault
      }),
  }
}

async function uidOf(kubernetes: Kubernetes, path: string): Promise<string> {
  const object = await signalledWithin(WITHIN, (deadline) =>
    kubernetes.json('GET', path, { deadline, maxBytes: MOST_BYTES, metadataOnly: 'one' }),
  )
  return isObject(object) ? textAt(objectAt(object, 'metadata'), 'uid') : ''
}

function shortened(note: string): string {
  const bytes = Buffer.from(note)
  if (bytes.length <= LONGEST_NOTE) return note
  // Without the character that the end cuts.
  return `${bytes
    .subarray(0, LONGEST_NOTE)
    .toString()
    .replace(/\uFFFD+$/, '')}…`
}
