import { pushedEvidence, releaseManifestObjects, releaseRevision } from '../../../src/rules/signals.ts'
import { fold } from '../../../src/core/belief.ts'
import type { Gate } from '../../../src/core/gate.ts'
import { PUSHED_EVIDENCE, type Observation } from '../../../src/core/observation.ts'
import { refusals } from '../../../src/core/refusal.ts'
import type { Rollout } from '../../../src/core/rollout.ts'
import { read } from '../../../src/core/signal.ts'
import { initialSnapshot, type Rules, type Snapshot } from '../../../src/core/snapshot.ts'
import { admit, type Admission } from '../../../src/daemon/evidence.ts'
import type { EvidenceBody } from '../../../src/contract/commands.ts'
import { claimed } from '../../../src/rollout/evidence.ts'
import { aBatch, aTarget, failed, saw } from '../../support/timeline.ts'

export const now = Date.parse('2026-05-01T12:00:00Z')
export const mine = `sha256:${'ab'.repeat(32)}`
export const other = `sha256:${'cd'.repeat(32)}`
const providers = new Map([
  [pushedEvidence.name, PUSHED_EVIDENCE],
  [releaseRevision.name, 'helm-release'],
  [releaseManifestObjects.name, 'helm-release'],
])
const rules: Rules = { gates: [], stops: [], providers, steady: 0, longestGap: 5_000, skipped: new Map() }

export interface Situation {
  readonly rollout?: Rollout
  readonly past?: readonly Rollout[]
  readonly held?: Observation
  /** Revision and digest that the cluster shows; false when it can't be seen. */
  readonly release?: { readonly revision: number; readonly digest: string } | false
  readonly revisionAtBegin?: number
  /** The check that it is for, and how long evidence of replicas counts there. */
  readonly check?: string
  readonly maxAge?: number
}

function snapshotIn({ rollout, past = [], held, release, revisionAtBegin }: Situation): Snapshot {
  const kubernetes = aTarget('kubernetes')
  const looks =
    release === undefined
      ? []
      : [
          release === false
            ? failed(kubernetes, now)
            : saw(kubernetes, now, [
                read(releaseRevision, {}, release.revision, undefined, { chart: 'caracal-1.0.0' }),
                read(releaseManifestObjects, {}, 40, undefined, { digest: release.digest }),
              ]),
        ]
  const batches = [
    aBatch('helm-release', now, looks),
    aBatch(PUSHED_EVIDENCE, now, held === undefined ? [] : [held]),
  ]
  return claimed({
    ...initialSnapshot(now, rules),
    beliefs: fold(new Map(), batches),
    baselines: new Map(revisionAtBegin === undefined ? [] : [['rollout:release-revision', revisionAtBegin]]),
    begun: [...past, ...(rollout === undefined ? [] : [rollout])],
    ...(rollout !== undefined && { rollout }),
  })
}

export function push(body: Partial<EvidenceBody> = {}, situation: Situation = {}, at = now): Admission {
  const whole: EvidenceBody = {
    outcome: 'pass',
    validForSeconds: 3_600,
    actor: 'pipeline-17',
    reason: 'rendered',
    ...body,
  }
  const { check = 'helm-render', maxAge } = situation
  return admit(check, whole, {
    snapshot: snapshotIn(situation),
    rules: maxAge === undefined ? rules : { ...rules, gates: [gateOf(check, maxAge)] },
    now: at,
  })
}

/** A gate whose check takes evidence of replicas. */
function gateOf(id: string, maxAge: number): Gate {
  const condition = { claims: 'it is so', signals: [], judge: () => [] }
  const check = {
    id,
    condition,
    source: 'evidence',
    failAfter: 0,
    warmUp: 0,
    nextStep: '',
    runbook: id,
  } as const
  return { id: 'gate', title: 'Gate', checks: [{ ...check, ofReplicas: { maxAge } }] }
}

export function admitted(body: Partial<EvidenceBody> = {}, situation: Situation = {}): Observation {
  const admission = push(body, situation)
  if (admission.kind === 'refused') throw new Error(`${admission.code}: ${admission.detail}`)
  return admission.observation
}

export function refusedFor(body: Partial<EvidenceBody>, situation: Situation = {}): string {
  const admission = push(body, situation)
  return admission.kind === 'refused' ? refusals[admission.code].title : admission.kind
}

export function isoAt(secondsFromNow: number): string {
  return new Date(now + secondsFromNow * 1_000).toISOString()
}

export function aRollout(id: string, more: Partial<Rollout> = {}): Rollout {
  return { id, phase: 'preflight', startedAt: now - 600_000, detectedBy: 'declared', ...more }
}
