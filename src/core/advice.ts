/**
 * What a person does first: a command to paste, the same for every culprit or made for the one that is blamed. It runs
 * in a POSIX shell as it is, changes nothing, and holds no secret.
 */
export type FirstAction = string | ForCulprit
export type ForCulprit = (culprit?: string) => string

/** What a person needs beside a red thing. */
export interface Advice {
  readonly nextStep: FirstAction
  /** Id of its page in the runbook. */
  readonly runbook: string
}

/** The command for the culprit that is blamed; for what can't be asked of one alone, and without one, for all of them. */
export function nextStepFor({ nextStep }: Pick<Advice, 'nextStep'>, culprit: string | undefined): string {
  return typeof nextStep === 'string' ? nextStep : nextStep(culprit)
}
