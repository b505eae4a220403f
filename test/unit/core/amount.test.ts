import { expect, it } from 'vitest'
import { partOf } from '../../../src/core/amount.ts'

it.each([
  [58 * 2 ** 20, 62 * 2 ** 20, 'bytes', '58 of 62 MiB'],
  [4.25 * 2 ** 30, 8 * 2 ** 30, 'bytes', '4.3 of 8 GiB'],
  [950, 1_000, 'bytes', '950 of 1000 B'],
  [900 * 1_024, 2 ** 20, 'bytes', '0.9 of 1 MiB'],
  [0, 0, 'bytes', '0 of 0 B'],
  [18, 20, 'connections', '18 of 20 connections'],
] as const)('%d of %d %s reads %j', (part, whole, unit, words) => {
  expect(partOf(part, whole, unit)).toBe(words)
})
