import { createHash } from 'node:crypto'
import type { Pod, PodContainer } from './objects.ts'

/** What a kubelet knows of a container that has ended; times are RFC 3339 texts. */
export type Terminated = {
  readonly reason: 'Completed' | 'Error'
  readonly exitCode: number
  readonly startedAt: string
  readonly finishedAt: string
}

export type ContainerState =
  | { readonly waiting: { readonly reason: string; readonly message?: string } }
  | { readonly running: { readonly startedAt: string } }
  | { readonly terminated: Terminated }

/** What a kubelet knows of a pod. All containers of ours do the same. */
export type PodState = {
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed'
  readonly hostIp: string
  /** Undefined until the pod has a network. */
  readonly ip?: string
  readonly startTime: string
  readonly container: ContainerState
  readonly last?: Terminated
  readonly restartCount: number
  readonly ready: boolean
  /** When `ready` became what it is. */
  readonly readySince: string
}

/** The `status` of a pod, written out as a kubelet writes it. */
export function podStatus(pod: Pod, state: PodState): unknown {
  const { ip } = state
  return {
    ...generationOf(pod),
    phase: state.phase,
    hostIP: state.hostIp,
    hostIPs: [{ ip: state.hostIp }],
    ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }),
    startTime: state.startTime,
    conditions: conditionsOf(pod, state),
    initContainerStatuses: (pod.spec.initContainers ?? []).map((container) =>
      initContainerStatus(pod, container, state),
    ),
    containerStatuses: pod.spec.containers.map((container) => containerStatus(pod, container, state)),
  }
}

function generationOf(pod: Pod): { readonly observedGeneration?: number } {
  const { generation } = pod.metadata
  return generation === undefined ? {} : { observedGeneration: generation }
}

function conditionsOf(pod: Pod, state: PodState): readonly unknown[] {
  const hasStarted = state.ip !== undefined
  function condition(type: string, holds: boolean, since: string, explanation: object = {}): unknown {
    const status = holds ? 'True' : 'False'
    return { type, status, lastTransitionTime: since, ...generationOf(pod), ...explanation }
  }
  const why = state.ready ? {} : unreadiness(pod, state)
  const ended = state.phase === 'Succeeded' ? { reason: 'PodCompleted' } : {}
  return [
    condition('PodReadyToStartContainers', hasStarted, state.startTime),
    condition('Initialized', hasStarted, state.startTime, ended),
    condition('Ready', state.ready, state.readySince, why),
    condition('ContainersReady', state.ready, state.readySince, why),
    condition('PodScheduled', true, state.startTime),
  ]
}

function unreadiness(pod: Pod, state: PodState): object {
  if (state.phase === 'Succeeded') return { reason: 'PodCompleted' }
  if (state.phase === 'Failed') return { reason: 'PodFailed' }
  const names = pod.spec.containers.map(({ name }) => name).join(' ')
  return { reason: 'ContainersNotReady', message: `containers with unready status: [${names}]` }
}

function containerStatus(pod: Pod, container: PodContainer, state: PodState): unknown {
  const pulled = 'waiting' in state.container && state.last === undefined ? {} : identityOf(pod, container)
  return {
    name: container.name,
    image: container.image,
    imageID: '',
    ...pulled,
    ready: state.ready,
    started: 'running' in state.container,
    restartCount: state.restartCount,
    state: state.container,
    lastState: state.last === undefined ? {} : { terminated: state.last },
  }
}

function initContainerStatus(pod: Pod, container: PodContainer, state: PodState): unknown {
  const done: Terminated = {
    reason: 'Completed',
    exitCode: 0,
    startedAt: state.startTime,
    finishedAt: state.startTime,
  }
  const isDone = state.ip !== undefined
  return {
    name: container.name,
    image: container.image,
    imageID: '',
    ...(isDone ? identityOf(pod, container) : {}),
    ready: isDone,
    started: false,
    restartCount: 0,
    state: isDone ? { terminated: done } : { waiting: { reason: 'PodInitializing' } },
    lastState: {},
  }
}

/** An image has one digest wherever it runs; a container's id is its own. */
function identityOf(pod: Pod, container: PodContainer): { imageID: string; containerID: string } {
  const digest = (text: string) => createHash('sha256').update(text).digest('hex')
  const repository = container.image.replace(/(@sha256)?:[^:/]+$/, '')
  return {
    imageID: /@sha256:/.test(container.image)
      ? container.image
      : `${repository}@sha256:${digest(container.image)}`,
    containerID: `containerd://${digest(`${pod.metadata.uid} ${container.name}`)}`,
  }
}
