import type { ExitCode } from './exit-codes.ts'
import type { CliProcess } from './process.ts'

/** What the completion in a shell offers for a value. */
export type Completes = 'gates' | 'stops' | 'items' | 'rollouts' | 'refs' | 'checks' | 'file' | 'directory'

/** An option, or the argument of a command: `src/cli/options.ts` has one function for each kind. */
export interface Option<Value = unknown> {
  /** The name of its value in the help, in capitals; absent for a switch. */
  readonly value?: string
  /** All values there are. */
  readonly words?: readonly string[]
  readonly short?: string
  readonly says: string
  /** The help of `--no-…`, for a switch that has it. */
  readonly off?: string
  readonly completes?: Completes
  readonly isNeeded?: true
  /** Set for an argument that may be given more than once. */
  readonly isSeveral?: true
  /**
   * The value of the texts that were given, in their order; a switch gives its own name for each time.
   * @param name as a person writes it, such as `--steady` or `ID`
   * @throws UsageError
   */
  readonly read: (texts: readonly string[], name: string) => Value
}

/** By their names in the code: `maxAge` is `--max-age`. */
export type Options = Readonly<Record<string, Option>>

/** What a command gets of its options. */
export type Values<Declared extends Options> = {
  readonly [Key in keyof Declared]: Declared[Key] extends Option<infer Value> ? Value : never
}

/** The options in the order in which they were given, by their names on the command line without dashes. */
export type Given = readonly (readonly [option: string, text: string])[]

/** Who needs a command, in the order of the help. */
export const areas = {
  ask: 'Ask, and change nothing:',
  tell: 'Tell the exporter something (needs a token):',
  run: 'Run the exporter:',
  shell: 'Find your way:',
} as const

/** A command, whole: help, completion, parser and the pages of the documentation are made from this. */
export interface Command<Declared extends Options = Options, Argument = unknown> {
  /** One word, or two: a group and a command of it. */
  readonly name: string
  readonly area: keyof typeof areas
  readonly says: string
  /** Paragraphs of the help. */
  readonly more: readonly string[]
  /** What it takes beside its options, if anything: one argument, or several of one kind. */
  readonly argument?: Option<Argument>
  readonly options: Declared
  /** Codes that it ends with beside those of every command: 1, 2, 130 and 143. */
  readonly exits: readonly ExitCode[]
  readonly examples: readonly (readonly [line: string, says: string])[]
  /**
   * Does it and gives the exit code. What only this command needs is imported here, when it runs.
   * @throws UsageError
   */
  run(process: CliProcess, values: Values<Declared>, argument: Argument, given: Given): Promise<number>
}

/** A declaration, with the types of its options and its argument made known to its `run`. */
export function command<Declared extends Options, Argument = undefined>(
  declared: Command<Declared, Argument>,
): Command<Declared, Argument> {
  return declared
}

/** The list of the commands: each is loaded when it is called, and no earlier. */
export type Commands = Readonly<Record<string, () => Promise<Command>>>

/** `--max-age` of `maxAge`. */
export function optionName(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** An option under its name without dashes, and under that which turns it off. */
export function namesOf(key: string, option: Option): readonly (readonly [name: string, option: Option])[] {
  const name = optionName(key).slice(2)
  return [
    [name, option],
    ...(option.off === undefined ? [] : [[`no-${name}`, { ...option, says: option.off }] as const]),
  ]
}

/** The name of the value in the help and in messages: `TIME`, `text|json`; empty for a switch. */
export function placeholder({ value, words }: Option): string {
  return value ?? words?.join('|') ?? ''
}

/** The name of the argument in the help: `ID`, `[REF]`, `FILE...`. */
export function argumentName(argument: Option | undefined): string {
  if (argument === undefined) return ''
  const name = `${placeholder(argument)}${argument.isSeveral === true ? '...' : ''}`
  return argument.isNeeded === true ? name : `[${name}]`
}

/** The command that the arguments name, if any, and the arguments, with `help COMMAND` written as `COMMAND --help`. */
export function commandIn(
  words: readonly string[],
  commands: Commands,
): { readonly argv: readonly string[]; readonly name: string } {
  const isHelp = words[0] === 'help'
  const argv = isHelp ? words.slice(1) : words
  const [first = '', second = ''] = argv
  const name = [`${first} ${second}`, first].find((one) => Object.hasOwn(commands, one)) ?? ''
  const isThere =
    name !== '' || argv.length === 0 || Object.keys(commands).some((own) => own.startsWith(`${first} `))
  return { argv: isHelp && isThere ? [...argv, '--help'] : argv, name }
}
