import { rm, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { outboxTables } from '../../src/probes/outbox-tables.ts'
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
import { whyUnavailable, blindSpotsOf, lookOnce, platformInPostgres, valuesOf } from '../support/postgres.ts'

// Statistics are made when a test says so, so that the plans are the same in every run.
const world = platformInPostgres({ autovacuum: 'off', wal_level: 'replica' })
let probe: Probe

beforeEach(() => {
  probe = outboxTables(world.postgres)
})
afterEach(() => world.platform.admin.query('TRUNCATE event_outbox, caracal_outbox'))

describe('what waits', () => {
  test('T48: zero rows of a state are a reading of 0, not an absent one', async () => {
    expect(valuesOf(await lookOnce(probe))).toEqual(nothing)
    await addApiRows(world.platform.admin, { count: 3 }, 'now()')
    await addCoordinatorRows(world.platform.admin, 'published', { count: 3 })
    expect(valuesOf(await lookOnce(probe))).toEqual(nothing)
  })

  test('T32: the age of an API row warns long before it is dead, while it is in flight or backing off too', async () => {
    await addApiRows(world.platform.admin, { count: 2, age: '10 s' })
    await addApiRows(world.platform.admin, { count: 1, age: '400 s', available: `now() + interval '1 min'` })
    const seen = valuesOf(await lookOnce(probe))
    expect(seen).toMatchObject({ [apiPending]: 3, [apiDead]: 0 })
    expect(seen[apiAge]).toBeGreaterThanOrEqual(400)
    expect(seen[apiAge]).toBeLessThan(460)
  })

  test('a backlog at rest is the same look until it is a second older', async () => {
    const first = await probe.look({ id: 'postgres', labels: {} }, new AbortController().signal)
    await addApiRows(world.platform.admin, { count: 1, age: '10 s' })
    const look = () => probe.look({ id: 'postgres', labels: {} }, new AbortController().signal)
    await expect.poll(async () => (await look()) === (await look())).toBe(true)
    expect(await look()).not.toBe(first)
    expect(Number.isInteger(valuesOf(await lookOnce(probe))[apiAge])).toBe(true)
  })

  test('T31, T32: dead rows are counted by themselves and do not age what is pending', async () => {
    await addApiRows(world.platform.admin, { count: 2, age: '3 hours', available: `'infinity'` })
    await addApiRows(world.platform.admin, { count: 1, age: '20 s' })
    await addCoordinatorRows(world.platform.admin, 'dead', { count: 4, age: '3 hours' })
    await addCoordinatorRows(world.platform.admin, 'pending', { count: 1, age: '30 s' })
    const seen = valuesOf(await lookOnce(probe))
    expect(seen).toMatchObject({
      [apiPending]: 1,
      [apiDead]: 2,
      [coordinatorPending]: 1,
      [coordinatorDead]: 4,
    })
    expect(Math.floor(seen[apiAge] ?? 0)).toBeGreaterThanOrEqual(20)
    expect(seen[apiAge]).toBeLessThan(60)
    expect(Math.floor(seen[coordinatorAge] ?? 0)).toBeGreaterThanOrEqual(30)
    expect(seen[coordinatorAge]).toBeLessThan(70)
  })

  test('dead rows alone have no pending age', async () => {
    await addApiRows(world.platform.admin, { count: 2, age: '3 hours', available: `'infinity'` })
    expect(valuesOf(await lookOnce(probe))).toEqual({ ...nothing, [apiDead]: 2 })
  })

  test('a row from the future is a contradiction, and says nothing against the counts', async () => {
    await addApiRows(world.platform.admin, { count: 1, age: '-1 hour' })
    const outcome = await lookOnce(probe)
    expect(valuesOf(outcome)).toMatchObject({ [apiPending]: 1, [coordinatorAge]: 0 })
    expect(valuesOf(outcome)).not.toHaveProperty([apiAge])
    expect(blindSpotsOf(outcome)).toEqual({
      [apiAge]: expect.stringMatching(/^contradictory outbox_age_negative: .*3600 s in the future/),
    })
  })
})

describe('one table that cannot be read does not blind the other', () => {
  async function expectOnlyCoordinator(why: RegExp): Promise<void> {
    const outcome = await lookOnce(probe)
    expect(valuesOf(outcome)).toEqual({
      [coordinatorPending]: 1,
      [coordinatorDead]: 0,
      [coordinatorAge]: expect.any(Number),
    })
    const spots = blindSpotsOf(outcome)
    expect(Object.keys(spots)).toEqual([apiPending, apiDead, apiAge])
    for (const said of Object.values(spots)) expect(said).toMatch(why)
  }

  async function statementsOfOneLook(): Promise<number> {
    const before = world.postgres.cost.statements
    await lookOnce(probe)
    return world.postgres.cost.statements - before
  }

  beforeEach(() => addCoordinatorRows(world.platform.admin, 'pending', { count: 1 }))

  test('without the grant, which the message names', async () => {
    await world.platform.admin.query('REVOKE SELECT ON event_outbox FROM caracal_gate')
    await expectOnlyCoordinator(
      /^unauthorized postgres_not_permitted: .*GRANT SELECT ON public.event_outbox TO "caracal_gate"$/,
    )
    const refused = await statementsOfOneLook()
    await world.platform.admin.query('GRANT SELECT ON event_outbox TO caracal_gate')
    expect(valuesOf(await lookOnce(probe))).toMatchObject({ [apiPending]: 0, [coordinatorPending]: 1 })
    expect([refused, await statementsOfOneLook()]).toEqual([2, 1])
  })

  test('without the table', async () => {
    await world.platform.admin.query('ALTER TABLE event_outbox RENAME TO event_outbox_away')
    await expectOnlyCoordinator(/^ambiguous outbox_table_missing: .*event_outbox/)
    await world.platform.admin.query('ALTER TABLE event_outbox_away RENAME TO event_outbox')
    expect(blindSpotsOf(await lookOnce(probe))).toEqual({})
  })

  test('with a column that is missing', async () => {
    await world.platform.admin.query('ALTER TABLE event_outbox RENAME COLUMN dispatched_at TO sent_at')
    await expectOnlyCoordinator(/^malformed postgres_schema_mismatch: /)
    await world.platform.admin.query('ALTER TABLE event_outbox RENAME COLUMN sent_at TO dispatched_at')
  })

  test('while a migration holds its lock', async () => {
    const migration = await world.platform.admin.connect()
    await migration.query('BEGIN; LOCK TABLE event_outbox IN ACCESS EXCLUSIVE MODE')
    try {
      await expectOnlyCoordinator(/^timeout postgres_lock_timeout: /)
    } finally {
      await migration.query('ROLLBACK')
      migration.release()
    }
  })

  test('without any grant nothing is seen and both are named', async () => {
    await world.platform.admin.query('REVOKE SELECT ON event_outbox, caracal_outbox FROM caracal_gate')
    const outcome = await lookOnce(probe)
    await world.platform.admin.query('GRANT SELECT ON event_outbox, caracal_outbox TO caracal_gate')
    expect(valuesOf(outcome)).toEqual({})
    expect(Object.keys(blindSpotsOf(outcome))).toHaveLength(6)
  })
})

describe('the server', () => {
  test('that hangs blinds the look in time, and is seen again', async () => {
    await lookOnce(probe)
    await world.server.suspend()
    try {
      expect(whyUnavailable(await lookOnce(probe))).toMatch(/^timeout postgres_timeout: /)
    } finally {
      await world.server.resume()
    }
    await expect.poll(async () => (await lookOnce(probe)).ok).toBe(true)
  })

  test('that is a standby, whose rows may lag, proves nothing', async () => {
    const [row] = await world.server.query('SHOW data_directory')
    const marker = `${String(row?.['data_directory'])}/standby.signal`
    await world.server.query('CHECKPOINT')
    await writeFile(marker, '')
    await world.server.restart()
    try {
      await expect
        .poll(async () => {
          const outcome = await lookOnce(probe)
          return outcome.ok ? 'seen' : `${outcome.unknownReason} ${outcome.reason}`
        })
        .toBe('contradictory postgres_in_recovery')
    } finally {
      await rm(marker)
      await world.server.restart()
    }
    await expect.poll(async () => (await lookOnce(probe)).ok, { timeout: 3_000 }).toBe(true)
  })
})
