import type { Values } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import type { CliProcess } from '../process.ts'
import type { replayOptions } from '../replay.ts'
import { printable, printableJson } from '../text.ts'
import { partsOf, UnreadableFile } from './parts.ts'
import type { End } from './recorded-lines.ts'
import { replayParts, type Dated, type Outcome, type PartOutcome } from './run.ts'
import { comparison, differencesInWords, headingOf, newTimeline, rolloutsOf } from './telling.ts'

/** `caracal-gate replay FILE...`. */
export async function runReplay(
  process: CliProcess,
  { config, format }: Values<typeof replayOptions>,
  paths: readonly string[],
): Promise<number> {
  // What reads a configuration is loaded only for one.
  const other = config === undefined ? undefined : await import('./other-rules.ts')
  const otherwise = await other?.otherRules(config ?? '', process.env)
  const version = await process.version()
  const print = (lines: readonly string[]): void => {
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`)
  }
  const timeline = newTimeline()
  const tell = (point: Dated): void => {
    if (format === 'text' && otherwise === undefined) print(timeline(point))
    if (format === 'ndjson') print([printableJson({ ...point, at: rfc3339(point.at) }, 0)])
  }
  try {
    const outcome = await replayParts(await partsOf(paths), otherwise, tell)
    const heading = headingOf(outcome, version)
    if (format === 'text') print(heading)
    if (format === 'text')
      print(otherwise === undefined ? comparison(outcome) : differencesInWords(outcome.differences))
    if (format === 'json') print([printableJson(documentOf(outcome, version))])
    if (format === 'ndjson') process.stderr.write(`${[...heading, ...comparison(outcome)].join('\n')}\n`)
    return exitCodeOf(outcome, otherwise !== undefined)
  } catch (fault) {
    if (!(fault instanceof UnreadableFile)) throw fault
    process.stderr.write(`cannot replay ${printable(fault.file, 200)}: ${printable(fault.message, 300)}\n`)
    return exitCodes.blindSpot
  }
}

function exitCodeOf({ parts, isIdentical, differences }: Outcome, isOtherwise: boolean): number {
  if (endOf(parts) === 'damaged') return exitCodes.blindSpot
  const isSame = isOtherwise ? differences.length === 0 : isIdentical
  return isSame ? exitCodes.proceed : exitCodes.different
}

function rfc3339(at: number): string {
  return new Date(at).toISOString()
}

/** The worst end of any part. */
function endOf(parts: readonly PartOutcome[]): End['kind'] {
  const kinds = new Set(parts.map(({ end }) => end.kind))
  return (['damaged', 'cut'] as const).find((kind) => kinds.has(kind)) ?? 'whole'
}

function documentOf(outcome: Outcome, version: string): object {
  const { parts, rounds, points, from, to, gaps, isIdentical, digests, firstOther, differences } = outcome
  return {
    recording: {
      ...parts[0]?.header,
      rollouts: rolloutsOf(parts),
      end: endOf(parts),
      rounds,
      points,
      gaps,
      parts: parts.map(partOf),
    },
    replayedBy: version,
    from: rfc3339(from),
    to: rfc3339(to),
    identical: isIdentical,
    digests,
    firstDifferent: firstOther === undefined ? null : { ...firstOther, at: rfc3339(firstOther.at) },
    differences: differences.map(({ from: since, to: until, isOpen, ...one }) => ({
      ...one,
      from: rfc3339(since),
      to: rfc3339(until),
      seconds: Math.round(until - since) / 1_000,
      untilEnd: isOpen,
    })),
  }
}

function partOf({ file, header, end, rounds, from, to, beginsAnew, begunBefore }: PartOutcome): object {
  return {
    file,
    sequence: header.sequence ?? null,
    part: header.part ?? null,
    rounds,
    from: rounds === 0 ? null : rfc3339(from),
    to: rounds === 0 ? null : rfc3339(to),
    end: end.kind,
    beginsAnew: beginsAnew ?? null,
    begunBefore: begunBefore === undefined ? null : { ...begunBefore, at: rfc3339(begunBefore.at) },
  }
}
