import type { Blocker, Report, ReportedCheck, ReportedGate, ReportedStop } from './document.ts'
import { didYouMean, UsageError } from './options.ts'
import { printable } from './text.ts'

/** Something in a document that has a name. */
export type Named =
  | { readonly kind: 'gate'; readonly ref: string; readonly gate: ReportedGate }
  | { readonly kind: 'check'; readonly ref: string; readonly item: ReportedCheck }
  | { readonly kind: 'stop'; readonly ref: string; readonly item: ReportedStop }
  | { readonly kind: 'blocker'; readonly ref: string; readonly blocker: Blocker }

/** Everything that can be asked about, in the order of the document. */
export function namedIn({ gates, stopConditions, blocking }: Report): readonly Named[] {
  const parts: readonly Named[] = [
    ...gates.flatMap((gate): readonly Named[] => [
      { kind: 'gate', ref: `gates/${gate.id}`, gate },
      ...gate.checks.map((item): Named => ({
        kind: 'check',
        ref: `gates/${gate.id}/checks/${item.id}`,
        item,
      })),
    ]),
    ...stopConditions.map((item): Named => ({ kind: 'stop', ref: `stop-conditions/${item.id}`, item })),
  ]
  const known = new Set(parts.map(({ ref }) => ref))
  const others = blocking.filter(({ ref }) => !known.has(ref))
  return [...parts, ...others.map((blocker): Named => ({ kind: 'blocker', ref: blocker.ref, blocker }))]
}

/** The ways to name it: as `blocking` does, as `wait` does, and by its id alone. */
function namesOf({ ref }: Named): readonly string[] {
  const [, gate, , check] = ref.split('/')
  if (gate === undefined) return [ref]
  return check === undefined ? [ref, gate] : [ref, `${gate}/${check}`, check]
}

/**
 * What is named so; several things when they share an id.
 * @throws UsageError with all valid names when nothing is
 */
export function lookUp(wanted: string, report: Report): readonly Named[] {
  const all = namedIn(report)
  const found = all.filter((one) => namesOf(one).includes(wanted))
  if (found.length > 0) return found
  const ids = all.map((one) => namesOf(one).at(-1) ?? '')
  const refs = all.map(({ ref }) => `\n  ${ref}`).join('')
  throw new UsageError(
    `REF is "${printable(wanted, 80)}"${didYouMean(wanted, [...ids, ...all.map(({ ref }) => ref)])}\nallowed:${refs}`,
  )
}
