import type { Answer, Demands } from './answer.ts'
import { decide } from './decision.ts'
import { junitReport } from './junit.ts'
import { markdownNote } from './markdown.ts'
import type { ReportedGate } from './document.ts'

export const outputs = ['text', 'json', 'markdown', 'junit'] as const
export type Output = (typeof outputs)[number]

/** Formats for other programs, in which an unknown verdict is written, too. */
export type Note = 'markdown' | 'junit'

/** An answer as a note or a report; `gates` are those to be shown. */
export function rendered(
  form: Note,
  answer: Answer,
  demands: Demands,
  gates: readonly ReportedGate[] = answer.kind === 'valid' ? answer.report.gates : [],
): string {
  const decision = answer.kind === 'valid' ? decide(answer.report, demands) : undefined
  return form === 'markdown' ? markdownNote(answer, decision) : junitReport(answer, decision, gates)
}
