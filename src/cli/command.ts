interface Option {
  /** What stands for its value in the help; absent for a switch. */
  readonly value?: string
  readonly short?: string
  readonly says: string
}

export interface Command {
  /** One word, or two: a group and what of it. */
  readonly name: string
  /** The one argument that it needs beside its options, if any; its name is in capitals, unlike an option's. */
  readonly argument?: { readonly name: string; readonly says: string }
  readonly says: string
  readonly more: readonly string[]
  readonly options: Readonly<Record<string, Option>>
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
