import { setTimeout as delay } from 'node:timers/promises'
import type { Pod } from './objects.ts'
import type { PodRecord } from './pod-record.ts'
import type { PodState } from './pod-status.ts'

export type PodOutcome = 'run' | 'succeed' | 'fail' | 'crash-loop' | 'never-ready'

/** What becomes of a pod; times in milliseconds. */
export type PodPlan = {
  /** `run` by default, for pods of a Job `succeed`. A pod that is not `restartPolicy: Never` restarts on `fail`. */
  readonly outcome?: PodOutcome
  /** From the start of the containers, or their restart, to the first look at readiness; 0 by default. */
  readonly readyAfterMs?: number
  /** How long a container runs before it succeeds, fails or crashes; 50 by default. */
  readonly afterMs?: number
  /** How long a crashed container waits for its next start; 500 by default. */
  readonly backOffMs?: number
  /** From the wish to delete the pod to the end of its containers; 0 by default. */
  readonly stopAfterMs?: number
  /** The pod's address, instead of the kubelet's next one. */
  readonly ip?: string
}

/** Something that runs in a pod. */
export type PodProcess = {
  /** The readiness probe, asked every 200 ms; without it the containers are ready when they run. */
  ready?(): boolean | Promise<boolean>
  stop?(): void | Promise<void>
}

/** Starts what runs in a pod, when its containers start. */
export type RunPod = (pod: Pod, ip: string) => Promise<PodProcess | undefined> | PodProcess | undefined

/** What a pod finds on its node. */
export type PodSurroundings = {
  readonly nodeName: string
  nextAddress(): string
  readonly run: RunPod | undefined
}

/** A pod that is looked after. */
export type PodLife = {
  readonly pod: Pod
  /** Ends what runs in it and deletes the pod from the API, as a kubelet does when the grace period is over. */
  end(): Promise<void>
  /** Ends what runs in it and says nothing to the API. */
  forget(): Promise<void>
}

const probeEveryMs = 200
const defaultRunMs = 50
const defaultBackOffMs = 500

/** Takes a new pod from its binding to its end. */
export function livePod(record: PodRecord, pod: Pod, plan: PodPlan, around: PodSurroundings): PodLife {
  const over = new AbortController()
  const { signal } = over
  let process: PodProcess | undefined
  let looksAt = Infinity

  async function startContainers(change: Partial<PodState>): Promise<void> {
    looksAt = performance.now() + (plan.readyAfterMs ?? 0)
    const running = { startedAt: new Date().toISOString().replace(/\.\d+Z$/, 'Z') }
    await record.become({ ...change, phase: 'Running', container: { running } })
  }

  async function isReady(): Promise<boolean> {
    if (!('running' in record.state.container) || performance.now() < looksAt) return false
    if (plan.outcome === 'never-ready') return false
    try {
      return (await process?.ready?.()) ?? true
    } catch {
      return false
    }
  }

  async function probe(): Promise<void> {
    while (!signal.aborted) {
      const ready = await isReady()
      const running = 'running' in record.state.container
      if (ready !== record.state.ready && running && !signal.aborted) await record.become({ ready })
      const left = looksAt - performance.now()
      await delay(left > 0 ? Math.min(left, probeEveryMs) : probeEveryMs, undefined, { signal })
    }
  }

  async function crashLoop(): Promise<void> {
    while (!signal.aborted) {
      await delay(plan.afterMs ?? defaultRunMs, undefined, { signal })
      const message = `back-off 10s restarting failed container in pod ${pod.metadata.name}`
      const container = { waiting: { reason: 'CrashLoopBackOff', message } }
      await record.become({ container, last: record.ended(1), ready: false })
      await delay(plan.backOffMs ?? defaultBackOffMs, undefined, { signal })
      await startContainers({ restartCount: record.state.restartCount + 1 })
    }
  }

  async function finish(exitCode: number): Promise<void> {
    await delay(plan.afterMs ?? defaultRunMs, undefined, { signal })
    over.abort()
    await process?.stop?.()
    process = undefined
    const phase = exitCode === 0 ? 'Succeeded' : 'Failed'
    await record.become({ phase, container: { terminated: record.ended(exitCode) }, ready: false })
  }

  async function live(): Promise<void> {
    if (pod.spec.nodeName === undefined) await record.bindTo(around.nodeName)
    await record.become({})
    if (signal.aborted) return
    const ip = plan.ip ?? around.nextAddress()
    process = await around.run?.(pod, ip)
    await startContainers({ ip })
    await Promise.all([probe(), carryOut()])
  }

  async function carryOut(): Promise<void> {
    const restarts = (pod.spec.restartPolicy ?? 'Always') !== 'Never'
    if (plan.outcome === 'succeed') return finish(0)
    if (plan.outcome === 'crash-loop' || (plan.outcome === 'fail' && restarts)) return crashLoop()
    if (plan.outcome === 'fail') return finish(1)
  }

  const living = live().catch((error: unknown) => {
    if (!signal.aborted) throw error
  })

  async function forget(): Promise<void> {
    over.abort()
    await living
    await process?.stop?.()
    process = undefined
  }

  return {
    pod,
    end: async () => {
      if (plan.stopAfterMs !== undefined) await delay(plan.stopAfterMs, undefined, { signal }).catch(() => {})
      await forget()
      if (record.state.phase === 'Running') {
        const container = { terminated: record.ended(0) }
        await record.become({ phase: 'Succeeded', container, ready: false })
      }
      await record.remove()
    },
    forget,
  }
}
