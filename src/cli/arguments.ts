import { parseArgs } from 'node:util'
import type { Command } from './command.ts'
import { commands, groups } from './commands.ts'
import { didYouMean } from './suggest.ts'
import { durationOf } from '../core/duration.ts'
import { printable } from './text.ts'

/** The program was called in a way that has no meaning; the message says what would have one. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What was given to a command, in the order it was given: the texts of each option, an empty one for a switch. */
export type Given = readonly (readonly [option: string, value: string])[]

/** The text of an option, or of the argument; the last one when it was given several times. */
export function valueOf(given: Given, option: string): string | undefined {
  return given.findLast(([name]) => name === option)?.[1]
}

/** The texts of an option that may be given again. */
export function valuesOf(given: Given, option: string): readonly string[] {
  return given.filter(([name]) => name === option).map(([, value]) => value)
}

/** The text of an option that has no default. */
export function required(given: Given, { options }: Command, option: string): string {
  const value = valueOf(given, option)
  if (value === undefined)
    throw new UsageError(`--${option} is missing: --${option} ${options[option]?.value ?? ''}`)
  return value
}

/** Reads a command's options, which must all be known, and its argument; whether that is there is not looked at. */
export function readOptions(command: Command, argv: readonly string[]): Given {
  const names = Object.keys(command.options)
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { value, short }]) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        ...(short !== undefined && { short }),
      },
    ]),
  )
  // Not strict, because then the first fault would be told in words of Node's own.
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const given: [string, string][] = []
  for (const token of tokens) {
    if (token.kind === 'positional') {
      given.push([argumentFor(command, given, token.value), token.value])
      continue
    }
    if (token.kind === 'option-terminator') continue
    const option = command.options[token.name]
    const shown = printable(token.rawName, 80)
    if (option === undefined)
      throw new UsageError(`unknown option ${shown}.${didYouMean(token.name, names, '--')}`)
    given.push([token.name, checkedValue(option.value, shown, token.value, token.inlineValue === true)])
  }
  return given
}

function argumentFor({ name, argument }: Command, given: Given, value: string): string {
  if (argument !== undefined && valueOf(given, argument.name) === undefined) return argument.name
  const taken = argument === undefined ? 'no argument' : `one ${argument.name}, and no argument`
  throw new UsageError(`${name} takes ${taken} "${printable(value, 80)}"`)
}

function checkedValue(
  wanted: string | undefined,
  shown: string,
  value: string | undefined,
  inline: boolean,
): string {
  if (wanted === undefined) {
    if (value !== undefined) throw new UsageError(`${shown} is a switch and takes no value`)
    return ''
  }
  if (value === undefined || value === '' || (!inline && value.startsWith('-')))
    throw new UsageError(`${shown} needs a value: ${shown} ${wanted}`)
  return value
}

/** One of a few words. */
export function choice<Word extends string>(
  given: Given,
  option: string,
  words: readonly [Word, ...Word[]],
): Word {
  const value = valueOf(given, option)
  if (value === undefined) return words[0]
  const found = words.find((word) => word === value)
  if (found === undefined)
    throw new UsageError(
      `--${option} is "${printable(value, 80)}"; allowed: ${words.join(', ')}.${didYouMean(value, words)}`,
    )
  return found
}

/** A span of time in milliseconds, between two limits written as one would give them. */
export function duration(given: Given, option: string, least: string, most: string): number | undefined {
  const value = valueOf(given, option)
  if (value === undefined) return undefined
  const span = durationOf(value)
  if (span === undefined || span < (durationOf(least) ?? 0) || span > (durationOf(most) ?? 0))
    throw new UsageError(
      `--${option} is "${printable(value, 80)}"; allowed: a time from ${least} to ${most}, such as 90s, 5m or 1h30m`,
    )
  return span
}

/** The command of this name, or a fault that names the nearest. */
export function commandNamed(name: string): Command {
  const found = commands.find((command) => command.name === name)
  if (found !== undefined) return found
  if (groups.includes(name)) {
    const parts = commands.flatMap((command) => command.name.split(`${name} `)[1] ?? [])
    throw new UsageError(`${name} needs to be told what: ${parts.join(', ')}`)
  }
  const names = [...commands.map((command) => command.name), ...groups, 'help']
  throw new UsageError(`unknown command "${printable(name, 80)}".${didYouMean(name, names)}`)
}

/** Splits arguments into the name of a command, which may be of two words, and what was given to it. */
export function nameAndRest([first = '', ...rest]: readonly string[]): readonly [
  name: string,
  rest: readonly string[],
] {
  const [second] = rest
  if (!groups.includes(first) || second === undefined || second.startsWith('-')) return [first, rest]
  return [`${first} ${second}`, rest.slice(1)]
}
