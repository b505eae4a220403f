import { setTimeout as pause } from 'node:timers/promises'
import type { GateReport } from '../../src/contract/document.ts'
import type { CheckReport } from '../../src/contract/items.ts'
import type { RunningPod } from './stage.ts'

/** That this rollout is done, and all may proceed. */
export function isDone(id: string): (report: GateReport) => boolean {
  return ({ verdict, rollout }) => verdict === 'proceed' && rollout.id === id && rollout.phase === 'done'
}

export function checkIn({ gates }: GateReport, id: string): CheckReport {
  const found = gates.flatMap(({ checks }) => checks).find((check) => check.id === id)
  if (found === undefined) throw new Error(`there is no check ${id}`)
  return found
}

/** What a reader of a failure wants to know of a report. */
export function summary({ summary: text, rollout: { id, phase } }: GateReport): string {
  return `${id} ${phase}: ${text}`
}

/** The id of the one container of a pod, as the runtime knows it. */
export function containerOf({ metadata, status }: RunningPod): string {
  const [, id] = /^containerd:\/\/(.+)$/.exec(status?.containerStatuses?.[0]?.containerID ?? '') ?? []
  if (id === undefined) throw new Error(`the pod ${metadata.name} has no container`)
  return id
}

export function isReady({ metadata, status }: RunningPod): boolean {
  const ready = status?.conditions?.some(({ type, status: word }) => type === 'Ready' && word === 'True')
  return ready === true && metadata.deletionTimestamp === undefined
}

/** Asks until there is an answer; throws with what was last wrong when there is none in time. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  withinSeconds = 180,
): Promise<T> {
  const deadline = performance.now() + withinSeconds * 1_000
  let last = ''
  for (;;) {
    const answer = await ask().catch((error: unknown) => {
      last = String(error)
      return undefined
    })
    if (answer !== undefined) return answer
    if (performance.now() > deadline) throw new Error(`not within ${withinSeconds} s: ${what}. ${last}`)
    await pause(200)
  }
}
