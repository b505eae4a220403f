import { closedWords, type Command, type Completes, type Option } from './command.ts'
import { commands, groups } from './commands.ts'
import type { CliProcess } from './process.ts'
import { printable } from './text.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

export interface Candidate {
  readonly word: string
  readonly says: string
}

export interface Candidates {
  readonly words: readonly Candidate[]
  /** What the shell is to offer beside them. */
  readonly paths: 'none' | 'files' | 'folders'
}

const nothing: Candidates = { words: [], paths: 'none' }

/** What may stand where the cursor is, at the end of the line. */
export async function candidatesFor(shell: Shell, line: string, process: CliProcess): Promise<Candidates> {
  const [current = '', ...before] = wordsOf(line).toReversed()
  const [, ...words] = before.toReversed()
  if (before.length === 0) return nothing
  const command = commandIn(words)
  if (command === undefined) return starting(words, current)
  const typed = words.slice(command.name.split(' ').length)
  const [, option, start] = /^(--[a-z-]+)=(.*)$/s.exec(current) ?? []
  if (option !== undefined && start !== undefined) {
    const found = await values(command.options[option.slice(2)], start, typed, process)
    // For bash, a word ends before the equals sign.
    const prefix = shell === 'bash' ? '' : `${option}=`
    return { ...found, words: found.words.map(({ word, says }) => ({ word: prefix + word, says })) }
  }
  const pending = pendingOption(command, typed.at(-1))
  if (pending !== undefined) return values(pending, current, typed, process)
  if (current.startsWith('-')) return options(command, current)
  return argument(command, current, typed, process)
}

/** Words as a shell would split them, roughly; the last one is where the cursor is, and may be empty. */
function wordsOf(line: string): readonly string[] {
  const words = [...line.matchAll(/(?:"[^"]*"?|'[^']*'?|\\.|[^\s"'\\])+/g)].map(([word]) =>
    word.replaceAll(/["']|\\(?=.)/g, ''),
  )
  return /\s$/.test(line) || words.length === 0 ? [...words, ''] : words
}

function commandIn(words: readonly string[]): Command | undefined {
  const [first = '', second = ''] = words
  return commands.find(({ name }) => name === (groups.includes(first) ? `${first} ${second}` : first))
}

function starting(words: readonly string[], current: string): Candidates {
  const [first = ''] = words
  const topic = first === 'help' ? words.slice(1) : words
  const [group] = topic
  const isGroup = topic.length === 1 && group !== undefined && groups.includes(group)
  if (topic.length > (isGroup ? 1 : 0)) return nothing
  const known = isGroup
    ? commands.flatMap(({ name, says }) => {
        const part = name.split(`${group} `)[1]
        return part === undefined ? [] : [{ word: part, says }]
      })
    : [
        ...commands.filter(({ name }) => !name.includes(' ')).map(({ name, says }) => ({ word: name, says })),
        ...groups.map((word) => ({ word, says: `commands of ${word}` })),
        ...(first === 'help' ? [] : [{ word: 'help', says: 'options and examples of a command' }]),
      ]
  return { words: startingWith(known, current), paths: 'none' }
}

function options({ options: all }: Command, current: string): Candidates {
  const known = Object.entries(all).map(([name, { says }]) => ({ word: `--${name}`, says }))
  return { words: startingWith(known, current), paths: 'none' }
}

/** The option that waits for its value. */
function pendingOption({ options: all }: Command, last = ''): Option | undefined {
  const found = Object.entries(all).find(([name, { short }]) => last === `--${name}` || last === `-${short}`)
  return found?.[1].value === undefined ? undefined : found[1]
}

async function values(
  option: Option | undefined,
  current: string,
  typed: readonly string[],
  process: CliProcess,
): Promise<Candidates> {
  if (option?.value === undefined) return nothing
  if (option.value === 'FILE' || option.value === 'PATH') return { words: [], paths: 'files' }
  if (option.value === 'DIR') return { words: [], paths: 'folders' }
  return offered(option.value, option.completes, current, typed, process)
}

async function argument(
  command: Command,
  current: string,
  typed: readonly string[],
  process: CliProcess,
): Promise<Candidates> {
  const wanted = command.argument
  const isThere = typed.some((word, place) => {
    const isValue = pendingOption(command, typed[place - 1]) !== undefined
    return !word.startsWith('-') && !isValue
  })
  if (wanted === undefined || isThere) return current === '' ? options(command, current) : nothing
  return offered(wanted.name, wanted.completes, current, typed, process)
}

async function offered(
  shown: string,
  completes: Completes | undefined,
  current: string,
  typed: readonly string[],
  process: CliProcess,
): Promise<Candidates> {
  const closed = closedWords(shown).map((word) => ({ word, says: '' }))
  if (completes === undefined) return { words: startingWith(closed, current), paths: 'none' }
  // Nothing that speaks HTTP is loaded before there is something to ask for.
  const { idsFor } = await import('./completion-ids.ts')
  const ids = (await idsFor(completes, typed, process)).map(({ word, says }) => ({
    word,
    says: printable(says, 80),
  }))
  return { words: startingWith(ids, current), paths: 'none' }
}

function startingWith(all: readonly Candidate[], current: string): readonly Candidate[] {
  return all.filter(({ word }) => word.startsWith(current))
}
