import { nearest } from '../core/distance.ts'
import { durationOf } from '../core/duration.ts'
import { placeholder, type Option } from './command.ts'
import { printable } from './text.ts'

/** The program was called in a way that has no meaning; the message says what would have one. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

type Extra = Pick<Option, 'short' | 'completes'>

/** Any text; the last one counts. */
export function text(value: string, says: string, extra: Extra = {}): Option<string | undefined> {
  return { value, says, ...extra, read: (texts) => texts.at(-1) }
}

/** A text for each time that it is given. */
export function texts(value: string, says: string, extra: Extra = {}): Option<readonly string[]> {
  return { value, says: `${says}; may be given again`, ...extra, read: (all) => all }
}

/** A path of a file or a folder. */
export function path(value: 'FILE' | 'DIR' | 'PATH', says: string): Option<string | undefined> {
  return text(value, says, { completes: value === 'DIR' ? 'directory' : 'file' })
}

/** A switch. */
export function flag(says: string): Option<boolean> {
  return { says, read: (times) => times.length > 0 }
}

/** A switch that is on, with `--no-…` to turn it off; the last one counts. */
export function toggle(says: string, off: string): Option<boolean> {
  return { says, off, read: (times) => times.at(-1)?.startsWith('--no-') !== true }
}

/** One of a few words, if any. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  says: string,
  extra: Extra = {},
): Option<Word | undefined> {
  return {
    words,
    says,
    ...extra,
    read(all, name) {
      const given = all.at(-1)
      if (given === undefined) return undefined
      const found = words.find((word) => word === given)
      if (found === undefined) throw notAllowed(name, given, words.join(', '), words)
      return found
    },
  }
}

/** One of a few words; the first when none is given. */
export function choice<const Word extends string>(
  words: readonly [Word, ...Word[]],
  says: string,
  extra: Extra = {},
): Option<Word> {
  const { read, ...option } = oneOf(words, `${says} (default ${words[0]})`, extra)
  return { ...option, read: (all, name) => read(all, name) ?? words[0] }
}

/** The format of a result that is for people or for programs. */
export const textOrJson = choice(['text', 'json'], 'format of the result on stdout', { short: 'o' })

export const noColor = flag('no colours; NO_COLOR does the same')

/** A span of time in milliseconds, between two limits written as one would give them. */
export function span(least: string, most: string, says: string): Option<number | undefined> {
  return {
    value: 'TIME',
    says,
    read(all, name) {
      const given = all.at(-1)
      if (given === undefined) return undefined
      const length = durationOf(given)
      if (length === undefined || length < (durationOf(least) ?? 0) || length > (durationOf(most) ?? 0))
        throw notAllowed(name, given, `a time from ${least} to ${most}, such as 90s, 5m or 1h30m`)
      return length
    },
  }
}

const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/

/** An instant with its zone, such as 2026-11-30T18:00:00Z; NaN where it is none. */
export function instantIn(given: string): number {
  return instantPattern.test(given) ? Date.parse(given) : Number.NaN
}

/** An option or argument without which the command has no meaning. */
export function needed<Value>(option: Option<Value | undefined>): Option<Value> {
  return {
    ...option,
    isNeeded: true,
    read(all, name) {
      const value = option.read(all, name)
      const shown = placeholder(option)
      if (value === undefined) throw new UsageError(`missing ${name === shown ? name : `${name} ${shown}`}`)
      return value
    },
  }
}

/** One or more of what a command is about. */
export function several(value: string, says: string, extra: Extra = {}): Option<readonly string[]> {
  return {
    value,
    says,
    ...extra,
    isNeeded: true,
    isSeveral: true,
    read(all, name) {
      if (all.length === 0) throw new UsageError(`missing ${name}`)
      return all
    },
  }
}

/** The message for a value that is not allowed: which option, the value, what is allowed, and the nearest of that. */
export function notAllowed(
  name: string,
  given: string,
  allowed: string,
  words: readonly string[] = [],
): UsageError {
  return new UsageError(
    `${name} is "${printable(given, 80)}"; allowed: ${allowed}${didYouMean(given, words)}`,
  )
}

/** `; did you mean readiness?`, or nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const found = nearest(word, candidates)
  return found === undefined ? '' : `; did you mean ${printable(found, 80)}?`
}
