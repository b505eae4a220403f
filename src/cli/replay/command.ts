import { codeOf, messageOf } from '../../core/text.ts'
import { Unreadable } from '../../recording/reading.ts'
import type { Values } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { UsageError } from '../options.ts'
import type { CliProcess } from '../process.ts'
import type { replayOptions } from '../replay.ts'
import { printable, printableJson } from '../text.ts'
import { replayFile, type Dated, type Outcome } from './run.ts'
import { comparison, differencesInWords, headingOf, newTimeline } from './telling.ts'

/** `caracal-gate replay FILE`. */
export async function runReplay(
  process: CliProcess,
  { config, format }: Values<typeof replayOptions>,
  file: string,
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
    const outcome = await replayFile(file, otherwise, tell)
    const heading = headingOf(outcome, version)
    if (format === 'text') print(heading)
    if (format === 'text')
      print(otherwise === undefined ? comparison(outcome) : differencesInWords(outcome.differences))
    if (format === 'json') print([printableJson(documentOf(outcome, version))])
    if (format === 'ndjson') process.stderr.write(`${[...heading, ...comparison(outcome)].join('\n')}\n`)
    return exitCodeOf(outcome, otherwise !== undefined)
  } catch (fault) {
    if (fault instanceof Unreadable) {
      process.stderr.write(`cannot replay ${printable(file, 200)}: ${printable(fault.message, 300)}\n`)
      return exitCodes.blindSpot
    }
    if (codeOf(fault) === undefined) throw fault
    throw new UsageError(`${printable(file, 200)} can't be read: ${messageOf(fault)}`)
  }
}

function exitCodeOf({ end, isIdentical, differences }: Outcome, isOtherwise: boolean): number {
  if (end.kind === 'damaged') return exitCodes.blindSpot
  const isSame = isOtherwise ? differences.length === 0 : isIdentical
  return isSame ? exitCodes.proceed : exitCodes.different
}

function rfc3339(at: number): string {
  return new Date(at).toISOString()
}

function documentOf(outcome: Outcome, version: string): object {
  const { header, end, rounds, points, from, to, gaps, isIdentical, digests, firstOther, differences } =
    outcome
  return {
    recording: { ...header, end: end.kind, rounds, points, gaps },
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
