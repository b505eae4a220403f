import { afterEach, beforeEach, expect, test } from 'vitest'
import { both, outboxTables } from '../../src/probes/outbox-tables.ts'
import type { Probe } from '../../src/probes/probe.ts'
import {
  addApiRows,
  addCoordinatorRows,
  apiAge,
  apiDead,
  apiPending,
  coordinatorAge,
  coordinatorDead,
  coordinatorPending,
  nothing,
} from '../support/outbox-rows.ts'
import { lookOnce, platformInPostgres, valuesOf } from '../support/postgres.ts'

// Statistics are made when a test says so, so that the plans are the same in every run.
const world = platformInPostgres({ autovacuum: 'off' })
let probe: Probe

beforeEach(() => {
  probe = outboxTables(world.postgres)
})
afterEach(() => world.platform.admin.query('TRUNCATE event_outbox, caracal_outbox'))

interface Plan {
  readonly text: string
  readonly buffers: number
  /** Most rows that any step of the plan gave. */
  readonly rows: number
}

async function planOf(): Promise<Plan> {
  const rows = await world.postgres.query<{ 'QUERY PLAN': string }>(
    `plan-${performance.now()}`,
    `EXPLAIN (ANALYZE, BUFFERS) ${both.text}`,
  )
  const text = rows.map((row) => row['QUERY PLAN']).join('\n')
  const buffers = /Buffers: shared hit=(\d+)(?: read=(\d+))?/.exec(text)
  return {
    text,
    buffers: Number(buffers?.[1] ?? 0) + Number(buffers?.[2] ?? 0),
    rows: Math.max(...[...text.matchAll(/actual time=\S+ rows=(\d+)/g)].map((match) => Number(match[1]))),
  }
}

test('T29, T30: 200000 dispatched and published rows are not read, analysed or not', async () => {
  await addApiRows(world.platform.admin, { count: 200_000, age: '1 day' }, 'now()')
  await addCoordinatorRows(world.platform.admin, 'published', { count: 200_000, age: '1 day' })
  const fresh = await planOf()
  await world.platform.admin.query('ANALYZE event_outbox, caracal_outbox')
  const analysed = await planOf()
  for (const { text, buffers } of [fresh, analysed]) {
    expect(text).not.toContain('Seq Scan')
    expect(buffers).toBeLessThan(40)
  }
  // The pace follows the cheapest of twenty looks: one of them had the CPU, also on a busy machine.
  for (let look = 0; look < 20; look += 1) expect(valuesOf(await lookOnce(probe))).toEqual(nothing)
  expect(probe.pace({ id: 'postgres', labels: {} }).brisk).toBeLessThan(500)
})

test('T29: a backlog that is gone while the statistics still tell of it is not sought in the whole table', async () => {
  await addApiRows(world.platform.admin, { count: 60_000 })
  await addCoordinatorRows(world.platform.admin, 'pending', { count: 60_000 })
  await world.platform.admin.query('ANALYZE event_outbox, caracal_outbox')
  await world.platform.admin.query('UPDATE event_outbox SET dispatched_at = now()')
  await world.platform.admin.query(`UPDATE caracal_outbox SET status = 'published'`)
  await world.platform.admin.query('VACUUM event_outbox, caracal_outbox')
  const { text, buffers } = await planOf()
  expect(text).not.toContain('Seq Scan')
  expect(buffers).toBeLessThan(40)
})

test('a huge backlog is counted up to 10001, and looked at less often', async () => {
  await addApiRows(world.platform.admin, { count: 50_000, age: '100 s' })
  await addApiRows(world.platform.admin, { count: 1, age: '200 s' })
  await addCoordinatorRows(world.platform.admin, 'pending', { count: 50_000, age: '100 s' })
  await addCoordinatorRows(world.platform.admin, 'dead', { count: 20_000, age: '100 s' })
  const outcome = await lookOnce(probe)
  const seen = valuesOf(outcome)
  expect(seen).toMatchObject({
    [apiPending]: 10_001,
    [coordinatorPending]: 10_001,
    [coordinatorDead]: 10_001,
  })
  expect(seen[apiAge]).toBeGreaterThanOrEqual(200)
  expect(seen[coordinatorAge]).toBeGreaterThanOrEqual(100)
  expect(outcome.ok && outcome.readings.filter(({ detail }) => detail === 'or more')).toHaveLength(3)
  const { text, rows } = await planOf()
  expect(text).not.toContain('Seq Scan')
  expect(rows).toBe(10_001)
  expect(probe.pace({ id: 'postgres', labels: {} }).brisk).toBeGreaterThan(100)
})

test('the oldest pending row is found behind more dead rows than are stepped over', async () => {
  await addApiRows(world.platform.admin, { count: 11_000, age: '2 hours', available: `'infinity'` })
  await addApiRows(world.platform.admin, { count: 1, age: '50 s' })
  const seen = valuesOf(await lookOnce(probe))
  expect(seen).toMatchObject({ [apiPending]: 1, [apiDead]: 10_001 })
  expect(seen[apiAge]).toBeGreaterThanOrEqual(50)
  expect(seen[apiAge]).toBeLessThan(100)
  expect((await planOf()).rows).toBe(10_001)
})

test('T29: both tables cost one statement a look', async () => {
  await lookOnce(probe)
  await lookOnce(probe)
  expect(world.postgres.cost.statements).toBe(2)
})
