import type { ExitCode } from './exit-codes.ts'

/** What stands in the place of a value, for the completion in a shell. */
export type Completes = 'gates' | 'stops' | 'rollouts' | 'refs' | 'checks'

export interface Option {
  /**
   * What stands for its value in the help; absent for a switch. Words with bars between them are all there are;
   * `FILE` and `DIR` are paths.
   */
  readonly value?: string
  readonly short?: string
  readonly says: string
  /** What the exporter can be asked for, so that nobody has to type it. */
  readonly completes?: Completes
}

export interface Argument {
  /** In capitals, unlike an option's; or all words there are, with bars between them. */
  readonly name: string
  readonly says: string
  readonly completes?: Completes
}

/** Who needs a command, in the order of the help. */
export const areas = {
  ask: 'Ask, and change nothing',
  tell: 'Tell the exporter something (needs a token)',
  run: 'Run the exporter',
  shell: 'Find your way',
} as const

export interface Command {
  /** One word, or two: a group and what of it. */
  readonly name: string
  readonly area: keyof typeof areas
  /** The one argument that it takes beside its options, if any. */
  readonly argument?: Argument
  readonly says: string
  /** Lines that the help fills anew; an empty one begins a paragraph. */
  readonly more: readonly string[]
  readonly options: Readonly<Record<string, Option>>
  /** Codes that it ends with beside those that every command has: 1, 2, 130 and 143. */
  readonly exits: readonly ExitCode[]
  readonly examples: readonly (readonly [command: string, says: string])[]
}

export const defaultUrl = 'http://127.0.0.1:9465'

/** What every command has. */
export const help: Option = { short: 'h', says: 'show this help' }

/** What every command has that speaks with an exporter. */
export const connection = {
  url: { value: 'URL', says: `address of the exporter; or CARACAL_GATE_URL (default ${defaultUrl})` },
  'token-file': { value: 'FILE', says: 'bearer token, read anew for each request; or CARACAL_GATE_TOKEN' },
  'ca-file': {
    value: 'FILE',
    says: 'PEM certificate authorities to trust for https, instead of the system’s',
  },
} satisfies Command['options']

/** What must arrive, as `begin` declares it and every question may demand it. */
export const expectedOptions = {
  image: {
    value: 'SUBJECT=REF',
    says: 'image that every replica must run; SUBJECT is a component or component/container; may be given again',
  },
  digest: {
    value: 'SUBJECT=DIGEST',
    says: 'its digest; given again for one subject, any will do',
  },
  revision: { value: 'NUMBER', says: 'revision of the Helm release' },
  chart: { value: 'TEXT', says: 'chart with its version, e.g. caracal-1.9.1' },
  'app-version': { value: 'TEXT', says: 'application version of the chart' },
} satisfies Command['options']

/** The words that a value or an argument is one of; none when it may be anything. */
export function closedWords(shown: string | undefined): readonly string[] {
  return shown?.includes('|') === true ? shown.split('|') : []
}
