import { describe, expect, it } from 'vitest'
import { previousRevisionKept, schemaCompatible } from '../../../src/rules/rollback-plan.ts'
import * as signals from '../../../src/rules/signals.ts'
import { changed, faultsIn, findingsIn, named, remembering, type Case } from './judging.ts'
import { expectedMigrations, healthyWorld, type World } from './platform-world.ts'
import { checkStatesOf, inPhase, playScenes } from './playing.ts'
import { withFailing, withValue, without } from './world-changes.ts'

const healthy = healthyWorld()
const check = 'schema-compatibility'
const condition = schemaCompatible(check, 'the previous version runs on this schema')
const unsaid = without(healthy, 'evidence', check)
const refused = withValue(healthy, signals.pushedEvidence, { check }, 0)

/** The world in which these versions are applied. */
function applied(world: World, ...versions: readonly string[]): World {
  const readings = versions.map((version) => ({
    signal: signals.migrationApplied.name,
    labels: { version },
    value: 1,
  }))
  return world.map((one) => (one.probe === 'migrations' ? { ...one, readings } : one))
}

const unsaidYet = 'source unknown not_configured'

const migrated = applied(unsaid, ...expectedMigrations, '0004_new')

const hour = 3_600_000

interface Past {
  /** The hours at which the versions were first seen. */
  readonly seen?: readonly number[]
  /** The versions that the rollout found when it began. */
  readonly baseline?: readonly string[]
  readonly detectedBy?: 'declared' | 'helm-revision'
  /** The hour since when everything has been seen. */
  readonly from?: number
}

/** A rollout that began at 10 h, and what is remembered. */
function since({ seen = [1, 1, 1], baseline = expectedMigrations, detectedBy, from }: Past = {}) {
  return remembering(
    {
      ...Object.fromEntries(
        seen.map((at, n) => [`first-seen:caracal_migration_applied/${expectedMigrations[n]}`, at * hour]),
      ),
      ...Object.fromEntries(baseline.map((version) => [`rollout:caracal_migration_applied/${version}`, 1])),
      ...(from !== undefined && { 'follow:first-seen': from * hour }),
    },
    { startedAt: 10 * hour, ...(detectedBy !== undefined && { detectedBy }) },
  )
}

describe('the previous revision is retained', () => {
  const cases: readonly Case[] = [
    [
      [signals.releasePreviousRevision, {}, 0, 'this is the first'],
      ['previous revision unmet no_previous_revision'],
    ],
    [[signals.releasePreviousRevision, {}, 'blind'], ['kubernetes unknown cannot_tell']],
    [[signals.releasePreviousRevision, {}, 'silent'], ['previous revision unknown never_measured']],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(previousRevisionKept, changed(healthy, change))).toEqual(faults)
  })

  it('says which it is, or why there is none', () => {
    expect(findingsIn(previousRevisionKept, healthy)[0]?.message).toBe(
      "revision 4, caracal-1.0.0, images a, b is kept; that it ran is Helm's word alone",
    )
    const first = changed(healthy, [signals.releasePreviousRevision, {}, 0, 'this is the first'])
    expect(findingsIn(previousRevisionKept, first)[0]?.message).toBe(
      'there is no revision to go back to: this is the first',
    )
  })
})

const first = withValue(
  healthy,
  signals.releasePreviousRevision,
  {},
  0,
  'first_installation: this is the first revision of the release',
)

describe('a first installation', () => {
  const message =
    'there is nothing to go back to, helm uninstall takes it away: this is the first revision of the release'

  it('R55: needs no previous revision', () => {
    expect(findingsIn(previousRevisionKept, first)).toMatchObject([
      { answer: 'met', reason: 'first_installation', message },
    ])
  })

  it('R48: has no previous version that would have to run on the schema', () => {
    const installed = applied(without(first, 'evidence', check), ...expectedMigrations)
    const begun = since({ baseline: [], detectedBy: 'helm-revision' })
    expect(faultsIn(condition, installed, begun)).toEqual([])
    expect(faultsIn(condition, installed)).toEqual([])
    expect(findingsIn(condition, installed, begun)[0]).toMatchObject({ message })
    expect(faultsIn(condition, withValue(first, signals.pushedEvidence, { check }, 0), begun)).toEqual([
      `${check} unmet evidence_failed`,
    ])
  })

  it('R48: is none while the release is hidden, or more may have been rolled out', () => {
    const begun = since({ baseline: [] })
    const hidden = withFailing(without(first, 'evidence', check), 'helm-release')
    expect(faultsIn(condition, hidden, begun)).toContain(unsaidYet)
    const dropped = withValue(unsaid, signals.releasePreviousRevision, {}, 0, 'no earlier revision is kept')
    expect(faultsIn(condition, dropped, begun)).toContain(unsaidYet)
  })
})

describe('the previous version runs on the current schema', () => {
  it('R48: when a pipeline says so, whatever was applied', () => {
    expect(faultsIn(condition, healthy)).toEqual([])
    expect(faultsIn(condition, applied(healthy, '0004_new'), since())).toEqual([])
  })

  it('R48: not when a pipeline says no, although nothing was applied', () => {
    expect(faultsIn(condition, refused, since())).toEqual([`${check} unmet evidence_failed`])
  })

  it('R48: when every version was there when the rollout began', () => {
    expect(faultsIn(condition, unsaid, since())).toEqual([])
    const added = ['0003_outbox unknown schema_changed', unsaidYet]
    expect(faultsIn(condition, unsaid, since({ baseline: expectedMigrations.slice(0, 2) }))).toEqual(added)
  })

  it('R48: not when the baseline was taken late, and a version was first seen after the beginning', () => {
    const added = ['0003_outbox unknown schema_changed', unsaidYet]
    expect(faultsIn(condition, unsaid, since({ seen: [1, 1, 10] }))).toEqual([])
    expect(faultsIn(condition, unsaid, since({ seen: [1, 1, 10.1] }))).toEqual(added)
    expect(faultsIn(condition, unsaid, since({ seen: [1, 1] }))).toEqual(added)
  })

  it('R48: not when the rollout was there before the daemon', () => {
    const detected = { detectedBy: 'helm-revision' } as const
    const doubtful = expectedMigrations.map((version) => `${version} unknown schema_changed`)
    expect(faultsIn(condition, unsaid, since({ ...detected, from: 9 }))).toEqual([])
    expect(faultsIn(condition, unsaid, since({ ...detected, from: 10 }))).toEqual([...doubtful, unsaidYet])
    expect(faultsIn(condition, unsaid, since(detected))).toEqual([...doubtful, unsaidYet])
  })

  it('R48: is unknown when a version has gone since', () => {
    const gone = since({ baseline: [...expectedMigrations, '0009_gone'] })
    expect(faultsIn(condition, unsaid, gone)).toEqual(['0009_gone unknown schema_changed', unsaidYet])
  })

  it('R48: is unknown without a rollout, and while the table or a version of it cannot be seen', () => {
    expect(faultsIn(condition, unsaid)).toEqual([unsaidYet])
    const begun = since()
    expect(faultsIn(condition, withFailing(unsaid, 'migrations'), begun)).toEqual([
      'postgres unknown unreachable',
      unsaidYet,
    ])
    const hidden = changed(unsaid, [signals.migrationApplied, { version: '0002_audit' }, 'blind'])
    expect(faultsIn(condition, hidden, begun)).toContain('0002_audit unknown cannot_tell')
    expect(faultsIn(condition, applied(unsaid), begun)).toEqual([unsaidYet])
  })

  it('X61: goes on to be known when the rollout has ended that showed it, and no longer than that', () => {
    const { rollout: _, ...ended } = since()
    expect(faultsIn(condition, unsaid, ended)).toEqual([])
    const { rollout: __, ...changed } = since({ seen: [1, 1, 10.1] })
    expect(faultsIn(condition, unsaid, changed)).toEqual(['0003_outbox unknown schema_changed', unsaidYet])
  })

  it('R48: takes an evidence of another rollout for none', () => {
    const another = healthy.map((one) =>
      one.probe === 'evidence'
        ? { ...one, target: { ...one.target, labels: { check, rollout: 'r0' } } }
        : one,
    )
    expect(faultsIn(condition, another, since({ baseline: [] }))).toContain(
      '0003_outbox unknown schema_changed',
    )
    expect(faultsIn(condition, another, since())).toEqual([])
  })

  it('R48: passes in a declared rollout until its migrations are applied, also those of a later one', () => {
    const played = playScenes([
      { world: unsaid, seconds: 5 },
      { world: unsaid, seconds: 1, command: inPhase('preflight') },
      { world: withFailing(unsaid, 'migrations'), seconds: 5, command: inPhase('migrating') },
      { world: migrated, seconds: 5 },
      { world: migrated, seconds: 1, command: inPhase('preflight', 'r2') },
    ])
    expect(checkStatesOf(played, check)).toEqual(['unknown', 'pass', 'unknown', 'unknown', 'pass'])
    expect(played[3]?.checks.get(check)?.findings.map(({ message }) => message)).toContain(
      'version 0004_new may have been applied in this rollout, and there is no evidence that the previous version runs on this schema',
    )
  })
})
