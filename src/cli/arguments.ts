import { parseArgs } from 'node:util'
import { commands, type Command } from './commands.ts'
import { didYouMean } from './suggest.ts'
import { durationOf, printable } from './text.ts'

/** The program was called in a way that has no meaning; the message says what would have one. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What was given to a command, in the order it was given: the texts of each option, an empty one for a switch. */
export type Given = readonly (readonly [option: string, value: string])[]

/** The text of an option; the last one when it was given several times. */
export function valueOf(given: Given, option: string): string | undefined {
  return given.findLast(([name]) => name === option)?.[1]
}

/** Reads a command's options, which must all be known; there are no other arguments. */
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
    if (token.kind === 'positional')
      throw new UsageError(`${command.name} takes no argument "${printable(token.value, 80)}"`)
    if (token.kind === 'option-terminator') continue
    const option = command.options[token.name]
    const shown = printable(token.rawName, 80)
    if (option === undefined)
      throw new UsageError(`unknown option ${shown}.${didYouMean(token.name, names, '--')}`)
    given.push([token.name, checkedValue(option.value, shown, token.value, token.inlineValue === true)])
  }
  return given
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
  const names = [...commands.map((command) => command.name), 'help']
  throw new UsageError(`unknown command "${printable(name, 80)}".${didYouMean(name, names)}`)
}
