import { inWords } from '../../core/time.ts'
import type { Difference } from '../../recording/differences.ts'
import type { Point } from '../../recording/point.ts'
import { instant, printable } from '../text.ts'
import type { Part } from './parts.ts'
import type { Break, Dated, Outcome, PartOutcome } from './run.ts'

/** The replayed timeline in words: a line for each change of the verdict, of what fires, is latched, and of the rollout. */
export function newTimeline(): (point: Dated) => readonly string[] {
  let last: Point | undefined
  return ({ at, replayed }) => {
    const before = last
    last = replayed
    return changesIn(before, replayed).map((text) => `  ${instant(at)}  ${text}`)
  }
}

function changesIn(before: Point | undefined, after: Point): readonly string[] {
  const [was, is] = [rolloutIn(before), rolloutIn(after)]
  return [
    ...(was === is ? [] : [is]),
    ...members('fires', before?.firing, after.firing),
    ...members('no longer fires', after.firing, before?.firing),
    ...members('is latched', before?.latched, after.latched),
    ...members('is no longer latched', after.latched, before?.latched),
    ...(before?.verdict === after.verdict ? [] : [printable(after.summary, 300)]),
  ]
}

function rolloutIn(point: Point | undefined): string {
  if (point?.rollout === undefined || point.rollout === null) return ''
  return `rollout ${printable(point.rollout, 80)}: ${printable(point.phase ?? '', 20)}`
}

function members(
  what: string,
  before: readonly string[] = [],
  after: readonly string[] = [],
): readonly string[] {
  return after.filter((id) => !before.includes(id)).map((id) => `${printable(id, 80)} ${what}`)
}

/** Rollouts that are under way in any of the parts. */
export function rolloutsOf(parts: readonly Part[]): readonly string[] {
  return [...new Set(parts.flatMap(({ header }) => header.rollouts))]
}

/** What the recording is, and what is to be known of it. */
export function headingOf(outcome: Outcome, version: string): readonly string[] {
  const { parts, rounds, from, to, gaps } = outcome
  const products = [...new Set(parts.map(({ header }) => header.product))]
  const rollouts = rolloutsOf(parts).map((id) => printable(id, 80))
  const files = parts.length === 1 ? '' : ` in ${parts.length} files`
  return [
    `recorded by caracal-gate ${products.map((one) => printable(one, 40)).join(', ')}${rollouts.length === 0 ? '' : `, rollout ${rollouts.join(', ')}`}`,
    rounds === 0
      ? `no rounds${files}`
      : `${instant(from)} to ${instant(to)}: ${inWords(to - from)}, ${rounds} rounds${files}`,
    ...parts.flatMap((part, n) => (parts.length === 1 ? notesOn(part) : partInWords(part, n))),
    ...(products.every((one) => one === version)
      ? []
      : [`replayed by caracal-gate ${version}: rules and words of another version may differ`]),
    ...(gaps.count === 0
      ? []
      : [
          `${gaps.dropped} rounds were not recorded, at ${gaps.count} ${gaps.count === 1 ? 'place' : 'places'}`,
        ]),
  ]
}

function partInWords(part: PartOutcome, n: number): readonly string[] {
  const { file, rounds, from, to, beginsAnew } = part
  const span = rounds === 0 ? 'no rounds' : `${instant(from)} to ${instant(to)}, ${rounds} rounds`
  const follows = n === 0 ? '' : ', follows without a gap'
  const place = beginsAnew === undefined ? follows : `, begins anew: ${breaks[beginsAnew]}`
  return [`  ${printable(file, 200)}: ${span}${place}`, ...notesOn(part).map((note) => `    ${note}`)]
}

const breaks: Readonly<Record<Break, string>> = {
  'earlier-version': 'the version that recorded it did not say what it follows',
  'other-sequence': 'the exporter or its recording was restarted, or it is of another replica',
  'missing-part': 'a part before it is missing',
  cut: 'the part before it ends early',
  damaged: 'the part before it is damaged',
}

function notesOn({ end, begunBefore }: PartOutcome): readonly string[] {
  const ends = {
    whole: [],
    cut: ['it ends early: it was being written, or its process ended; replayed up to there'],
    damaged:
      end.kind === 'damaged' ? [`it is damaged (${printable(end.message, 100)}); replayed up to there`] : [],
  }
  return [
    ...(begunBefore === undefined
      ? []
      : [
          `rollout ${printable(begunBefore.id, 80)} began at ${instant(begunBefore.at)}, before it: what was recorded earlier is not here`,
        ]),
    ...ends[end.kind],
  ]
}

/** Whether the timeline came out again. */
export function comparison({ isIdentical, points, digests, firstOther }: Outcome): readonly string[] {
  if (isIdentical) return [`identical: ${points} points, sha256:${digests.replayed}`]
  return [
    `NOT identical: sha256:${digests.replayed}, recorded sha256:${digests.recorded}`,
    ...(firstOther === undefined
      ? []
      : [
          `first different at ${instant(firstOther.at)}:`,
          `  recorded ${printable(JSON.stringify(firstOther.recorded ?? null), 1_000)}`,
          `  replayed ${printable(JSON.stringify(firstOther.replayed), 1_000)}`,
        ]),
  ]
}

/** Spans that are listed. */
const MOST = 200

/** What the other configuration would have changed. */
export function differencesInWords(all: readonly Difference[]): readonly string[] {
  if (all.length === 0) return ['identical: no verdict, firing or latch would have been different']
  const counts = [...Map.groupBy(all, ({ what }) => what)].map(([what, some]) => {
    const lasted = some.reduce((sum, { from, to }) => sum + to - from, 0)
    return `${what}: ${some.length} ${some.length === 1 ? 'difference' : 'differences'}, ${inWords(lasted)} in all`
  })
  const listed = all.toSorted((a, b) => a.from - b.from).slice(0, MOST)
  const rest = all.length - listed.length
  return [...counts, '', ...listed.map(inOneLine), ...(rest > 0 ? [`  and ${rest} more`] : [])]
}

function inOneLine({ what, id, recorded, replayed, from, to, isOpen }: Difference): string {
  const span = isOpen ? 'until the end' : `for ${inWords(to - from)}`
  const place = `  ${instant(from)}  ${span}: `
  if (what === 'verdict') return `${place}verdict ${replayed} instead of ${recorded}`
  const verb = what === 'firing' ? 'fires' : 'is latched'
  const not = what === 'firing' ? 'does not fire' : 'is not latched'
  return `${place}${printable(id, 80)} ${replayed === 'yes' ? verb : not}`
}
