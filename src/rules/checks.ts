import type { FirstAction } from '../core/advice.ts'
import { provenByEvidence, provenElsewhere } from './elsewhere.ts'
import type { Condition } from '../core/finding.ts'
import type { Check, Source } from '../core/gate.ts'
import type { Plot } from '../core/measured.ts'
import type { Millis } from '../core/time.ts'
import type { Options } from './options.ts'

interface Manner {
  readonly nextStep: FirstAction
  readonly failAfter?: Millis
  readonly warmUp?: Millis
  readonly source?: Source
  readonly plot?: Plot
  readonly optional?: true
}

export function check(id: string, condition: Condition, manner: Manner): Check {
  const { nextStep, failAfter = 0, warmUp = 0, source = 'platform', plot, optional } = manner
  return {
    id,
    condition,
    source,
    failAfter,
    warmUp,
    nextStep,
    runbook: id,
    ...(plot && { plot }),
    ...(optional && { optional }),
  }
}

/** A check that takes evidence which a pipeline pushes. */
export function evidence(condition: Condition, id: string, nextStep: FirstAction): Check {
  return check(id, condition, { source: 'evidence', nextStep })
}

/** What can be said of a claim without the source that could prove it. */
export function needsKubernetes({ claims }: Condition): Condition {
  return provenElsewhere(claims, `needs Kubernetes, which is not configured: ${claims}`)
}

/** Checks whose source this installation may not have. */
export function buildersFor({ kubernetes: source, helmSecrets: readable }: Options) {
  function kubernetes(id: string, condition: Condition, manner: Manner): Check {
    return source === 'on'
      ? check(id, condition, { ...manner, source: 'kubernetes' })
      : check(id, needsKubernetes(condition), { source: 'kubernetes', nextStep: manner.nextStep })
  }
  return {
    kubernetes,
    /** For what stands in the Secrets of Helm: where they may not be read, a pipeline that may read them proves it. */
    helmSecrets: (id: string, condition: Condition, manner: Manner): Check =>
      source === 'on' && !readable
        ? evidence(provenByEvidence(id, condition.claims), id, manner.nextStep)
        : kubernetes(id, condition, manner),
  }
}

/** Where it is said which replicas there should be. */
export function replicasFrom({ kubernetes }: Options): 'configuration' | 'cluster' {
  return kubernetes === 'on' ? 'cluster' : 'configuration'
}
