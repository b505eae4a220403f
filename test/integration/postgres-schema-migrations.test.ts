import { beforeEach, expect, test } from 'vitest'
import type { Probe } from '../../src/probes/probe.ts'
import { schemaMigrations } from '../../src/probes/schema-migrations.ts'
import { whyUnavailable, blindSpotsOf, lookOnce, platformInPostgres, valuesOf } from '../support/postgres.ts'

const world = platformInPostgres()
let probe: Probe

const released = {
  'caracal_migration_applied 0001_baseline': 1,
  'caracal_migration_applied 0002_approval_hardening': 1,
  'caracal_migration_applied 0003_operator_run_token_usage': 1,
}

beforeEach(() => {
  probe = schemaMigrations(world.postgres)
})
test('every applied version is a reading', async () => {
  expect(valuesOf(await lookOnce(probe))).toEqual(released)
  await world.platform.admin.query(`INSERT INTO schema_migrations (version) VALUES ('0004_next')`)
  const seen = Object.keys(valuesOf(await lookOnce(probe)))
  await world.platform.admin.query(`DELETE FROM schema_migrations WHERE version = '0004_next'`)
  expect(seen).toEqual([...Object.keys(released), 'caracal_migration_applied 0004_next'])
})

test('before the first migration there is no table, and the message says so', async () => {
  await world.platform.admin.query('ALTER TABLE schema_migrations RENAME TO schema_migrations_away')
  const outcome = await lookOnce(probe)
  await world.platform.admin.query('ALTER TABLE schema_migrations_away RENAME TO schema_migrations')
  expect(valuesOf(outcome)).toEqual({})
  expect(blindSpotsOf(outcome)).toEqual({
    caracal_migration_applied: expect.stringMatching(
      /^ambiguous schema_migrations_missing: no migration was ever applied/,
    ),
  })
  expect(valuesOf(await lookOnce(probe))).toEqual(released)
})

test('an empty table is no version, not a proof of anything', async () => {
  await world.platform.admin.query('CREATE TABLE kept AS TABLE schema_migrations; TRUNCATE schema_migrations')
  const outcome = await lookOnce(probe)
  await world.platform.admin.query('INSERT INTO schema_migrations TABLE kept; DROP TABLE kept')
  expect(blindSpotsOf(outcome)).toEqual({
    caracal_migration_applied: expect.stringContaining('schema_migrations_missing'),
  })
})

test('a table of more than 500 versions is not the table of the platform', async () => {
  await world.platform.admin.query(
    `INSERT INTO schema_migrations (version) SELECT 'other_' || n FROM generate_series(1, 600) AS n`,
  )
  const outcome = await lookOnce(probe)
  await world.platform.admin.query(`DELETE FROM schema_migrations WHERE version LIKE 'other%'`)
  expect(valuesOf(outcome)).toEqual({})
  expect(blindSpotsOf(outcome)).toEqual({
    caracal_migration_applied: expect.stringMatching(/^ambiguous schema_migrations_too_many: /),
  })
})

test('without the grant nothing is seen, and the message names it', async () => {
  await world.platform.admin.query('REVOKE SELECT ON schema_migrations FROM caracal_gate')
  const outcome = await lookOnce(probe)
  await world.platform.admin.query('GRANT SELECT ON schema_migrations TO caracal_gate')
  expect(whyUnavailable(outcome)).toMatch(
    /^unauthorized postgres_not_permitted: .*GRANT SELECT ON public.schema_migrations TO "caracal_gate"$/,
  )
})

test('a version that is no plain text is shown as one line', async () => {
  await world.platform.admin.query(`INSERT INTO schema_migrations (version) VALUES ($1)`, [
    '9\u001b[31m\nred',
  ])
  const seen = Object.keys(valuesOf(await lookOnce(probe)))
  await world.platform.admin.query(`DELETE FROM schema_migrations WHERE version LIKE '9%'`)
  expect(seen.at(-1)).toBe('caracal_migration_applied 9 [31m red')
})
