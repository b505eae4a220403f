import { nextStepFor, type FirstAction } from '../../src/core/advice.ts'
import { components } from '../../src/core/replica.ts'
import { causeActions } from '../../src/rules/actions.ts'
import { gates } from '../../src/rules/gates.ts'
import type { Options } from '../../src/rules/options.ts'
import { deadLetterStreams, platformStreams } from '../../src/rules/platform.ts'
import { stops } from '../../src/rules/stops.ts'

export interface Step {
  readonly id: string
  readonly culprit: string | undefined
  readonly command: string
}

/** Every first action of this installation by the id of its check, stop condition or cause. */
export function firstActions(options: Options): ReadonlyMap<string, FirstAction> {
  const items = [...gates(options).flatMap(({ checks }) => checks), ...stops(options)]
  return new Map([
    ...items.map(({ id, nextStep }) => [id, nextStep] as const),
    ...Object.entries<FirstAction>(causeActions(options)),
  ])
}

/** Names of what can be blamed, as conditions give them; `pods` are replicas by `component/name`. */
export function culpritsWith(pods: readonly string[]): readonly (string | undefined)[] {
  const streams = platformStreams.flatMap(({ name, groups }) => [
    name,
    ...groups.flatMap((group) => [`${name}/${group.name}`, `${name}/${group.name}/pending`]),
  ])
  return [
    undefined,
    ...components,
    ...pods,
    'sts/3 replicas',
    ...streams,
    ...deadLetterStreams,
    'api/dead',
    'coordinator/dead',
    'api/pending',
    'coordinator/pending',
    'eviction',
    'persistence',
    'writes',
    'caracal-runtime',
    'migrate',
    'auth-migrate/3d0c-uid',
    'new pods',
    'release',
    'redis',
    'postgres',
  ]
}

/** Every command that this installation can show, each once. */
export function stepsOf(options: Options, pods: readonly string[]): readonly Step[] {
  const steps = [...firstActions(options)].flatMap(([id, nextStep]) =>
    culpritsWith(pods).map((culprit): Step => ({ id, culprit, command: nextStepFor({ nextStep }, culprit) })),
  )
  return [...new Map(steps.toReversed().map((step) => [step.command, step])).values()]
}
