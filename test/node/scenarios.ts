import { conflict } from './scenarios/conflict.ts'
import { failedRollback } from './scenarios/failed-rollback.ts'
import { grants } from './scenarios/grants.ts'
import { helmTest } from './scenarios/helm-test.ts'
import { installation } from './scenarios/install.ts'
import { latch } from './scenarios/latch.ts'
import { memory } from './scenarios/memory.ts'
import { mirror } from './scenarios/mirror.ts'
import { networkPolicy } from './scenarios/network-policy.ts'
import { oldestHelm } from './scenarios/oldest-helm.ts'
import { restart } from './scenarios/restart.ts'
import { rollout } from './scenarios/rollout.ts'
import type { Stage } from './stage.ts'

/** One thing that is shown on the node; it rejects with what is not so. Later ones build on what earlier ones left. */
export type Scenario = {
  readonly name: string
  /** What is shown, in a sentence. */
  readonly shows: string
  run(stage: Stage): Promise<void>
}

/** In their order: each takes the cluster as the one before has left it. */
const scenarios: readonly Scenario[] = [
  installation,
  helmTest,
  rollout,
  latch,
  restart,
  failedRollback,
  conflict,
  memory,
  mirror,
  grants,
  oldestHelm,
  networkPolicy,
]

/** The scenarios of these names and the first, on which all build; all of them without names. */
export function scenariosNamed(names: readonly string[]): readonly Scenario[] {
  const known = scenarios.map(({ name }) => name)
  for (const name of names)
    if (!known.includes(name)) throw new Error(`no scenario "${name}"; there are ${known.join(', ')}`)
  return names.length === 0
    ? scenarios
    : scenarios.filter(({ name }) => name === installation.name || names.includes(name))
}
