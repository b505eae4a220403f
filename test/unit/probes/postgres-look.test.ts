import { describe, expect, test } from 'vitest'
import { affordable, openMeter, sameWhileSame, type Cost } from '../../../src/probes/postgres.ts'
import { confirms } from '../../../src/probes/postgres-activity.ts'

const pace = { quiet: 3_000, brisk: 100, timeout: 800 }

test.each([
  ['nothing is known', 0, 100],
  ['a look is cheap', 0.02, 100],
  ['it costs what 100 ms allow', 0.2, 100],
  ['a backlog makes it dear', 2.5, 1_250],
  ['it costs more than the quiet cadence allows', 40, 3_000],
])('T29: a brisk look costs at most 2 ms in a second of the server: %s', (_, spent, brisk) => {
  expect(affordable(pace, spent, 2)).toEqual({ ...pace, brisk })
})

test('T29: a server that is busy for a moment does not make a statement dear, one that stays so does', () => {
  const meter = openMeter()
  expect(meter.least(0.1)).toBe(0.1)
  for (let look = 1; look < 20; look += 1) expect(meter.least(4)).toBe(0.1)
  expect(meter.least(4)).toBe(4)
  expect(meter.least(0.2)).toBe(0.2)
})

test('an answer that differs only in what it cost is the same look, any other one is not', () => {
  type Row = Cost & { readonly dead: number }
  const look = sameWhileSame<Row>((rows) => ({ readings: [], blindSpots: [], rows }))
  const first = look([{ dead: 0, spent: 0.1 }])
  expect(look([{ dead: 0, spent: 0.2 }])).toBe(first)
  expect(look([])).not.toBe(first)
  expect(look([{ dead: 1, spent: 0.2 }])).not.toBe(first)
  expect(look([{ dead: 0, spent: 0.1 }])).not.toBe(first)
})

describe('R161: what confirms the counts of connections', () => {
  const limits = new Map([
    ['16384', 20],
    ['16386', 8],
  ])
  test.each([
    ['the same', '16384 20 19', true],
    ['a role that holds one more', '16384 21 19', false],
    ['a role that holds one less', '16384 19 19', false],
    ['another role', '16384 20 19,16385 1 0', false],
    ['no role any more', '', false],
    ['one that is near its limit and has one more in use', '16384 20 20', false],
    ['one that was near its limit and is no more', '16384 20 3', false],
  ])('%s', (_, now, isSo) => {
    expect(confirms('16384 20 19', now, limits)).toBe(isSo)
  })

  test.each([
    ['far below its limit', '16384 20 9,16386 8 4,10 3 0', true],
    ['without a known limit', '16384 20 0,16386 8 0,10 3 3', true],
    ['one more than half of it', '16384 20 11,16386 8 0,10 3 0', false],
    ['one more than half of another', '16384 20 0,16386 8 5,10 3 0', false],
  ])('connections in use: %s', (_, now, isSo) => {
    expect(confirms('16384 20 0,16386 8 0,10 3 0', now, limits)).toBe(isSo)
  })
})
