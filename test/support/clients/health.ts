import { startClient } from './program.ts'
import type { Tree } from './recipe.ts'

/** How well an object is, by the code of those that wait for it. */
export interface Health {
  /** `Current`, `InProgress`, `Failed`: kstatus as it is. */
  readonly kstatus: string
  /** The same, as Flux has it. */
  readonly flux: string
  /** `Healthy`, `Progressing`, `Degraded`, `Suspended`, or empty where Argo CD does not wait. */
  readonly argo: string
}

/** @throws when an object of Flux has a field that Flux does not know */
export async function healthOf(object: Tree): Promise<Health> {
  const program = startClient('health-flux-1.7.3-argo-cd-3.2.0')
  try {
    return (await program.ask(object)) as Health
  } finally {
    await program.end()
  }
}

/** A Job of the API server that ended so, or one that runs still. */
export function withState(job: Tree, state: 'Complete' | 'Failed' | 'runs'): Tree {
  const startTime = '2026-11-30T00:00:00Z'
  const conditions = state === 'runs' ? [] : [{ type: state, status: 'True' }]
  const pods = { Complete: { succeeded: 1 }, Failed: { failed: 1 }, runs: { active: 1 } }[state]
  return { ...job, status: { startTime, conditions, ...pods } }
}
