import { argumentName, areas, namesOf, placeholder, type Command, type Option } from '../src/cli/command.ts'
import { commands } from '../src/cli/commands.ts'
import { commonExitCodes, exitCodeMeanings } from '../src/cli/exit-codes.ts'
import { environment } from '../src/cli/help.ts'

/** The page of every command, made from the declarations that the parser and the help read. */
export async function cliReference(): Promise<Readonly<Record<string, string>>> {
  const all = await Promise.all(Object.values(commands).map((load) => load()))
  const sections = Object.entries(areas).map(([area, title]) => {
    const members = all.filter((one) => one.area === area)
    return [`## ${title.slice(0, -1)}`, ...members.flatMap(commandSection)]
  })
  const page = [
    '# Commands of caracal-gate',
    '<!-- Made by `npm run generate` from src/cli. -->',
    'Every command with its options, exit codes and examples, as `caracal-gate help COMMAND` shows them. What the answers mean, and when they are believed, is in [the command line](../use/cli.md).',
    ...sections.flat(),
    '## Exit codes',
    table(['code', 'meaning'], exitCodeMeanings),
    '## Environment',
    table(
      ['variable', 'effect'],
      environment.map(([name, says]) => [code(name), says]),
    ),
  ]
  return { 'docs/reference/cli-reference.md': `${page.join('\n\n')}\n` }
}

function commandSection(command: Command): readonly string[] {
  const { name, says, more, argument, options, exits, examples } = command
  const usage = ['caracal-gate', name, argumentName(argument), '[OPTIONS]'].filter((word) => word !== '')
  const rows = Object.entries(options).flatMap(([key, option]) => namesOf(key, option))
  return [
    `### ${name}`,
    `\`${usage.join(' ')}\`: ${says}.`,
    ...more.map(plainText),
    ...(argument === undefined ? [] : [`${code(placeholder(argument))}: ${plainText(argument.says)}.`]),
    ...(rows.length === 0 ? [] : [table(['option', 'effect'], rows.map(optionRow))]),
    `Exit codes: ${[...exits, ...commonExitCodes].toSorted((a, b) => a - b).join(', ')}.`,
    ['```sh', ...examples.flatMap(([line, text]) => [`# ${text}`, line]), '```'].join('\n'),
  ]
}

function optionRow([name, option]: readonly [string, Option]): readonly [string, string] {
  const long = `--${name} ${placeholder(option)}`.trim()
  return [`${option.short === undefined ? '' : `${code(`-${option.short}`)}, `}${code(long)}`, option.says]
}

function table(head: readonly [string, string], rows: readonly (readonly [unknown, string])[]): string {
  const line = ([left, right]: readonly [unknown, string]): string =>
    `| ${String(left).replaceAll('|', '\\|')} | ${plainText(right)} |`
  return [line(head), '| --- | --- |', ...rows.map(line)].join('\n')
}

function code(text: string): string {
  return `\`${text}\``
}

/** Text of the help in which Markdown reads nothing: names of options and files stand in code. */
function plainText(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replaceAll(/(?<![\w`-])(caracal-gate [a-z]+(?: [A-Z]+)?|--?[a-z][\w-]*|[\w.]*_[\w.]*)/g, '`$1`')
}
