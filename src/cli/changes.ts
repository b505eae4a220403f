import type { Report } from './document.ts'
import { printable } from './text.ts'
import { expiredInWords, waiversInWords } from './waivers.ts'

/** Lines that one answer may bring; the rest is counted. */
const longestList = 40

interface Place {
  readonly state: string
  readonly message: string
}

/** What is worth a line: at first each state that is not good, from then on each change of a state. */
export function changesBetween(before: Report | undefined, after: Report): readonly string[] {
  const was = before === undefined ? undefined : placesOf(before)
  const lines = [...placesOf(after)].flatMap(([ref, { state, message }]) => {
    const old = was?.get(ref)?.state
    if (was === undefined) return isWell(state) ? [] : [`${ref} is ${state}: ${message}`]
    if (old === state) return []
    const from = old === undefined ? '' : `${old} -> `
    return [`${ref} ${from}${state}${isWell(state) ? '' : `: ${message}`}`]
  })
  const gone = [...(was?.keys() ?? [])]
    .filter((ref) => !placesOf(after).has(ref))
    .map((ref) => `${ref} is gone`)
  const all = [
    ...verdictLine(before, after),
    ...rolloutLine(before, after),
    ...waiverLines(before, after),
    ...lines,
    ...gone,
  ]
  return all.length <= longestList
    ? all
    : [...all.slice(0, longestList), `and ${all.length - longestList} more`]
}

function verdictLine(before: Report | undefined, after: Report): readonly string[] {
  if (before?.verdict === after.verdict) return []
  return [before === undefined ? after.summary : `${before.verdict} -> ${after.verdict}: ${after.summary}`]
}

function rolloutLine(before: Report | undefined, { rollout }: Report): readonly string[] {
  const same = before?.rollout.id === rollout.id && before.rollout.phase === rollout.phase
  if (same || (before === undefined && rollout.id === null)) return []
  return [rollout.id === null ? 'no rollout' : `rollout ${printable(rollout.id)} is ${rollout.phase}`]
}

/** What does not count: at first, and whenever it is something else. */
function waiverLines(before: Report | undefined, after: Report): readonly string[] {
  const isSame = before === undefined ? refsOf(after) === '' : refsOf(before) === refsOf(after)
  if (isSame) return []
  const lines = [waiversInWords(after), expiredInWords(after)].filter((text) => text !== '')
  return lines.length === 0 ? ['everything is enforced again'] : lines
}

function refsOf({ notEnforced, expiredShadows }: Report): string {
  const waived = (notEnforced ?? []).map(({ ref, mode, until }) => `${ref} ${mode} ${until}`)
  return [...waived, ...(expiredShadows ?? []).map(({ ref }) => ref)].join('\n')
}

function placesOf({ gates, stopConditions }: Report): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>()
  for (const gate of gates)
    for (const { id, state, message } of gate.checks) places.set(`${gate.id}/${id}`, { state, message })
  for (const { id, state, message, latch } of stopConditions) {
    const latched = latch === null ? '' : latch.acknowledged === null ? ', latched' : ', acknowledged'
    places.set(id, { state: `${state}${latched}`, message: latch?.message ?? message })
  }
  return places
}

function isWell(state: string): boolean {
  return state === 'pass' || state === 'clear' || state === 'skipped'
}
