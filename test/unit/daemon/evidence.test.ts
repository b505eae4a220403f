import { describe, expect, it } from 'vitest'
import { pushedEvidence, releaseManifestObjects, releaseRevision } from '../../../src/checks/signals.ts'
import { fold } from '../../../src/core/belief.ts'
import { PUSHED_EVIDENCE, type Observation } from '../../../src/core/observation.ts'
import type { Rollout } from '../../../src/core/rollout.ts'
import { read } from '../../../src/core/signal.ts'
import { initialSnapshot, type Rules, type Snapshot } from '../../../src/core/snapshot.ts'
import { admit, type Admission } from '../../../src/daemon/evidence.ts'
import type { EvidenceBody } from '../../../src/publish/bodies.ts'
import { aRound, aTarget, failed, saw } from '../../support/timeline.ts'

const now = Date.parse('2026-05-01T12:00:00Z')
const mine = `sha256:${'ab'.repeat(32)}`
const other = `sha256:${'cd'.repeat(32)}`
const providers = new Map([
  [pushedEvidence.name, PUSHED_EVIDENCE],
  [releaseRevision.name, 'helm-release'],
  [releaseManifestObjects.name, 'helm-release'],
])
const rules: Rules = { gates: [], stops: [], providers, steady: 0, longestGap: 5_000, skipped: new Map() }

interface Situation {
  readonly rollout?: Rollout
  readonly past?: readonly Rollout[]
  readonly held?: Observation
  /** Revision and digest that the cluster shows; false when it can't be seen. */
  readonly release?: { readonly revision: number; readonly digest: string } | false
  readonly revisionAtBegin?: number
}

function snapshotIn({ rollout, held, release, revisionAtBegin }: Situation): Snapshot {
  const kubernetes = aTarget('kubernetes')
  const looks =
    release === undefined
      ? []
      : [
          release === false
            ? failed(kubernetes, now)
            : saw(kubernetes, now, [
                read(releaseRevision, {}, release.revision, 'caracal-1.0.0'),
                read(releaseManifestObjects, {}, 40, release.digest),
              ]),
        ]
  const rounds = [
    aRound('helm-release', now, looks),
    aRound(PUSHED_EVIDENCE, now, held === undefined ? [] : [held]),
  ]
  return {
    ...initialSnapshot(now, rules),
    beliefs: fold(new Map(), rounds),
    marks: new Map(revisionAtBegin === undefined ? [] : [['rollout:release-revision', revisionAtBegin]]),
    ...(rollout !== undefined && { rollout }),
  }
}

function push(body: Partial<EvidenceBody> = {}, situation: Situation = {}, at = now): Admission {
  const whole: EvidenceBody = {
    outcome: 'pass',
    validForSeconds: 3_600,
    actor: 'pipeline-17',
    reason: 'rendered',
    ...body,
  }
  return admit('helm-render', whole, {
    snapshot: snapshotIn(situation),
    rules,
    past: situation.past ?? [],
    now: at,
  })
}

function admitted(body: Partial<EvidenceBody> = {}, situation: Situation = {}): Observation {
  const admission = push(body, situation)
  if (admission.kind === 'refused') throw new Error(`${admission.title}: ${admission.detail}`)
  return admission.observation
}

function refusedFor(body: Partial<EvidenceBody>, situation: Situation = {}): string {
  const admission = push(body, situation)
  return admission.kind === 'refused' ? admission.title : admission.kind
}

function isoAt(secondsFromNow: number): string {
  return new Date(now + secondsFromNow * 1_000).toISOString()
}

function aRollout(id: string, more: Partial<Rollout> = {}): Rollout {
  return { id, phase: 'preflight', startedAt: now - 600_000, detectedBy: 'declared', ...more }
}

describe('evidence that is admitted', () => {
  it('is a look that was taken when the evidence was issued', () => {
    const { at, validFor } = admitted({ issuedAt: isoAt(-900) })
    expect([at, validFor]).toEqual([now - 900_000, 3_600_000])
    expect(admitted().at).toBe(now)
  })

  it('carries the check, the digest and the rollout as labels of its target', () => {
    expect(admitted({ digest: mine, rollout: 'caracal/47' }).target).toEqual({
      id: 'helm-render',
      labels: { check: 'helm-render', digest: mine, rollout: 'caracal/47' },
    })
    expect(admitted().target.labels).toEqual({ check: 'helm-render' })
  })

  it('says what was found, about what, by whom and until when', () => {
    const { outcome } = admitted({ digest: mine, message: 'helm lint and helm template passed' })
    expect(outcome).toMatchObject({
      readings: [
        {
          value: 1,
          detail:
            'helm lint and helm template passed for sha256:abababababab, says pipeline-17, expires 2026-05-01T13:00Z',
        },
      ],
    })
    const long = admitted({ message: 'x'.repeat(300), actor: 'y'.repeat(300), outcome: 'fail' }).outcome
    expect(long).toMatchObject({ readings: [{ value: 0, detail: /expires 2026-05-01T13:00Z$/ }] })
  })

  it('keeps no control character of a message', () => {
    const { outcome } = admitted({ message: 'a\u001b[31mb\nc' })
    expect(JSON.stringify(outcome)).not.toMatch(/\\u001b|\\n/)
  })
})

describe('the time of evidence', () => {
  it('R58: may be ahead by as much as clocks differ, and not more', () => {
    expect(refusedFor({ issuedAt: isoAt(60) })).toBe('new')
    expect(refusedFor({ issuedAt: isoAt(61) })).toBe('the evidence comes from the future')
  })

  it('R58: is when its validity begins, so that it may have ended on arrival', () => {
    expect(refusedFor({ issuedAt: isoAt(-3_599) })).toBe('new')
    expect(refusedFor({ issuedAt: isoAt(-3_600) })).toBe('the evidence has expired')
  })

  it('is told in the refusal, with what mends it', () => {
    const admission = push({ issuedAt: '2026-05-01T09:00:00+01:00' })
    expect(admission).toMatchObject({
      detail:
        'it was issued at 2026-05-01T08:00:00Z for 1 h, which ended 3 h ago; look again and push what is found',
    })
  })
})

describe('evidence for a check that has some', () => {
  const held = admitted({ issuedAt: isoAt(-60), digest: mine })

  it('is the same when all of it is the same', () => {
    expect(push({ issuedAt: isoAt(-60), digest: mine }, { held }).kind).toBe('known')
  })

  it.each([
    ['the outcome', { outcome: 'fail' as const }],
    ['the digest', { digest: other }],
    ['the rollout', { rollout: 'caracal/47' }],
    ['the message', { message: 'something else' }],
    ['the validity', { validForSeconds: 7_200 }],
    ['the actor', { actor: 'somebody else' }],
  ])('is refused when its time is the same and %s is not', (_, change) => {
    expect(refusedFor({ issuedAt: isoAt(-60), digest: mine, ...change }, { held })).toBe(
      'newer evidence is held',
    )
  })

  it('R58: is refused when it is older, and replaces it when it is newer', () => {
    expect(refusedFor({ issuedAt: isoAt(-61), digest: mine }, { held })).toBe('newer evidence is held')
    expect(refusedFor({ issuedAt: isoAt(-59), outcome: 'fail' }, { held })).toBe('new')
  })

  it('is newer when it names no time, even if what is held came from a fast clock', () => {
    const ahead = admitted({ issuedAt: isoAt(30) })
    const { at } = admitted({ outcome: 'fail' }, { held: ahead })
    expect(at).toBeGreaterThan(ahead.at)
  })

  it('is compared with it also after that has expired, so that nothing comes back', () => {
    const expired = admitted({ issuedAt: isoAt(-3_000), validForSeconds: 3_600 })
    const later = now + 3_600_000
    const older = { issuedAt: isoAt(-3_001), validForSeconds: 86_400 }
    expect(push(older, { held: expired }, later)).toMatchObject({ title: 'newer evidence is held' })
  })
})

describe('the rollout of evidence', () => {
  const current = aRollout('caracal/47')

  it('may be named before it begins, and by evidence that is older than it', () => {
    expect(refusedFor({ rollout: 'caracal/47' })).toBe('new')
    expect(refusedFor({ rollout: 'caracal/47', issuedAt: isoAt(-1_200) }, { rollout: current })).toBe('new')
  })

  it('R58: must be the one under way', () => {
    expect(refusedFor({ rollout: 'caracal/46' }, { rollout: current })).toBe('another rollout is current')
  })

  it('must not have ended', () => {
    const ended = aRollout('caracal/46', { phase: 'done', finishedAt: now })
    expect(refusedFor({ rollout: 'caracal/46' }, { rollout: ended })).toBe('this rollout has ended')
    expect(refusedFor({ rollout: 'caracal/46' }, { past: [ended] })).toBe('this rollout has ended')
  })

  it('R58: must be named by evidence that was issued before it', () => {
    expect(refusedFor({ issuedAt: isoAt(-601) }, { rollout: current })).toBe(
      'the evidence is older than the rollout',
    )
    expect(refusedFor({ issuedAt: isoAt(-600) }, { rollout: current })).toBe('new')
    expect(refusedFor({ issuedAt: isoAt(-601) })).toBe('new')
  })

  it('does not unsettle what was admitted before it began', () => {
    const held = admitted({ issuedAt: isoAt(-601) })
    expect(refusedFor({ issuedAt: isoAt(-601) }, { rollout: current, held })).toBe('known')
  })
})

describe('the manifest of evidence', () => {
  const rollout = aRollout('caracal/47', { phase: 'rolling' })
  const applied = { rollout, revisionAtBegin: 4, release: { revision: 5, digest: mine } }

  it('R58: must be the one that Helm has applied in this rollout', () => {
    expect(refusedFor({ digest: mine }, applied)).toBe('new')
    const admission = push({ digest: other }, applied)
    expect(admission).toMatchObject({
      kind: 'refused',
      title: 'the release has another manifest',
      detail: `it is about ${other}, and revision 5 of the release has ${mine}; render what was applied`,
    })
  })

  it.each<[string, Situation]>([
    ['Helm has applied nothing in this rollout', { ...applied, revisionAtBegin: 5 }],
    ['the revision at the beginning is not known', { rollout, release: applied.release }],
    ['the cluster can not be seen', { ...applied, release: false }],
    ['nobody looks at the release', { rollout, revisionAtBegin: 4 }],
    ['no rollout is under way', { revisionAtBegin: 4, release: applied.release }],
  ])('is not compared while %s', (_, situation) => {
    expect(refusedFor({ digest: other }, situation)).toBe('new')
  })

  it('is not asked of evidence that names no digest', () => {
    expect(refusedFor({}, applied)).toBe('new')
  })
})
