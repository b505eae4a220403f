import type { CliProcess } from './process.ts'

/** Colours a text by the meaning of a state; the word itself says the same, so nothing is lost without colours. */
export type Paint = (text: string, meaning: Meaning) => string
export type Meaning = 'good' | 'waiting' | 'bad' | 'strong' | 'faint'

// Select Graphic Rendition codes of ECMA-48: in these, terminals follow the colours that a person has set.
const codes: Readonly<Record<Meaning, string>> = {
  good: '32',
  waiting: '33',
  bad: '31',
  strong: '1',
  faint: '2',
}

export const noPaint: Paint = (text) => text

const colours: Paint = (text, meaning) => `\u001b[${codes[meaning]}m${text}\u001b[0m`

/** Colours only for a person: on a terminal, without NO_COLOR (any value but an empty one), when not switched off. */
export function paintFor({ stdout, env }: Pick<CliProcess, 'stdout' | 'env'>, switchedOff: boolean): Paint {
  const wanted =
    !switchedOff && stdout.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
  return wanted ? colours : noPaint
}

/** Whether rows can be written over: on a terminal that knows how. */
export function canDraw({ stdout, env }: Pick<CliProcess, 'stdout' | 'env'>): boolean {
  return stdout.isTTY === true && env['TERM'] !== 'dumb'
}

const meanings: Readonly<Record<string, Meaning>> = {
  proceed: 'good',
  pass: 'good',
  clear: 'good',
  hold: 'waiting',
  pending: 'waiting',
  unknown: 'waiting',
  acknowledged: 'waiting',
  skipped: 'faint',
}

/** What a state means; one that is not known is bad. */
export function meaningOf(state: string): Meaning {
  return meanings[state] ?? 'bad'
}
