import { parseArgs } from 'node:util'
import { kinds } from './kinds.ts'

export const usage = `npm run chaos [-- --seed N --minutes M]

Breaks the simulated platform, its stores, the network, the machine and the exporter itself, by chance and in pairs,
and checks all that /gates says meanwhile. Exit code 0 only when nothing was said that may never be said.
docs/internals/chaos.md has what is checked. Needs Linux; some kinds of fault need root.

  --seed N         the same seed makes the same faults in the same order (chosen and printed unless given)
  --minutes M      how long faults are made (5)
  --act N          only this act of the seed
  --only KIND      only kinds whose name begins so; may be given more than once
  --list           the kinds of fault
  --record FILE    writes all that was recorded, as JSON lines`

export interface Options {
  readonly seed: number
  readonly minutes: number
  readonly act: number | undefined
  readonly only: readonly string[]
  readonly list: boolean
  readonly record: string | undefined
  readonly help: boolean
}

/** @throws BadOption with what is wrong, the value and what is allowed */
export function optionsFrom(words: readonly string[]): Options {
  const { values } = parsed(words)
  for (const prefix of values.only ?? [])
    if (!kinds.some(({ name }) => name.startsWith(prefix)))
      throw new BadOption(`--only: no kind of fault begins with "${prefix}"; --list names them`)
  return {
    seed: values.seed === undefined ? seedOfNow() : whole('--seed', values.seed, 0, 2 ** 31 - 1),
    minutes: minutesFrom(values.minutes ?? '5'),
    act: values.act === undefined ? undefined : whole('--act', values.act, 0, 100_000),
    only: values.only ?? [],
    list: values.list,
    record: values.record,
    help: values.help,
  }
}

/** What a person can put right. */
export class BadOption extends Error {}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        seed: { type: 'string' },
        minutes: { type: 'string' },
        act: { type: 'string' },
        only: { type: 'string', multiple: true },
        list: { type: 'boolean', default: false },
        record: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (fault) {
    throw new BadOption(fault instanceof Error ? fault.message : String(fault))
  }
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw new BadOption(`${name}: "${text}" is no whole number from ${least} to ${most}`)
}

function minutesFrom(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && value <= 24 * 60) return value
  throw new BadOption(`--minutes: "${text}" is no number above 0 and up to 1440`)
}

function seedOfNow(): number {
  return Math.floor(performance.timeOrigin + performance.now()) % 2 ** 31
}
