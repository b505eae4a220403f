import { describe, expect, it } from 'vitest'
import { provenByEvidence } from '../../../src/rules/elsewhere.ts'
import { provenOfManifest } from '../../../src/rules/manifest.ts'
import * as signals from '../../../src/rules/signals.ts'
import { liveDigest } from './cluster-world.ts'
import { changed, faultsIn, findingsIn, remembering } from './judging.ts'
import { healthyWorld, type World } from './platform-world.ts'
import { withFailing, withSilence, withValue, without } from './world-changes.ts'

const healthy = healthyWorld()
const check = 'manifest-digest'
const condition = provenOfManifest(check, "the release's manifest is the one that the pipeline rendered")
const otherDigest = `sha256:${'cd'.repeat(32)}`

/** The world in which the evidence for the check has these labels beside its name. */
function pushedWith(labels: Readonly<Record<string, string>>, world: World = healthy): World {
  return world.map((one) =>
    one.probe === 'evidence' && one.target.id === check
      ? { ...one, target: { id: check, labels: { check, ...labels } } }
      : one,
  )
}

const other = pushedWith({ digest: otherDigest })

/** A rollout in which the release had this revision when it began; 5 is the one that it has. */
function begunAt(revision: number, phase: 'preflight' | 'rolling' = 'preflight') {
  return remembering({ 'rollout:release-revision': revision }, phase)
}

describe('evidence about a manifest', () => {
  it('R46: counts for the manifest that the release has', () => {
    expect(faultsIn(condition, healthy)).toEqual([])
    expect(faultsIn(condition, other)).toEqual([`${check} unmet manifest_differs`])
    expect(findingsIn(condition, other)[0]?.message).toBe(
      `the release has the manifest ${liveDigest}, the evidence is about ${otherDigest}`,
    )
  })

  it('R46: that names no digest counts for none', () => {
    expect(faultsIn(condition, pushedWith({}))).toEqual([`${check} unknown evidence_without_digest`])
  })

  it('R46: that says fail fails, whatever it is about', () => {
    const refused = changed(other, [signals.pushedEvidence, { check }, 0, 'helm lint failed'])
    expect(faultsIn(condition, refused)).toEqual([`${check} unmet evidence_failed`])
  })

  it('R46: is unknown when none was pushed, or what was has expired', () => {
    expect(faultsIn(condition, without(healthy, 'evidence', check))).toEqual([
      'source unknown not_configured',
    ])
    expect(faultsIn(condition, withFailing(healthy, 'evidence', check))).toEqual([
      `${check} unknown unreachable`,
    ])
  })

  it('R46: is unknown while the manifest of the release cannot be read', () => {
    expect(faultsIn(condition, withFailing(healthy, 'helm-release'))).toEqual([
      'kubernetes unknown unreachable',
    ])
    expect(faultsIn(condition, changed(healthy, [signals.releaseManifestObjects, {}, 'blind']))).toEqual([
      'kubernetes unknown cannot_tell',
    ])
    expect(faultsIn(condition, changed(healthy, [signals.releaseManifestObjects, {}, 'silent']))).toEqual([
      `${check} unknown never_measured`,
    ])
  })
})

describe('evidence about a rollout', () => {
  const mine = pushedWith({ digest: liveDigest, rollout: 'r1', life: '0' })
  const another = pushedWith({ digest: liveDigest, rollout: 'r0', life: '-9' })

  const claimed = provenByEvidence(check, 'it is so')
  const ofAnother = [`${check} unknown evidence_of_another_rollout`]

  it('R46: counts for that rollout, and for none that was another one', () => {
    for (const one of [condition, claimed]) expect(faultsIn(one, mine, begunAt(5))).toEqual([])
    for (const one of [condition, claimed]) expect(faultsIn(one, another, begunAt(5))).toEqual(ofAnother)
    // Between two rollouts the manifest is the proof, and without one there is none.
    expect(faultsIn(condition, another)).toEqual([])
    expect(faultsIn(claimed, another)).toEqual(ofAnother)
  })

  it('X83: counts for one life of a rollout, and not for another under its name', () => {
    const earlier = pushedWith({ digest: otherDigest, rollout: 'r1', life: '-9' })
    const waiting = pushedWith({ digest: otherDigest, rollout: 'r1' })
    for (const one of [condition, claimed])
      for (const world of [earlier, waiting]) expect(faultsIn(one, world, begunAt(5))).toEqual(ofAnother)
  })

  it('X83: of an ended rollout goes on to count until the next begins', () => {
    const ended = { ...remembering(), latest: { id: 'r1', startedAt: 0, detectedBy: 'declared' as const } }
    expect(faultsIn(claimed, mine, ended)).toEqual([])
    expect(faultsIn(claimed, another, ended)).toEqual(ofAnother)
  })

  it('X61: R70: counts by the digest of the manifest that the release has, whatever rollout it names', () => {
    for (const phase of ['rolling', 'verifying'] as const) {
      const restarted = remembering({ 'rollout:release-revision': 5 }, { id: 'caracal-w3', phase })
      expect(faultsIn(condition, another, restarted)).toEqual([])
      expect(faultsIn(claimed, another, restarted)).toEqual(ofAnother)
    }
  })

  it('X61: that is about another manifest waits for its rollout, beside what is in force', () => {
    const next = pushedWith({ digest: otherDigest, rollout: 'r6' })
    expect(faultsIn(condition, next)).toEqual(ofAnother)
    expect(findingsIn(condition, next)[0]?.message).toContain('which is not under way')
    const ended = { ...remembering(), latest: { id: 'r1', startedAt: 0, detectedBy: 'declared' as const } }
    for (const early of [next, pushedWith({ digest: otherDigest })])
      expect(faultsIn(condition, besideEarlier(mine, early), ended)).toEqual([])
  })

  it('R71: of two about one rollout the newer decides, and of one instant the one that says fail', () => {
    const refused = withValue(mine, signals.pushedEvidence, { check }, 0)
    expect(faultsIn(condition, besideEarlier(refused, mine), begunAt(5))).toEqual([])
    for (const world of [besideEarlier(mine, refused), besideEarlier(mine, refused, 0)])
      expect(faultsIn(condition, world, begunAt(5))).toEqual([`${check} unmet evidence_failed`])
  })

  it('R71: nothing older comes back when the newer has expired', () => {
    const expired = withFailing(mine, 'evidence', check)
    expect(faultsIn(condition, besideEarlier(mine, expired), begunAt(5))).toEqual([
      `${check} unknown unreachable`,
    ])
  })

  it('R46: that says fail fails no other rollout', () => {
    const refused = withValue(another, signals.pushedEvidence, { check }, 0)
    expect(faultsIn(condition, refused, begunAt(5))).toEqual(ofAnother)
  })
})

/** The evidence for the check of both worlds; that of the first is older, by this much. */
function besideEarlier(earlier: World, later: World, by = 1): World {
  const isIt = (one: World[number]) => one.probe === 'evidence' && one.target.id === check
  const first = earlier.filter(isIt).map((one) => ({
    ...one,
    target: {
      id: `${check} earlier`,
      labels: { issued: '0', since: String(1e15 - by), ...one.target.labels },
    },
  }))
  return [...later, ...first]
}

describe('before Helm has applied anything', () => {
  it('R47: the digest is there, and is compared later', () => {
    expect(faultsIn(condition, other, begunAt(5))).toEqual([])
    expect(findingsIn(condition, other, begunAt(5))[0]?.message).toContain(
      'compared once Helm has applied it',
    )
    expect(faultsIn(condition, pushedWith({}), begunAt(5))).toEqual([
      `${check} unknown evidence_without_digest`,
    ])
  })

  it('R47: that is so until the release has another revision, or the rollout goes on', () => {
    expect(faultsIn(condition, other, begunAt(4))).toEqual([`${check} unmet manifest_differs`])
    expect(faultsIn(condition, other, begunAt(5, 'rolling'))).toEqual([`${check} unmet manifest_differs`])
    expect(faultsIn(condition, healthy, begunAt(4))).toEqual([])
  })

  it('R47: nobody compares with a release that is not there yet', () => {
    const none = [signals.releaseRevision, signals.releaseManifestObjects].reduce(
      (world, signal) => withSilence(world, signal, {}),
      other,
    )
    expect(faultsIn(condition, none, remembering({}, 'preflight'))).toEqual([])
    expect(faultsIn(condition, none)).toEqual([`${check} unknown never_measured`])
  })

  it('R47: what differs is unknown when nobody knows where the rollout began, and what is equal is not', () => {
    const unmarked = remembering({}, 'preflight')
    expect(faultsIn(condition, other, unmarked)).toEqual([`${check} unknown release_revision_unknown`])
    expect(faultsIn(condition, healthy, unmarked)).toEqual([])
    const hidden = changed(other, [signals.releaseRevision, {}, 'blind'])
    expect(faultsIn(condition, hidden, begunAt(5))).toEqual([`${check} unknown cannot_tell`])
  })
})
