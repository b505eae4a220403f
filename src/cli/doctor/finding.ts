import type { Unavailable } from '../../core/observation.ts'
import { reasons as table, remedyOf } from '../../probes/index.ts'

/** What one check of the doctor came to. */
export const states = ['ok', 'skipped', 'warning', 'failed'] as const
export type State = (typeof states)[number]

/** What was found of one subject. */
export interface Found {
  /** What was checked, in a few words: `login`, `event_outbox`, `list pods`. */
  readonly subject: string
  readonly state: State
  /** One sentence. */
  readonly message: string
  /** The lines that fix it, ready to be pasted; a word in angle brackets is for the reader to fill in. */
  readonly fix?: readonly string[]
  /** Reason codes of checks of the exporter that this explains. */
  readonly reasons?: readonly string[]
  /** Reason codes of an exporter that can't tell, which other findings may explain. */
  readonly whyNot?: readonly string[]
  /** Subjects that the exporter blames: targets, components and replicas. */
  readonly blames?: readonly string[]
}

/** What was found, with the area that it belongs to. */
export interface Finding extends Found {
  readonly area: string
}

export function ok(subject: string, message: string): Found {
  return { subject, state: 'ok', message }
}

/** Not checked, and why; `fix` is what has it checked. */
export function skipped(subject: string, message: string, ...fix: readonly string[]): Found {
  return { subject, state: 'skipped', message, fix }
}

/** The exporter can measure, and something should be fixed all the same. */
export function warning(
  subject: string,
  message: string,
  fix: readonly string[] = [],
  reasons: readonly string[] = [],
): Found {
  return { subject, state: 'warning', message, fix, reasons }
}

/** The exporter can't measure something that it has to judge. */
export function failed(
  subject: string,
  message: string,
  fix: readonly string[] = [],
  reasons: readonly string[] = [],
): Found {
  return { subject, state: 'failed', message, fix, reasons }
}

/** It was asked and gave no answer, so nothing is known: never the same as being well. */
export function unknown(subject: string, why: string, reasons: readonly string[] = []): Found {
  const fix = ['# ask again when that is fixed']
  return failed(subject, `unknown, since it could not be asked: ${why}`, fix, reasons)
}

/** Facts of the installation that lines of the table name in braces. */
type Facts = Readonly<Record<string, string>>

/** Failed for a reason of the table, which gives the lines that fix it and, unless it is said better, the message. */
export function failedBy(reason: string, subject: string, facts: Facts = {}, message?: string): Found {
  return failed(subject, message ?? table[reason]?.[0] ?? reason, remedyOf(reason, facts), [reason])
}

/** Why a probe or a connection can't ask, with the lines of the table. */
export function unasked(subject: string, { reason, message }: Unavailable, facts: Facts = {}): Found {
  return failedBy(reason, subject, facts, message)
}
