import { Command as Parser, CommanderError, Option as Flag } from 'commander'
import {
  areas,
  argumentName,
  commandIn,
  namesOf,
  optionName,
  placeholder,
  type Command,
  type Commands,
  type Given,
  type Option,
} from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { helpAfter, helpForm, overviewAfter } from './help.ts'
import { UsageError } from './options.ts'
import type { Output } from './process.ts'
import { printable } from './text.ts'

/** The declarations of this program, put to commander: it reads the arguments, suggests names, and writes the help. */

/** What was given to a command. */
export interface Call {
  readonly command: Command
  readonly values: Readonly<Record<string, unknown>>
  readonly argument: unknown
  readonly given: Given
}

/**
 * What the arguments call; or the exit code, where they ask for help. Only the command that they name is loaded, or all of
 * them where the help lists them.
 * @throws UsageError
 */
export async function readCall(
  words: readonly string[],
  commands: Commands,
  output: Readonly<Record<'stdout' | 'stderr', Output>>,
): Promise<Call | number> {
  const { argv, name } = commandIn(words, commands)
  let call: Call | number = exitCodes.usage
  const program = programWith(
    (text) => void output.stdout.write(text),
    (text) => void output.stderr.write(text),
  )
  for (const [own, load] of Object.entries(commands)) {
    // A command that is a group as well takes its own argument here.
    if (own.startsWith(`${name} `)) continue
    const parser = parserAt(program, own)
    if (name === '' || own === name) declare(parser, await load(), (one) => (call = one))
  }
  try {
    program.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code === 'commander.helpDisplayed') return exitCodes.proceed
    // The overview in place of a command that is missing.
    if (error.code === 'commander.help') return exitCodes.usage
    throw new UsageError(inOneLine(error.message))
  }
  return call
}

/** The page of `caracal-gate help COMMAND`. */
export function helpOf(command: Command): string {
  let page = ''
  const parser = parserAt(
    programWith((text) => (page += text)),
    command.name,
  )
  declare(parser, command, () => undefined)
  parser.outputHelp()
  return page
}

function programWith(writeOut: (text: string) => void, writeErr = writeOut): Parser {
  return withHelp(new Parser('caracal-gate'))
    .exitOverride()
    .configureOutput({
      writeOut,
      writeErr,
      outputError: () => undefined,
      getOutHelpWidth: () => helpForm.helpWidth,
      getErrHelpWidth: () => helpForm.helpWidth,
    })
    .configureHelp(helpForm)
    .description('Says whether a rollout of Caracal may proceed.')
    .option('-V, --version', 'show the version')
    .addHelpText('after', overviewAfter)
}

/** The parser of a command, below the one of its group where its name has two words. */
function parserAt(program: Parser, name: string): Parser {
  return name
    .split(' ')
    .reduce(
      (parent, word) =>
        parent.commands.find((one) => one.name() === word) ??
        withHelp(parent.command(word)).summary(`commands of ${word}`),
      program,
    )
}

function withHelp(parser: Parser): Parser {
  return parser.usage('COMMAND [OPTIONS]').helpOption('-h, --help', 'show this help').helpCommand(false)
}

function declare(parser: Parser, command: Command, take: (call: Call) => void): void {
  const { name: ownName, area, says, more, argument, options } = command
  const given: [option: string, text: string][] = []
  parser
    .usage([argumentName(argument), '[OPTIONS]'].filter((word) => word !== '').join(' '))
    .summary(says)
    .description([`${says.slice(0, 1).toUpperCase()}${says.slice(1)}.`, ...more].join('\n\n'))
    .helpGroup(areas[area])
    .addHelpText('after', helpAfter(command))
  if (ownName.includes(' ')) parser.parent?.helpGroup(areas[area])
  if (argument !== undefined)
    parser.argument(`[${placeholder(argument)}${argument.isSeveral === true ? '...' : ''}]`, argument.says)
  for (const [key, option] of Object.entries(options))
    for (const [name, one] of namesOf(key, option)) addOption(parser, name, one, given)
  parser.action((...args: readonly unknown[]) => {
    const subject = args
      .slice(0, 1)
      .flat()
      .filter((text) => typeof text === 'string')
    take({
      command,
      given,
      argument: argument?.read(subject, placeholder(argument)),
      values: Object.fromEntries(
        Object.entries(options).map(([key, option]) => [key, valueOf(key, option, given)]),
      ),
    })
  })
}

/** What was given is kept in its order, also among options; commander's own values have lost it. */
function addOption(parser: Parser, name: string, option: Option, given: [string, string][]): void {
  const shown = placeholder(option)
  const flags = [
    option.short === undefined ? '' : `-${option.short}, `,
    `--${name}`,
    shown === '' ? '' : ` [${shown}]`,
  ]
  parser
    .addOption(new Flag(flags.join(''), option.says))
    .on(`option:${name}`, (text: string | null | undefined) => {
      if (shown !== '' && (text ?? '') === '')
        throw new UsageError(`--${name} needs a value: --${name} ${shown}`)
      given.push([name, text ?? `--${name}`])
    })
}

function valueOf(key: string, option: Option, given: Given): unknown {
  const names = new Set(namesOf(key, option).map(([name]) => name))
  return option.read(
    given.flatMap(([name, text]) => (names.has(name) ? [text] : [])),
    optionName(key),
  )
}

/** Commander's message in the form of ours; what it repeats of the arguments is made printable. */
function inOneLine(message: string): string {
  const [line = '', suggestion = ''] = message.replace(/^error: /, '').split('\n(Did you mean ')
  return printable(suggestion === '' ? line : `${line}, did you mean ${suggestion.slice(0, -1)}`)
}
