/** What one check of the doctor came to. */
export const states = ['ok', 'skipped', 'warning', 'failed'] as const
export type State = (typeof states)[number]

/** One thing that was looked at. */
export interface Found {
  /** What was looked at, in a few words: `login`, `event_outbox`, `list pods`. */
  readonly subject: string
  readonly state: State
  /** One sentence. */
  readonly message: string
  /** The lines that fix it, ready to be pasted; a word in angle brackets is for the reader to fill in. */
  readonly fix?: readonly string[]
  /** Reasons that checks of the exporter give when this is why they can't tell. */
  readonly reasons?: readonly string[]
  /** The reasons of an exporter that can't tell, to be explained by what else was found. */
  readonly whyNot?: readonly string[]
}

/** What was found, with the area that it belongs to. */
export interface Finding extends Found {
  readonly area: string
}

export function ok(subject: string, message: string): Found {
  return { subject, state: 'ok', message }
}

/** Not looked at, and why; `fix` is what has it looked at. */
export function skipped(subject: string, message: string, fix: readonly string[] = []): Found {
  return { subject, state: 'skipped', message, fix }
}

/** The exporter sees, and something should be fixed all the same. */
export function warning(
  subject: string,
  message: string,
  fix: readonly string[] = [],
  reasons: readonly string[] = [],
): Found {
  return { subject, state: 'warning', message, fix, reasons }
}

/** It was asked and there was no answer, so nothing is known: never the same as being well. */
export function unknown(subject: string, why: string, reasons: readonly string[] = []): Found {
  return failed(
    subject,
    `unknown, since it could not be asked: ${why}`,
    ['# ask again when that is fixed'],
    reasons,
  )
}

/** The exporter can't see something that it has to judge. */
export function failed(
  subject: string,
  message: string,
  fix: readonly string[] = [],
  reasons: readonly string[] = [],
): Found {
  return { subject, state: 'failed', message, fix, reasons }
}
