import type { Account } from '../core/evidence.ts'
import { notConfigured, unseen, type Condition, type Finding } from '../core/finding.ts'
import { ROLLOUT_BASELINE } from '../core/rollout.ts'
import { migrationApplied } from './signals.ts'

/** Every expected schema version is applied. */
export function migrationsApplied(expected: readonly string[] | undefined): Condition {
  return {
    claims: 'every expected schema version is applied',
    signals: [migrationApplied],
    judge(evidence) {
      if (expected === undefined)
        return [notConfigured('which schema versions to expect is not configured (migrations.expected)')]
      const account = evidence.of(migrationApplied)
      const applied = versionsOf(account)
      const blind = account.unseen.map((spot) => unseen(spot))
      if (applied.size === 0) return blind
      const missing = expected.filter((version) => !applied.has(version))
      return [
        ...blind,
        ...expected.filter((version) => applied.has(version)).map(isApplied),
        // What is not seen while something is hidden may be what is hidden.
        ...(blind.length > 0 ? [] : missing.map(isMissing)),
      ]
    },
  }
}

const atBegin = `${ROLLOUT_BASELINE}${migrationApplied.name}/`

/** Nothing that was applied when the rollout began has gone, and what was added since sorts after it. */
export const migrationsForwardOnly: Condition = {
  claims: 'migrations only went forward since the rollout began',
  signals: [migrationApplied],
  judge(evidence, recollection) {
    const account = evidence.of(migrationApplied)
    const applied = versionsOf(account)
    const blind = account.unseen.map((spot) => unseen(spot))
    const before = recollection.baselines(atBegin).map((key) => key.slice(atBegin.length))
    const newest = before.at(-1)
    // A baseline that is taken while something is hidden would call it new later.
    if (applied.size === 0 || (newest === undefined && blind.length > 0)) return blind
    const gone = before
      .filter((version) => blind.length === 0 && !applied.has(version))
      .map((version): Finding => {
        const message = `version ${version} was applied when the rollout began and has gone`
        return { key: version, answer: 'unmet', reason: 'migration_gone', message }
      })
    const present = [...applied].map((version): Finding => {
      // Without a baseline this is the first sight of all of them.
      if (newest === undefined) {
        const tally = { key: `${atBegin}${version}`, value: 1, baseline: 1, settles: false }
        return { ...isApplied(version), tally }
      }
      if (version > newest || before.includes(version)) return isApplied(version)
      const message = `version ${version} was added behind ${newest}, which was applied before it`
      return { key: version, answer: 'unmet', reason: 'migration_out_of_order', message }
    })
    return [...blind, ...gone, ...present]
  },
}

function isApplied(version: string): Finding {
  return { key: version, answer: 'met', reason: 'ok', message: `version ${version} is applied` }
}

function isMissing(version: string): Finding {
  const message = `version ${version} is not applied`
  return { key: version, answer: 'unmet', reason: 'migration_missing', message }
}

function versionsOf(account: Account): ReadonlySet<string> {
  return new Set(account.readings.map(({ reading }) => reading.labels['version'] ?? ''))
}
