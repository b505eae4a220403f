import type { Unavailable } from '../../../src/core/observation.ts'
import type { Facts, Labels, Reading, Signal } from '../../../src/core/signal.ts'
import type { World } from './platform-world.ts'

function matches(reading: Reading, signal: Signal, labels: Labels): boolean {
  return (
    reading.signal === signal.name &&
    Object.entries(labels).every(([name, value]) => reading.labels[name] === value)
  )
}

/** What a reading says in a table of cases: a sentence, `code` or `code: sentence` for one with a reason, or facts. */
export type Said = string | (Facts & { readonly detail?: string })

function saidAs(said: Said | undefined): Partial<Pick<Reading, 'detail' | 'facts'>> {
  if (said === undefined) return {}
  if (typeof said !== 'string') {
    const { detail, ...facts } = said
    return { facts, ...(detail !== undefined && { detail }) }
  }
  if (/^[a-z_]+$/.test(said)) return { detail: said, facts: { code: said } }
  const [, reason, detail] = /^([a-z_]+): (.*)$/.exec(said) ?? []
  return reason === undefined || detail === undefined ? { detail: said } : { detail, facts: { code: reason } }
}

/** The world with another value in each reading of the signal that has these labels. There must be one. */
export function withValue(world: World, signal: Signal, labels: Labels, value: number, said?: Said): World {
  mustHave(world, signal, labels)
  return world.map((one) => ({
    ...one,
    readings: one.readings.map((reading) =>
      matches(reading, signal, labels) ? { ...reading, value, ...saidAs(said) } : reading,
    ),
  }))
}

const unavailable: Unavailable = {
  unknownReason: 'ambiguous',
  reason: 'cannot_tell',
  message: 'it cannot be told',
}

/** The world in which the readings of the signal with these labels cannot be told. There must be one. */
export function withBlindSpot(world: World, signal: Signal, labels: Labels): World {
  mustHave(world, signal, labels)
  return world.map((one) => {
    const hidden = one.readings.filter((reading) => matches(reading, signal, labels))
    return {
      ...one,
      readings: one.readings.filter((reading) => !hidden.includes(reading)),
      blindSpots: [
        ...one.blindSpots,
        ...hidden.map((reading) => ({ signal: signal.name, labels: reading.labels, ...unavailable })),
      ],
    }
  })
}

/** The world in which nothing is said about the signal with these labels. There must be a reading of it. */
export function withSilence(world: World, signal: Signal, labels: Labels): World {
  mustHave(world, signal, labels)
  return world.map((one) => ({
    ...one,
    readings: one.readings.filter((reading) => !matches(reading, signal, labels)),
  }))
}

function mustHave(world: World, signal: Signal, labels: Labels): void {
  if (!world.some(({ readings }) => readings.some((reading) => matches(reading, signal, labels))))
    throw new Error(`the world has no ${signal.name} with ${JSON.stringify(labels)}`)
}

/** The world in which every look at a target of this probe fails; of all of them when no target is named. */
export function withFailing(world: World, probe: string, target?: string): World {
  return world.map((one) =>
    one.probe === probe && (target === undefined || one.target.id === target)
      ? { ...one, failing: true }
      : one,
  )
}

/** The world without the targets whose id begins like this. */
export function without(world: World, probe: string, prefix: string): World {
  return world.filter((one) => !(one.probe === probe && one.target.id.startsWith(prefix)))
}
