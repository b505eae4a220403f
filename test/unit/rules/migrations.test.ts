import { describe, expect, it } from 'vitest'
import { migrationsApplied, migrationsForwardOnly } from '../../../src/rules/migrations.ts'
import { migrationApplied } from '../../../src/rules/signals.ts'
import { changed, faultsIn, findingsIn, remembering } from './judging.ts'
import { expectedMigrations, healthyWorld, type World } from './platform-world.ts'
import { withFailing } from './world-changes.ts'

const healthy = healthyWorld()
const prefix = 'rollout:caracal_migration_applied/'

function baseline(...versions: readonly string[]) {
  return remembering(Object.fromEntries(versions.map((version) => [`${prefix}${version}`, 1])))
}

/** The world in which these versions are applied. */
function applied(...versions: readonly string[]): World {
  const readings = versions.map((version) => ({
    signal: migrationApplied.name,
    labels: { version },
    value: 1,
  }))
  return healthy.map((one) => (one.probe === 'migrations' ? { ...one, readings } : one))
}

const hidden = changed(healthy, [migrationApplied, { version: '0002_audit' }, 'blind'])

describe('every expected schema version is applied', () => {
  const condition = migrationsApplied(expectedMigrations)

  it('is met when all are', () => {
    expect(faultsIn(condition, healthy)).toEqual([])
    expect(faultsIn(condition, applied(...expectedMigrations, '0009_more'))).toEqual([])
  })

  it('T39: names the version that is missing; that no Job is there any more proves nothing', () => {
    expect(faultsIn(condition, applied('0001_baseline', '0003_outbox'))).toEqual([
      '0002_audit unmet migration_missing',
    ])
  })

  it('is unknown while nobody said what to expect', () => {
    expect(faultsIn(migrationsApplied(undefined), healthy)).toEqual(['source unknown not_configured'])
  })

  it('R05: is unknown when the table cannot be seen, or one version of it', () => {
    expect(faultsIn(condition, withFailing(healthy, 'migrations'))).toEqual(['postgres unknown unreachable'])
    expect(faultsIn(condition, hidden)).toEqual(['0002_audit unknown cannot_tell'])
  })

  it('R04: is unknown when the table says nothing', () => {
    expect(faultsIn(condition, applied())).toEqual(['evidence unknown never_measured'])
  })
})

describe('migrations only went forward', () => {
  it('takes the first sight as the baseline', () => {
    const tallies = findingsIn(migrationsForwardOnly, healthy).map((finding) => finding.tally)
    expect(tallies).toEqual(
      expectedMigrations.map((version) => ({
        key: `${prefix}${version}`,
        value: 1,
        baseline: 1,
        settles: false,
      })),
    )
  })

  it('accepts what sorts after the baseline', () => {
    const before = baseline('0001_baseline', '0002_audit')
    expect(faultsIn(migrationsForwardOnly, healthy, before)).toEqual([])
    expect(findingsIn(migrationsForwardOnly, healthy, before).map((finding) => finding.tally)).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('names a version that has gone', () => {
    expect(
      faultsIn(migrationsForwardOnly, applied('0001_baseline'), baseline('0001_baseline', '0002_audit')),
    ).toEqual(['0002_audit unmet migration_gone'])
  })

  it('names a version that was added behind the newest', () => {
    const before = baseline('0001_baseline', '0003_outbox')
    expect(faultsIn(migrationsForwardOnly, healthy, before)).toEqual([
      '0002_audit unmet migration_out_of_order',
    ])
  })

  it('R05: is unknown while a version is hidden, and does not call it gone', () => {
    const before = baseline(...expectedMigrations)
    expect(faultsIn(migrationsForwardOnly, hidden, before)).toEqual(['0002_audit unknown cannot_tell'])
    expect(faultsIn(migrationsForwardOnly, withFailing(healthy, 'migrations'), before)).toEqual([
      'postgres unknown unreachable',
    ])
  })

  it('takes no baseline while a version is hidden, which would be out of order once it is seen', () => {
    const found = findingsIn(migrationsForwardOnly, hidden)
    expect(found.map(({ answer, tally }) => [answer, tally])).toEqual([['unknown', undefined]])
  })

  it('R04: is unknown when the table says nothing', () => {
    expect(faultsIn(migrationsForwardOnly, applied(), baseline('0001_baseline'))).toEqual([
      'evidence unknown never_measured',
    ])
  })
})
