import type { Unit } from './signal.ts'

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** A part beside its whole, as people read them: `18 of 20 connections`, `58 of 62 MiB`. */
export function partOf(part: number, whole: number, unit: Unit): string {
  if (unit !== 'bytes') return `${part} of ${whole} ${unit}`
  const power = whole < 1 ? 0 : Math.min(Math.floor(Math.log2(whole) / 10), byteUnits.length - 1)
  return `${scaled(part, power)} of ${scaled(whole, power)} ${byteUnits[power]}`
}

/** Two digits that count are enough. */
function scaled(bytes: number, power: number): number {
  const value = bytes / 1_024 ** power
  return value < 10 ? Math.round(value * 10) / 10 : Math.round(value)
}
