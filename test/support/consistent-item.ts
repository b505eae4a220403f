import type { Threshold } from '../../src/contract/fields.ts'
import type { CheckReport, Culprit, Item, StopConditionReport } from '../../src/contract/items.ts'

/** What a check or stop condition of a document says against itself. */

type Finding = Pick<Culprit, 'answer' | 'observed' | 'threshold'>

export function at(place: string, found: readonly string[]): readonly string[] {
  return found.map((text) => `${place}: ${text}`)
}

/** The text when it is so; for lists of what must not be. */
export function when(isSo: boolean, text: string): readonly string[] {
  return isSo ? [text] : []
}

export function isLatched({ state, latch, mode }: StopConditionReport): boolean {
  return mode === 'enforce' && state !== 'skipped' && latch !== null && latch.acknowledged === null
}

export function forbids(stop: StopConditionReport): boolean {
  return (stop.mode === 'enforce' && stop.state === 'firing') || isLatched(stop)
}

function isWell({ state }: { readonly state: string }): boolean {
  return state === 'pass' || state === 'clear' || state === 'skipped'
}

/** Whether it needs nothing, or does not count. */
export function mayPass(item: { readonly state: string; readonly mode: string }): boolean {
  return item.mode !== 'enforce' || isWell(item)
}

export function ofItem(item: Item & { readonly state: string }): readonly string[] {
  const { state, culprits, culpritCount, observed, threshold, unknownReason } = item
  const [first] = culprits
  const isTold =
    first === undefined ||
    (['reason', 'message', 'target'] as const).every((part) => first[part] === item[part])
  return [
    ...ofFinding({
      answer: first?.answer ?? (unknownReason === null ? 'near' : 'unknown'),
      observed,
      threshold,
    }),
    ...culprits.flatMap((culprit) => at(culprit.key, ofFinding(culprit))),
    ...when(isWell(item) && culpritCount > 0, `${state}, and ${culpritCount} are to blame`),
    ...when(!isWell(item) && first === undefined, `${state}, and nobody is to blame`),
    ...when(culpritCount < culprits.length, `${culpritCount} culprits, and ${culprits.length} are named`),
    ...when(!isTold, `"${item.message}" beside the culprit ${first?.key}: "${first?.message}"`),
    ...when(
      first !== undefined && !(isSame(first.observed, observed) && isSame(first.threshold, threshold)),
      `${shown(observed, threshold)} beside the culprit's ${shown(first?.observed, first?.threshold)}`,
    ),
    ...when(
      first !== undefined && (first.answer === 'unknown') !== (unknownReason !== null),
      `unknown for ${unknownReason}, and ${first?.key} is ${first?.answer}`,
    ),
  ]
}

/** Whether what was observed, its limit and what was made of it go together. */
function ofFinding({ answer, observed, threshold }: Finding): readonly string[] {
  if (threshold !== null && observed === null) return ['a limit without an observed value']
  if (answer === 'unknown') return when(observed !== null, 'an observed value of what is unknown')
  if (observed === null || threshold === null) return []
  return [
    ...when(observed.unit !== threshold.unit, `${shown(observed, threshold)}: two units`),
    ...when(
      (answer === 'unmet') === isWithin(observed.value, threshold),
      `${answer}: ${shown(observed, threshold)}`,
    ),
    ...when(
      answer === 'met' && threshold.clear !== null && observed.value > threshold.clear,
      `met above ${threshold.clear}: ${shown(observed, threshold)}`,
    ),
  ]
}

function isWithin(value: number, threshold: Threshold): boolean {
  switch (threshold.op) {
    case '<=':
      return value <= threshold.value
    case '>=':
      return value >= threshold.value
    case '==':
      return value === threshold.value
  }
}

export function shown(
  observed: Culprit['observed'] | undefined,
  threshold: Culprit['threshold'] | undefined,
): string {
  const seen = observed ? `${observed.value} ${observed.unit}` : 'no value'
  return threshold ? `${seen}, limit ${threshold.op} ${threshold.value} ${threshold.unit}` : seen
}

export function isSame(a: object | null, b: object | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

export function ofCheck({ state, culprits: [first] }: CheckReport): readonly string[] {
  const answer = first?.answer
  const isBreach = answer === 'unmet' || answer === 'near'
  return [
    ...when(
      (state === 'fail' || state === 'pending') && !isBreach,
      `${state} by a finding that is ${answer}`,
    ),
    ...when(state === 'unknown' && answer !== 'unknown', `unknown by a finding that is ${answer}`),
  ]
}

export function ofStop(stop: StopConditionReport): readonly string[] {
  const { state, kind, latch, flags, culprits, overSince, clearsAt } = stop
  const answer = culprits[0]?.answer
  const isBreach = answer === 'unmet' || answer === 'near'
  const isOver = overSince !== null
  const isCounted = stop.countedSince !== null && state === 'firing' && answer === 'unmet'
  return [
    ...when(isOver !== (clearsAt !== null), 'over without a time at which it is clear'),
    ...when(isOver && state !== 'firing', `over and ${state}`),
    ...when((stop.mode === 'enforce') !== (stop.modeUntil === null), `${stop.mode} until ${stop.modeUntil}`),
    ...when(state === 'firing' && isOver !== (answer === 'met'), `firing by a finding that is ${answer}`),
    ...when(
      state === 'pending' && kind !== 'cannot-prove' && !isBreach,
      `pending by a finding that is ${answer}`,
    ),
    ...when(state === 'unknown' && answer !== 'unknown', `unknown by a finding that is ${answer}`),
    ...when(isCounted && stop.lastEventAt === null, 'events are counted, and none ever came'),
    ...when(
      isCounted && stop.lastEventAt !== null && stop.lastEventAt < (stop.countedSince ?? ''),
      `the newest event came at ${stop.lastEventAt}, before the count began at ${stop.countedSince}`,
    ),
    ...when((latch?.at ?? null) !== stop.latchedAt, 'latched at two times'),
    ...when(stop.acknowledged !== (latch !== null && latch.acknowledged !== null), 'acknowledged and not'),
    ...when(stop.preexisting !== (latch?.preexisting ?? false), 'preexisting and not'),
    ...when(
      flags.includes('latched') !== (latch !== null && !stop.acknowledged),
      'its flags say otherwise of the latch',
    ),
    ...when(
      flags.includes('acknowledged') !== stop.acknowledged,
      'its flags say otherwise of the acknowledgement',
    ),
    ...when(
      stop.speaksForRollback && (!forbids(stop) || stop.preexisting),
      'speaks for rollback, and does not forbid',
    ),
  ]
}
