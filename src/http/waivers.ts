import type { Gate, GateStatus } from '../core/gate.ts'
import type { Rules, Snapshot } from '../core/snapshot.ts'
import { modeOf, type Mode } from '../core/waiver.ts'
import type { ExpiredShadow, NotEnforced } from '../contract/modes.ts'
import { clip, rfc3339, timeOrNull } from './forms.ts'

/** What does not count, as the document lists it. */

type Waived = Pick<GateStatus, 'id' | 'waived'>
type Named = readonly [ref: string, status: Waived]

/** How an item counts. */
export function modeForm(status: Partial<Waived> | undefined): {
  readonly mode: Mode
  readonly modeUntil: string | null
} {
  return { mode: modeOf(status), modeUntil: timeOrNull(status?.waived?.until) }
}

/** Whether the verdict needs the gate: also one that is waived, while the rollout itself asks something of it. */
export function isRequired(gate: Gate, { gates, checks }: Snapshot): boolean {
  const status = gates.get(gate.id)
  if (status?.waived === undefined) return status?.state !== 'skipped'
  return gate.checks.some(({ id, notAsked }) => notAsked !== undefined && checks.get(id)?.state !== 'skipped')
}

/** What is waived by itself, in the order of the tables. */
export function notEnforcedIn(snapshot: Snapshot, rules: Rules): readonly NotEnforced[] {
  return namedIn(snapshot, rules).flatMap(([ref, { id, waived }]): readonly NotEnforced[] => {
    if (waived?.of !== id) return []
    const { mode, until, would } = waived
    const override = mode === 'overridden' ? snapshot.overrides?.get(id) : undefined
    return [
      {
        ref,
        mode,
        until: rfc3339(until),
        would: would?.verdict ?? null,
        wouldSince: timeOrNull(would?.since),
        actor: override === undefined ? null : clip(override.actor),
        reason: override === undefined ? null : clip(override.reason),
        since: timeOrNull(override?.at),
        latched: override?.latched ?? false,
        rollout: override?.rollout === undefined ? null : clip(override.rollout),
      },
    ]
  })
}

/** What the configuration has in shadow still although that is over. */
export function expiredShadowsIn(snapshot: Snapshot, rules: Rules): readonly ExpiredShadow[] {
  return namedIn(snapshot, rules).flatMap(([ref, { id }]): readonly ExpiredShadow[] => {
    const until = rules.shadows?.get(id)
    return until === undefined || snapshot.at < until ? [] : [{ ref, until: rfc3339(until) }]
  })
}

function namedIn({ gates, checks, stops }: Snapshot, rules: Rules): readonly Named[] {
  const named = (ref: string, status: Waived | undefined): readonly Named[] =>
    status === undefined ? [] : [[ref, status]]
  return [
    ...rules.gates.flatMap((gate) => [
      ...named(`gates/${gate.id}`, gates.get(gate.id)),
      ...gate.checks.flatMap(({ id }) => named(`gates/${gate.id}/checks/${id}`, checks.get(id))),
    ]),
    ...rules.stops.flatMap(({ id }) => named(`stop-conditions/${id}`, stops.get(id))),
  ]
}
