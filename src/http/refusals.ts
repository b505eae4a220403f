export const refusedKinds = ['waiters', 'streams', 'connections', 'pipelined', 'unread'] as const
type Kind = (typeof refusedKinds)[number]

/** How many clients were turned away, by the bound that they met. */
export interface Refusals {
  add(kind: Kind): void
  of(kind: Kind): number
}

export function countRefusals(): Refusals {
  const counts = new Map<Kind, number>()
  return {
    add: (kind) => void counts.set(kind, (counts.get(kind) ?? 0) + 1),
    of: (kind) => counts.get(kind) ?? 0,
  }
}
