import type { GateStatus } from '../core/gate.ts'
import { isActive } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { inWords } from '../core/time.ts'
import type { Waiver } from '../core/waiver.ts'
import type { Event, Ledger } from './ledger.ts'
import { isTold } from './merge-ledger.ts'

/** That something has come into shadow by a new configuration, or counts again; what is new at a start is no change. */
export function shadowChanges(ledger: Ledger, before: Snapshot, after: Snapshot): readonly Event[] {
  const { at, rollout } = after
  const about = isActive(rollout) ? { rollout: rollout.id } : {}
  return (['gate', 'check', 'stop-condition'] as const).flatMap((kind): readonly Event[] => {
    const [known, now] = [ofKind(before, kind), ofKind(after, kind)]
    return [...now].flatMap(([id, status]): readonly Event[] => {
      const earlier = known.get(id)
      const [was, is] = [shadowOf(earlier), shadowOf(status)]
      if (earlier === undefined || (was === undefined) === (is === undefined)) return []
      const isOver = is === undefined
      // It is in shadow still, behind what a person said.
      if ((status.waived ?? earlier.waived)?.mode === 'overridden') return []
      const message = isOver
        ? 'it is enforced again: its shadow is over'
        : `it is in shadow for ${inWords(is.until - at)}`
      const [from, to] = isOver ? ['shadow', 'enforce'] : ['enforce', 'shadow']
      const line: Event = { at, kind: 'shadow', subject: `${kind}/${id}`, message, from, to, ...about }
      return isTold(ledger, line) ? [] : [line]
    })
  })
}

type Item = Pick<GateStatus, 'id' | 'waived'>
type Kind = 'gate' | 'check' | 'stop-condition'

function ofKind({ gates, checks, stops }: Snapshot, kind: Kind): ReadonlyMap<string, Item> {
  return kind === 'gate' ? gates : kind === 'check' ? checks : stops
}

function shadowOf(status: Item | undefined): Waiver | undefined {
  const { waived } = status ?? {}
  return waived?.mode === 'shadow' && waived.of === status?.id ? waived : undefined
}
