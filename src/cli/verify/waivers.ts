import type { ExportedLine, Predicate, WaiverReport } from '../../contract/exports.ts'
import type { Wrong } from './wrong.ts'

/** What did not count, against the lines of the ledger: each override has its line, and each line its override. */
export function wrongWaiver(predicate: Predicate): Wrong | undefined {
  const { lacking, notEnforced, ledger, rollout } = predicate
  if (lacking.includes('notEnforced')) return undefined
  const lines = ledger.flat().filter((line) => line.rollout === rollout.id)
  for (const line of lines) {
    const problem = withoutWaiver(line, notEnforced)
    if (problem !== undefined) return { where: 'predicate.notEnforced', problem }
  }
  // What was given before the rollout has its line before those that are exported.
  const first = lines[0]?.at ?? ''
  if (lacking.includes('ledger')) return undefined
  for (const [n, waiver] of notEnforced.entries()) {
    const problem = waiver.mode === 'overridden' ? withoutLine(waiver, lines, first) : undefined
    if (problem !== undefined) return { where: `predicate.notEnforced.${n} (${waiver.subject})`, problem }
  }
  return undefined
}

/** What a line says and no waiver does. */
function withoutWaiver(line: ExportedLine, waivers: readonly WaiverReport[]): string | undefined {
  const { kind, sequence, subject, at, to, actor } = line
  const own = waivers.filter((one) => one.subject === subject)
  const place = `of ${subject}, as line ${sequence} of the ledger`
  if (kind === 'shadow' && to === 'shadow')
    return own.some((one) => one.mode === 'shadow' && one.at <= at)
      ? undefined
      : `do not have the shadow ${place}`
  if (kind !== 'override') return undefined
  const overrides = own.filter(({ mode }) => mode === 'overridden')
  if (to === 'overridden')
    return overrides.some((one) => isBegin(one, line)) ? undefined : `do not have the override ${place}`
  if (actor === null) return overrides.length > 0 ? undefined : `do not have the override ${place}`
  return overrides.some(({ ended }) => ended === at)
    ? undefined
    : `do not have the end of the override ${place}`
}

/** What an override says and no line does. */
function withoutLine(
  waiver: WaiverReport,
  lines: readonly ExportedLine[],
  first: string,
): string | undefined {
  const own = lines.filter(({ kind, subject }) => kind === 'override' && subject === waiver.subject)
  if (waiver.at >= first && !own.some((line) => line.to === 'overridden' && isBegin(waiver, line)))
    return 'has no line of the ledger that begins it'
  return waiver.ended === null || own.some(({ at }) => at === waiver.ended)
    ? undefined
    : 'has no line of the ledger that ends it'
}

/** By who and when: the reason is in the line too, in a text for people, which is not read here. */
function isBegin({ at, actor }: WaiverReport, line: ExportedLine): boolean {
  return at === line.at && actor === line.actor
}
