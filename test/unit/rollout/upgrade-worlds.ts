import type { Evaluated } from '../../../src/rollout/evaluation.ts'
import { calm, lasting, standing, started, watch, type World } from './upgrading.ts'

/** What a workload lacks that is replaced. */
export const waiting = 'waiting: 1 of 2 replicas updated'

/** A daemon that has seen a calm release for a minute. */
export function watching(): Evaluated {
  const states = watch(started(), lasting(calm, 12))
  return states.at(-1) ?? started()
}

/** What stands after each of these worlds, one after the other. */
export function standings(worlds: readonly World[], from: Evaluated = watching()): readonly string[] {
  return watch(from, worlds).map(standing)
}

/** What is believed and remembered at the end. */
export function last(states: readonly Evaluated[]): Evaluated {
  return states.at(-1) ?? started()
}

// An upgrade from revision 5 to 6, moment by moment.
export const pending: World = { ...calm, release: [6, 'pending-upgrade'] }
export const migrating: World = { ...pending, jobs: { ...calm.jobs, migrate: 'active aaaaaaaa-1' } }
export const between: World = { ...pending, versions: ['0001', '0002', '0003'] }
export const failing: World = {
  ...pending,
  release: [6, 'failed'],
  jobs: { ...calm.jobs, migrate: 'failed aaaaaaaa-1' },
}
export const rolling: World = { ...between, workloads: { api: [101, waiting], sts: [200] } }
export const deployed: World = { ...rolling, release: [6, 'deployed'] }
export const upgraded: World = { ...deployed, workloads: { api: [101], sts: [201] } }

/** The same without the release: nobody may read its Secrets. */
export function unseen(world: World): World {
  const { release: _, ...rest } = world
  return { ...rest, off: ['helm-release'] }
}

export const clean = [pending, migrating, between, rolling, deployed, upgraded]
