import { fileOf } from '../canary-file.ts'
import { optionName, type Given, type Option } from '../command.ts'
import { didYouMean, UsageError } from '../options.ts'
import type { CliProcess } from '../process.ts'
import { printable } from '../text.ts'
import { canaryOptions, secretOptions } from './options.ts'

export type Key = keyof typeof canaryOptions

/** What was given for a key, and where, as a message names it. */
export interface Source {
  readonly name: string
  readonly texts: readonly string[]
}

/** All that was given: options, then variables, then the file. */
export interface Sources {
  readonly of: (key: Key) => Source
  /** The last text, or an empty one. */
  readonly text: (key: Key) => string
  readonly read: <Value>(key: Key, option: Option<Value>) => Value
}

/** Keys without which there is nothing to ask. */
const required = [
  'zone',
  'application',
  'resource',
  'scope',
  'deniedResource',
  'sts',
  'gateway',
  'coordinator',
  'api',
] as const satisfies readonly Key[]

/** Keys that stand for several texts, which a variable separates by commas or blanks. */
const lists: ReadonlySet<string> = new Set<Key>(['sts', 'gateway', 'label'])

/** @throws UsageError that names all that is missing at once */
export async function sourcesOf({ env }: CliProcess, given: Given): Promise<Sources> {
  const options = Map.groupBy(given, ([option]) => option)
  const variable = (key: string) => env[variableOf(key)] || undefined
  const path = options.get('config')?.at(-1)?.[1] ?? variable('config')
  const file = path === undefined ? {} : await fileOf(path)
  refuseOtherKeys(Object.keys(file), path ?? '')
  const of = (key: Key): Source => {
    const ofOption = options.get(optionName(key).slice(2))
    if (ofOption !== undefined) return { name: optionName(key), texts: ofOption.map(([, text]) => text) }
    const told = variable(key)
    if (told !== undefined)
      return { name: variableOf(key), texts: lists.has(key) ? told.split(/[\s,]+/).filter(Boolean) : [told] }
    return { name: `${key} in ${printable(path ?? '', 100)}`, texts: file[key] ?? [] }
  }
  const isMissing = (key: Key) => of(key).texts.length === 0
  const missing = [
    ...required.filter(isMissing).map((key) => `${optionName(key)} (${variableOf(key)})`),
    ...secretOptions.flatMap(({ key, variable: name }) =>
      isMissing(key) && (env[name] ?? '') === '' ? `${optionName(key)} (${name})` : [],
    ),
  ]
  if (missing.length > 0)
    throw new UsageError(
      `missing ${missing.join(', ')}; give each as an option, as that variable, or as a key of the file of --config`,
    )
  return {
    of,
    text: (key) => of(key).texts.at(-1) ?? '',
    read: (key, option) => option.read(of(key).texts, of(key).name),
  }
}

/** `CARACAL_CANARY_AUDIT_WITHIN` of `auditWithin`. */
export function variableOf(key: string): string {
  return `CARACAL_CANARY_${key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

/** The file holds no secret, only the name of a file that does. */
function refuseOtherKeys(given: readonly string[], path: string): void {
  const keys = Object.keys(canaryOptions).filter((key) => key !== 'config')
  const [other] = given.filter((key) => !keys.includes(key))
  if (other !== undefined)
    throw new UsageError(
      `${printable(path, 200)} has the key "${printable(other, 60)}"; allowed: ${keys.join(', ')}${didYouMean(other, keys)}`,
    )
}
