import type { Observation } from '../core/observation.ts'
import { targetOf, type Piece } from '../core/pushed.ts'
import type { Life, Rollout } from '../core/rollout.ts'
import { mergeLives } from './lives.ts'
import type { Memory } from './memory.ts'

/** What version 0.1.0 remembered: it did not say which rollouts there had been, nor which life evidence is about. */
export type FirstMemory = Omit<Memory, 'begun'>

/** A memory of version 0.1.0: all of it stands but evidence that says pass, since its subject is unknown. */
export function fromFirstForm(memory: FirstMemory): Memory {
  const { rollout, history, ledger, evidence } = memory
  const past = [...history.map((record) => record.rollout), ...(rollout === undefined ? [] : [rollout])]
  const told = ledger.flatMap(({ kind, subject: id, at: startedAt }): Life[] =>
    kind === 'rollout-begun' ? [{ id, startedAt }] : [],
  )
  const lives = past.map(({ id, startedAt }): Life => ({ id, startedAt }))
  return { ...memory, begun: mergeLives(told, lives), evidence: failing(evidence, rollout) }
}

/** What says fail is taken to be about the rollout that it names, or else about the one that is remembered. */
function failing(held: readonly Observation[], rollout: Rollout | undefined): readonly Observation[] {
  return held.flatMap((one): Observation[] => {
    const { check, digest, rollout: named = rollout?.id } = one.target.labels
    if (check === undefined || !one.outcome.ok || one.outcome.readings.some(({ value }) => value === 1))
      return []
    const piece: Piece = {
      check,
      outcome: 'fail',
      issued: one.at,
      since: one.at,
      ...(digest !== undefined && { digest }),
      ...(named !== undefined && { rollout: named }),
      ...(named !== undefined && named === rollout?.id && { life: rollout.startedAt }),
    }
    return [{ ...one, target: targetOf(piece) }]
  })
}
