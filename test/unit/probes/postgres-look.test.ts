import { expect, test } from 'vitest'
import { affordable } from '../../../src/probes/postgres.ts'

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
