import type { Account, Evidence } from '../core/evidence.ts'
import {
  unknown,
  unseen,
  type Condition,
  type Finding,
  type Recollection,
  type Tally,
} from '../core/finding.ts'
import type { Unavailable } from '../core/observation.ts'
import { fates, FIRST_INSTALLATION, FIRST_SEEN, REVISION_FATE, ROLLOUT_BASELINE } from '../core/rollout.ts'
import type { Instant } from '../core/time.ts'
import { pushedFor } from './elsewhere.ts'
import { expected } from './expected.ts'
import { migrationApplied, pushedEvidence, releasePreviousRevision, releaseRevisionKept } from './signals.ts'

/**
 * An earlier revision of the release is kept with all that is needed to go back to it. A first installation has none: its
 * plan is complete without, and `rollback` says that there is no way back.
 */
export const previousRevisionKept: Condition = {
  claims: 'the previous Helm revision is retained with images, chart and values',
  signals: [releasePreviousRevision, releaseRevisionKept],
  judge(evidence, recollection) {
    const { readings, unseen: blind } = evidence.of(releasePreviousRevision)
    const key = 'previous revision'
    const first = firstInstallation(evidence)
    if (first !== undefined) return [{ key, ...first }, ...blind.map((spot) => unseen(spot))]
    const seen = readings.map(({ reading, target }): Finding => {
      const way = reading.value > 0 ? wayBack(evidence, recollection) : noWay(reading.detail)
      return 'unknownReason' in way ? unknown(key, way, target.id) : { key, ...way, target: target.id }
    })
    return expected(key, [...seen, ...blind.map((spot) => unseen(spot))])
  },
}

type Way = Pick<Finding, 'answer' | 'reason' | 'message'>

/**
 * The newest revision that was seen to run with everything ready; else the newest that was not watched, or not for long, by
 * Helm's word. One that was watched and never had all its pods ready, or was seen to fail, is no way back.
 */
function wayBack(evidence: Evidence, recollection: Recollection): Way | Unavailable {
  const { readings, unseen: blind } = evidence.of(releaseRevisionKept)
  const kept = readings
    .map(({ reading }) => ({ revision: Number(reading.labels['revision']), reading }))
    .toSorted((a, b) => b.revision - a.revision)
    .map(({ revision, reading: { value, detail = `revision ${revision}` } }) => ({
      revision,
      detail,
      fate: recollection.baseline(`${REVISION_FATE}${revision}`),
      isKept: value === 1,
    }))
  const proven = kept.find(({ isKept, fate }) => isKept && fate === fates.proven)
  if (proven !== undefined)
    return {
      answer: 'met',
      reason: 'ok',
      message: `${proven.detail} is kept, and was seen with all of it ready`,
    }
  const told = kept.find(({ isKept, fate = fates.glimpsed }) => isKept && fate === fates.glimpsed)
  if (told !== undefined)
    return {
      answer: 'met',
      reason: 'ok',
      message: `${told.detail} is kept; that it ran is Helm's word alone`,
    }
  const [spot] = blind
  if (spot !== undefined) return spot
  const why = kept.slice(0, 3).map(({ revision, fate, isKept, detail }) => {
    if (!isKept) return `revision ${revision}: ${detail}`
    return fate === fates.failed
      ? `revision ${revision} was seen failed`
      : `revision ${revision} never had all of its pods ready`
  })
  return noWay(why.length === 0 ? undefined : why.join('; '), 'no_proven_revision')
}

function noWay(why = 'no reason given', reason = 'no_previous_revision'): Way {
  return { answer: 'unmet', reason, message: `there is no revision to go back to: ${why}` }
}

/** What is met because nothing was ever rolled out before, when the history of the release proves that. */
function firstInstallation(evidence: Evidence): Omit<Finding, 'key'> | undefined {
  for (const { reading, target } of evidence.of(releasePreviousRevision).readings) {
    if (reading.value !== 0 || reading.facts?.code !== FIRST_INSTALLATION) continue
    const message = `there is nothing to go back to, helm uninstall takes it away: ${reading.detail ?? ''}`
    return { answer: 'met', reason: FIRST_INSTALLATION, message, target: target.id }
  }
  return undefined
}

const atBegin = `${ROLLOUT_BASELINE}${migrationApplied.name}/`
const firstSeen = `first-seen:${migrationApplied.name}/`

/**
 * The previous version runs on the current schema: a pipeline said so, no migration was applied since the rollout began
 * (the last one, where none is under way), or there is no previous version. A pipeline that says no is right.
 */
export function schemaCompatible(check: string, claims: string): Condition {
  return {
    claims,
    signals: [pushedEvidence, migrationApplied, releasePreviousRevision],
    judge(evidence, recollection) {
      const pushed = pushedFor(check, claims, evidence, recollection)
      const account = evidence.of(migrationApplied)
      const versions = versionsOf(account, recollection)
      const isSaid = pushed.every(({ answer }) => answer !== 'unknown')
      // They only carry what must be remembered: what speaks for the previous version is said first.
      const known = versions.map((version): Finding => ({
        ...isApplied(version, recollection),
        indirect: true,
      }))
      const first = firstInstallation(evidence)
      if (!isSaid && first !== undefined) return [{ key: check, ...first }, ...known]
      // What a rollout has shown of its migrations is so after its end, until another begins.
      const { latest } = recollection
      if (isSaid || latest === undefined) return [...pushed, ...known]
      const blind = account.unseen.map((spot) => unseen(spot))
      const changes = changesOf(versions, recollection)
      if (blind.length > 0 || versions.length === 0) return [...pushed, ...blind, ...known]
      if (changes.length > 0) return [...pushed, ...known, ...changes]
      const message = `no migration was applied since ${latest.id} began`
      return [{ key: check, answer: 'met', reason: 'ok', message }, ...known]
    },
  }
}

interface Version {
  readonly name: string
  readonly target: string
  /** When it was first seen to be applied; absent at first sight. */
  readonly since?: Instant
}

function versionsOf({ readings }: Account, recollection: Recollection): readonly Version[] {
  return readings.map(({ reading, target }) => {
    const name = reading.labels['version'] ?? ''
    const since = recollection.baseline(`${firstSeen}${name}`)
    return { name, target: target.id, ...(since !== undefined && { since }) }
  })
}

/** What must be remembered of a version: when it was first seen. */
function isApplied({ name, target, since }: Version, recollection: Recollection): Finding {
  const value = since ?? recollection.now
  const tally: Tally = {
    key: `${firstSeen}${name}`,
    value,
    settles: false,
    ...(since === undefined && { baseline: value }),
  }
  return { key: name, answer: 'met', reason: 'ok', message: `version ${name} is applied`, target, tally }
}

/**
 * What changed the schema since the rollout began, or may have: what its baseline does not hold, what was first seen
 * after it began although the baseline, taken late, holds it, and all where the rollout was there before the daemon.
 */
function changesOf(versions: readonly Version[], recollection: Recollection): readonly Finding[] {
  const { latest } = recollection
  if (latest === undefined) return []
  const { startedAt, detectedBy } = latest
  // A declaration says that the rollout begins now.
  const sawItBegin = detectedBy === 'declared' || (recollection.baseline(FIRST_SEEN) ?? Infinity) < startedAt
  const before = new Set(recollection.baselines(atBegin).map((key) => key.slice(atBegin.length)))
  const present = new Set(versions.map(({ name }) => name))
  const gone = [...before]
    .filter((name) => !present.has(name))
    .map((name) => changed(name, `version ${name} has gone since the rollout began`))
  const added = versions
    .filter(({ name, since = Infinity }) => !sawItBegin || !before.has(name) || since > startedAt)
    // What is remembered of a version goes with the finding about it, and there is one for each.
    .map((version) => ({
      ...isApplied(version, recollection),
      ...changed(version.name, `version ${version.name} may have been applied in this rollout`),
    }))
  return [...gone, ...added]
}

function changed(version: string, what: string): Finding {
  const message = `${what}, and there is no evidence that the previous version runs on this schema`
  return unknown(version, { unknownReason: 'not_configured', reason: 'schema_changed', message })
}
