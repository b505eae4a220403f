import fs from 'node:fs'
import type { Answer, Demands } from './answer.ts'
import { decide } from './decision.ts'
import type { Blocker, Report } from './document.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import { choice } from './options.ts'
import type { CliProcess } from './process.ts'
import { rendered, type Output } from './rendering.ts'
import { printable } from './text.ts'
import { actionOn, runbookOf, titleOf } from './wording.ts'

/** Whose log the messages are for. */
export const format = choice(
  ['text', 'github'],
  'github adds annotations of GitHub Actions, and a note in $GITHUB_STEP_SUMMARY',
)

/** GitHub shows ten annotations of a kind for a step; a person reads fewer. */
const mostCauses = 5

/** What was asked, what came of it, and where. */
export interface Result {
  readonly answer: Answer
  readonly demands: Demands
  readonly code: ExitCode
  /** Address of the exporter, which is that of its page. */
  readonly base: URL
}

/** Annotations beside the result, in the stream that holds no document, and a note where the runner wants one. */
export async function annotate(process: CliProcess, output: Output, result: Result): Promise<void> {
  const stream = output === 'text' ? process.stdout : process.stderr
  stream.write(`${annotationsOf(result).join('\n')}\n`)
  const file = process.env['GITHUB_STEP_SUMMARY']
  if (file === undefined || file === '') return
  try {
    await fs.promises.appendFile(file, `${rendered('markdown', result.answer, result.demands)}\n`)
  } catch {
    process.stderr.write('caracal-gate: the file of GITHUB_STEP_SUMMARY cannot be written\n')
  }
}

/** The verdict, then the root causes, as commands of a workflow. */
export function annotationsOf({ answer, demands, code, base }: Result): readonly string[] {
  const page = `Page: ${base.href}`
  if (answer.kind === 'cannot-tell')
    return [annotation('error', 'Rollout gate: cannot tell', [answer.message, page])]
  const { report } = answer
  const level = code === exitCodes.proceed ? 'notice' : code === exitCodes.hold ? 'warning' : 'error'
  const over = code === exitCodes.timedOut ? ', timed out' : ''
  const verdict = annotation(level, `Rollout gate: ${decide(report, demands)}${over}`, [report.summary, page])
  const causes = report.blocking.filter(({ rootCause }) => rootCause)
  return [verdict, ...causes.slice(0, mostCauses).map((cause) => causeOf(cause, report, level, base))]
}

type Level = 'notice' | 'warning' | 'error'

function causeOf(blocker: Blocker, report: Report, level: Level, base: URL): string {
  const title = titleOf(blocker)
  const action = actionOn(blocker, report)
  const runbook = runbookOf(blocker, report, base)
  return annotation(level, title, [
    `${blocker.ref} is ${blocker.state}${title === blocker.message ? '' : `: ${blocker.message}`}`,
    ...(action === '' ? [] : [`First: ${action}`]),
    ...(runbook === '' ? [] : [`Runbook: ${runbook}`]),
  ])
}

/** As the runner reads it (`command.ts` of @actions/core): each line of the message is escaped into one. */
function annotation(level: Level, title: string, lines: readonly string[]): string {
  const message = lines.map((line) => printable(line, 2_000)).join('\n')
  const named = printable(title, 120) || 'Rollout gate'
  return `::${level} title=${escapedProperty(named)}::${escaped(message)}`
}

function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapedProperty(text: string): string {
  return escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

/** Text in which a runner finds no command: it takes lines that begin with `::`, and `##[` anywhere. */
export function inert(text: string): string {
  return text.replaceAll(/^(\s*):(?=:)/gm, '$1: ').replaceAll('##[', '## [')
}
