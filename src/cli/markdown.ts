import type { Answer, Valid } from './answer.ts'
import type { Decision } from './decision.ts'
import { clockTime, printable } from './text.ts'
import { itemOf, moment, sinceWhen, steadiness, isSaidBy } from './wording.ts'

/** Bytes of a note: what deployment protection rules take is less than 1,024 characters. */
const noteLimit = 1_023
/** Bytes of a command, which is shown whole or not at all. */
const longestCommand = 400

interface Line {
  readonly text: string
  /** Lines of a lower rank are there first, if not all of them fit. */
  readonly rank: number
}

/**
 * The answer as a note for a release ticket: verdict, root cause, culprit, since when, what to do first. It is always
 * shorter than 1,024 bytes. Foreign text is in code spans, in which nothing is a link, an image,
 * HTML, a mention or a reference.
 */
export function markdownNote(answer: Answer, decision: Decision | undefined): string {
  if (answer.kind === 'cannot-tell' || decision === undefined) {
    const why = answer.kind === 'cannot-tell' ? answer.message : ''
    return `**CANNOT TELL** ${code(why, 700)}\n\nNothing is known about the rollout: do not go on.\n`
  }
  const [first, ...lines] = fitting([
    { text: `**${decision.toUpperCase()}** ${code(answer.report.summary, 240)}`, rank: 0 },
    ...causeLines(answer),
    ...contextLines(answer),
  ])
  return `${[first, ...(lines.length === 0 ? [] : ['']), ...lines].join('\n')}\n`
}

function causeLines({ report }: Valid): readonly Line[] {
  const [blocker, ...others] = report.blocking
  if (blocker === undefined) return []
  const { ref, state, message } = blocker
  const item = itemOf(ref, report)
  const since = item === undefined ? '' : sinceWhen(state, item, report)
  const culprit = item?.culprits[0]
  const more = item === undefined || item.culpritCount < 2 ? '' : `, and ${item.culpritCount - 1} more`
  const said =
    culprit === undefined || (item !== undefined && isSaidBy(blocker, item, culprit.message))
      ? ''
      : `: ${code(culprit.message, 120)}`
  const named = code(ref, 120)
  return [
    { text: `- Root cause: ${named} ${code(state, 20)}${since}: ${code(message, 200)}`, rank: 1 },
    ...(culprit === undefined
      ? []
      : [{ text: `- Culprit: ${code(culprit.key, 100)}${more}${said}`, rank: 3 }]),
    // A command that is cut is another command.
    ...(item === undefined || !isWhole(item.nextStep)
      ? []
      : [{ text: `- First action: ${code(item.nextStep, longestCommand)}`, rank: 2 }]),
    ...(item === undefined ? [] : runbook(item.runbookUrl)),
    ...(others.length === 0 ? [] : [{ text: `- Also blocking: ${others.length} more`, rank: 6 }]),
  ]
}

/** Whether a command fits into a note as it is: not cut already, not too long, and without what ends a code span. */
function isWhole(command: string): boolean {
  return command !== '' && !/…$|`/.test(command) && Buffer.byteLength(command) <= longestCommand
}

/** Only an address without anything that Markdown could read in it becomes a link. */
function runbook(url: string): readonly Line[] {
  const isPlain = /^https?:\/\/[\w.-]+(:\d+)?(\/[\w./-]*)?(#[\w-]+)?$/.test(url)
  return isPlain ? [{ text: `- [Runbook](${url})`, rank: 5 }] : []
}

function contextLines({ report }: Valid): readonly Line[] {
  const { release, rollout, verdictSince, evaluatedAt } = report
  const about =
    rollout.id === null ? 'no rollout' : `rollout ${code(rollout.id, 80)}, ${code(rollout.phase, 20)}`
  const named = code(`${release.namespace}/${release.name}`, 80)
  const times = `since ${moment(verdictSince, report)}, ${steadiness(report)}`
  return [
    { text: `- Release ${named}, ${about}`, rank: 4 },
    { text: `- Verdict ${times}, evaluated at ${clockTime(new Date(evaluatedAt))}`, rank: 4 },
  ]
}

/** As many of the lines as fit, the important ones first, in their order. */
function fitting(lines: readonly Line[]): readonly string[] {
  const chosen = new Set<Line>()
  // The empty line after the first.
  let left = noteLimit - 1
  for (const line of lines.toSorted((a, b) => a.rank - b.rank)) {
    const bytes = Buffer.byteLength(line.text) + 1
    if (bytes > left) continue
    chosen.add(line)
    left -= bytes
  }
  return lines.filter((line) => chosen.has(line)).map(({ text }) => text)
}

/** Text that came from elsewhere, of at most so many bytes. */
function code(text: string, limit: number): string {
  const line = clipped(printable(text.replaceAll('`', "'"), limit), limit)
  return line === '' ? '`-`' : `\`${line}\``
}

function clipped(text: string, limit: number): string {
  if (Buffer.byteLength(text) <= limit) return text
  let kept = ''
  let left = limit - Buffer.byteLength('…')
  for (const character of text) {
    left -= Buffer.byteLength(character)
    if (left < 0) break
    kept += character
  }
  return `${kept}…`
}
