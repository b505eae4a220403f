import type { ShellCompletion } from '@optique/core/completion'
import type { Suggestion } from '@optique/core/parser'
import {
  command,
  commandIn,
  namesOf,
  placeholder,
  type Command,
  type Commands,
  type Completes,
  type Option,
} from './command.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import { needed, oneOf } from './options.ts'
import type { CliProcess } from './process.ts'
import { printable } from './text.ts'

const shells = ['bash', 'zsh', 'fish'] as const

/** What the script of a shell calls to ask back; no command, because no person calls it. */
export const asking = '__complete'

/** `caracal-gate completion SHELL`: the script that the shell has to load. */
export const completion = command({
  name: 'completion',
  area: 'shell',
  says: 'print the script for completion in a shell',
  more: [
    'The shell then completes commands, options, their values and files. It asks the exporter for the ids of gates, checks, stop conditions and rollouts: the exporter of --url on the same line, or of CARACAL_GATE_URL.',
  ],
  argument: { ...needed(oneOf(shells, 'bash, zsh or fish')), value: 'SHELL' },
  options: {},
  exits: [0],
  examples: [
    [
      'caracal-gate completion bash > /etc/bash_completion.d/caracal-gate',
      'for bash 4 or later, with the package bash-completion',
    ],
    ['caracal-gate completion zsh > ~/.zfunc/_caracal-gate', 'in a folder of $fpath'],
    ['caracal-gate completion fish > ~/.config/fish/completions/caracal-gate.fish', 'for fish'],
  ],
  async run({ stdout }, _, name) {
    stdout.write((await shellNamed(name)).generateScript('caracal-gate', [asking, name]))
    return exitCodes.proceed
  },
})

async function shellNamed(name: (typeof shells)[number]): Promise<ShellCompletion> {
  return (await import('@optique/core/completion'))[name]
}

/** Answers a script: its shell, and the words up to the cursor. Whatever is wrong, it offers nothing and says nothing. */
export async function answerShell(process: CliProcess, commands: Commands): Promise<ExitCode> {
  const [, name, ...words] = process.argv
  const known = shells.find((one) => one === name)
  if (known === undefined) return exitCodes.usage
  const shell = await shellNamed(known)
  for (const chunk of shell.encodeSuggestions(await suggestionsFor(words, commands, process)))
    process.stdout.write(chunk)
  return exitCodes.proceed
}

/** What the last word may be: the name of a command, an option, or the value of an option or of the argument. */
async function suggestionsFor(
  words: readonly string[],
  commands: Commands,
  process: CliProcess,
): Promise<readonly Suggestion[]> {
  const current = words.at(-1) ?? ''
  const { argv, name } = commandIn(words.slice(0, -1), commands)
  const load = commands[name]
  if (load === undefined) return startingWith(current, await commandNames(words.slice(0, -1), commands))
  const declared = await load()
  const typed = argv.slice(name.split(' ').length)
  const [, inline] = /^--([a-z-]+)=/.exec(current) ?? []
  if (inline !== undefined)
    return valuesOf(optionNamed(declared, `--${inline}`), current, `--${inline}=`, typed, process)
  const pending = optionNamed(declared, typed.at(-1))
  if (pending !== undefined) return valuesOf(pending, current, '', typed, process)
  const isThere = typed.some(
    (word, at) => !word.startsWith('-') && optionNamed(declared, typed[at - 1]) === undefined,
  )
  const takesMore = !isThere || declared.argument?.isSeveral === true
  if (!current.startsWith('-') && declared.argument !== undefined && takesMore)
    return valuesOf(declared.argument, current, '', typed, process)
  if (isThere && current !== '' && !current.startsWith('-')) return []
  const options = Object.entries(declared.options).flatMap(([key, option]) => namesOf(key, option))
  return startingWith(current, [
    ...options.map(([option, { says }]) => [`--${option}`, says] as const),
    ['--help', 'show this help'],
  ])
}

/** The words that may come next, before a command is known. */
async function commandNames(before: readonly string[], commands: Commands): Promise<Rows> {
  const isHelp = before[0] === 'help'
  const [group, ...more] = isHelp ? before.slice(1) : before
  if (more.length > 0) return []
  const all = await Promise.all(Object.values(commands).map(async (load) => load()))
  if (group !== undefined)
    return all.flatMap(({ name, says }) =>
      name.startsWith(`${group} `) ? [[name.slice(group.length + 1), says]] : [],
    )
  const single = all.map(({ name, says }) =>
    name.includes(' ')
      ? ([name.split(' ')[0] ?? '', `commands of ${name.split(' ')[0]}`] as const)
      : ([name, says] as const),
  )
  return [...new Map(single), ...(isHelp ? [] : [['help', 'options and examples of a command'] as const])]
}

/** The option of this name that takes a value. */
function optionNamed({ options }: Command, word = ''): Option | undefined {
  const found = Object.entries(options)
    .flatMap(([key, option]) => namesOf(key, option))
    .find(([name, { short }]) => word === `--${name}` || word === `-${short}`)?.[1]
  return found === undefined || placeholder(found) === '' ? undefined : found
}

async function valuesOf(
  option: Option | undefined,
  current: string,
  prefix: string,
  typed: readonly string[],
  process: CliProcess,
): Promise<readonly Suggestion[]> {
  const { completes, words = [] } = option ?? {}
  if (completes === 'file' || completes === 'directory')
    return [{ kind: 'file', type: completes, pattern: current, prefix }]
  const rows =
    completes === undefined ? words.map((word) => [word, ''] as const) : await ids(completes, typed, process)
  return startingWith(
    current,
    rows.map(([word, says]) => [prefix + word, says]),
  )
}

async function ids(
  wanted: Exclude<Completes, 'file' | 'directory'>,
  typed: readonly string[],
  process: CliProcess,
): Promise<Rows> {
  // Nothing that speaks HTTP is loaded before there is something to ask for.
  const { idsFor } = await import('./completion-ids.ts')
  return idsFor(wanted, typed, process)
}

type Rows = readonly (readonly [word: string, says: string])[]

function startingWith(current: string, rows: Rows): readonly Suggestion[] {
  return rows
    .filter(([word]) => word.startsWith(current))
    .map(([text, says]) => ({
      kind: 'literal',
      text,
      ...(says !== '' && { description: [{ type: 'text', text: printable(says, 80) }] }),
    }))
}
