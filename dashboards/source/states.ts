import { MappingType, SpecialValueMatch, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'
import { checkStates } from '../../src/core/gate.ts'
import { phases } from '../../src/core/rollout.ts'
import { stopStates } from '../../src/core/stop.ts'
import { verdicts } from '../../src/core/verdict.ts'

/** Colours of Okabe and Ito, which people with any of the common colour-vision deficiencies tell apart. */
export const colours = {
  good: '#009E73',
  waiting: '#E69F00',
  bad: '#D55E00',
  unknown: '#8C8C8C',
  notSeen: '#595959',
  neutral: '#56B4E9',
  moving: '#0072B2',
  other: '#CC79A7',
} as const

interface State {
  readonly name: string
  readonly colour: string
}

/** The states of a StateSet, the worst last, since of replicas that disagree the greatest number counts. */
export interface StateSet {
  readonly states: readonly State[]
}

/** Each state of the closed list, in the order of the colours; a list that grew does not compile. */
function stateSet<const Name extends string>(
  _closed: readonly Name[],
  coloured: Readonly<Record<NoInfer<Name>, string>>,
): StateSet {
  return { states: Object.entries<string>(coloured).map(([name, colour]) => ({ name, colour })) }
}

export const verdictSet = stateSet(verdicts, {
  proceed: colours.good,
  hold: colours.waiting,
  stop: colours.bad,
})

export const checkSet = stateSet(checkStates, {
  skipped: colours.neutral,
  pass: colours.good,
  pending: colours.waiting,
  unknown: colours.unknown,
  fail: colours.bad,
})

export const stopSet = stateSet(stopStates, {
  skipped: colours.neutral,
  clear: colours.good,
  pending: colours.waiting,
  unknown: colours.unknown,
  firing: colours.bad,
})

export const phaseSet = stateSet(phases, {
  idle: colours.unknown,
  preflight: colours.neutral,
  migrating: colours.other,
  rolling: colours.moving,
  verifying: colours.waiting,
  done: colours.good,
  failed: colours.bad,
})

export const viabilitySet = stateSet(['yes', 'no', 'unknown'], {
  yes: colours.good,
  unknown: colours.unknown,
  no: colours.bad,
})

/** The number of a state, as the queries give it. */
export function placeOf({ states }: StateSet, name: string): number {
  const place = states.findIndex((state) => state.name === name)
  if (place === -1) throw new Error(`there is no state ${name}`)
  return place + 1
}

/** Words and colours for the numbers of a set; 0 and nothing are grey. */
export function mappingsOf({ states }: StateSet, zero = 'not seen'): ValueMapping[] {
  const options = states.map(
    ({ name, colour }, place) => [place + 1, { text: name, color: colour, index: place + 1 }] as const,
  )
  return [
    {
      type: MappingType.ValueToText,
      options: { 0: { text: zero, color: colours.notSeen, index: 0 }, ...Object.fromEntries(options) },
    },
    nothing,
  ]
}

/** Words and colours for single numbers. */
export function words(
  values: Readonly<Record<number, readonly [text: string, colour: string]>>,
): ValueMapping[] {
  const options = Object.entries(values).map(
    ([value, [text, color]], index) => [value, { text, color, index }] as const,
  )
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(options) }, nothing]
}

const nothing: ValueMapping = {
  type: MappingType.SpecialValue,
  options: {
    match: SpecialValueMatch.NullAndNan,
    result: { text: 'no data', color: colours.notSeen, index: 99 },
  },
}
