import type { Command } from './command.ts'
import { commands } from './commands.ts'
import { exitCodeMeanings } from './exit-codes.ts'

/** What `caracal-gate help` prints. */
export function overview(): string {
  return page(
    'caracal-gate: may this rollout of Caracal proceed?',
    '',
    'Usage: caracal-gate COMMAND [OPTIONS]',
    '',
    ...columns([
      ...commands.map(({ name, says }) => [name, says] as const),
      ['help [COMMAND]', 'options and examples of a command'],
      ['--version', 'print the version'],
    ]),
    '',
    'Exit codes:',
    ...columns(exitCodeMeanings.map(([code, meaning]) => [String(code), meaning] as const)),
    '',
    'Data goes to stdout, talk to stderr.',
  )
}

/** What `caracal-gate help GROUP` prints: the commands that begin with this word. */
export function helpOfGroup(group: string): string {
  const members = commands.filter(({ name }) => name.startsWith(`${group} `))
  return page(
    `Usage: caracal-gate ${group} COMMAND [OPTIONS]`,
    '',
    ...columns(members.map(({ name, says }) => [name, says] as const)),
  )
}

/** What `caracal-gate help COMMAND` prints. */
export function helpOf({ name, argument, says, more, options, examples }: Command): string {
  return page(
    `caracal-gate ${name}: ${says}`,
    '',
    `Usage: caracal-gate ${name}${argument === undefined ? '' : ` ${argument.name}`} [OPTIONS]`,
    '',
    ...more,
    '',
    'Options:',
    ...columns(
      Object.entries(options).map(([option, { value, short, says: text }]) => {
        const long = value === undefined ? `--${option}` : `--${option} ${value}`
        return [`${short === undefined ? '    ' : `-${short}, `}${long}`, text] as const
      }),
    ),
    '',
    'Examples:',
    ...examples.flatMap(([command, text]) => [`  # ${text}`, `  ${command}`]),
  )
}

function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}

function page(...lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}
