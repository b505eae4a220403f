import { setTimeout as delay } from 'node:timers/promises'
import { KubernetesRequestError, type KubernetesClient } from './client.ts'
import type { Pod } from './objects.ts'
import { podStatus, type PodState, type Terminated } from './pod-status.ts'

/** What a kubelet knows of one pod and says of it to the API server. */
export type PodRecord = {
  readonly state: PodState
  /** Writes the changed state; states arrive in the order of the calls. */
  become(change: Partial<PodState>): Promise<void>
  /** How the containers end now. */
  ended(exitCode: number): Terminated
  bindTo(nodeName: string): Promise<void>
  /** Deletes the pod from the API, without a grace period. */
  remove(): Promise<void>
}

const retryMs = 200

/** Kubernetes' times have no fractions of a second. */
function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z')
}

/** The record of a pod that nothing has been said about; `over` ends its attempts at an absent server. */
export function podRecord(pod: Pod, hostIp: string, client: KubernetesClient, over: AbortSignal): PodRecord {
  const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`
  const { name, namespace, uid } = pod.metadata
  let told = Promise.resolve()
  let state: PodState = {
    phase: 'Pending',
    hostIp,
    startTime: now(),
    container: { waiting: { reason: 'ContainerCreating' } },
    restartCount: 0,
    ready: false,
    readySince: now(),
  }

  /** Repeats while the server is away, as a kubelet does; a pod that is gone or another's is no error. */
  async function tell(method: string, to: string, body: unknown): Promise<void> {
    while (!over.aborted) {
      try {
        await client.request(method, to, body)
        return
      } catch (error) {
        const status = error instanceof KubernetesRequestError ? error.status : 503
        if (status === 404 || status === 409) return
        if (status < 429) throw error
        await delay(retryMs)
      }
    }
  }

  return {
    get state() {
      return state
    },
    become: (change) => {
      const turned = change.ready !== undefined && change.ready !== state.ready
      state = { ...state, ...change, ...(turned ? { readySince: now() } : {}) }
      const body = { status: podStatus(pod, state) }
      told = told.then(() => tell('PATCH', `${path}/status`, body))
      return told
    },
    ended: (exitCode) => {
      const { container, startTime } = state
      const startedAt = 'running' in container ? container.running.startedAt : startTime
      return { reason: exitCode === 0 ? 'Completed' : 'Error', exitCode, startedAt, finishedAt: now() }
    },
    bindTo: (nodeName) =>
      tell('POST', `${path}/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace, uid },
        target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
      }),
    remove: () => {
      const options = { kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } }
      return tell('DELETE', path, { apiVersion: 'v1', ...options })
    },
  }
}
