import { pushedEvidence, releaseManifestObjects, releaseRevision } from '../checks/signals.ts'
import { evidenceOf } from '../core/evidence.ts'
import { PUSHED_EVIDENCE, type Observation } from '../core/observation.ts'
import { isActive, REVISION_AT_BEGIN, type Rollout } from '../core/rollout.ts'
import { read } from '../core/signal.ts'
import type { Rules, Snapshot } from '../core/snapshot.ts'
import { plain } from '../core/text.ts'
import { inWords, MINUTE, SECOND, type Instant, type Millis } from '../core/time.ts'
import type { EvidenceBody } from '../publish/bodies.ts'

/** How far the clock of a pipeline may be ahead of ours: what is not synchronised by then is set wrong. */
const SKEW: Millis = MINUTE

/** Whether evidence counts, and if not, why. */
export type Admission =
  | { readonly kind: 'new'; readonly observation: Observation }
  /** The very same is held already. */
  | { readonly kind: 'known'; readonly observation: Observation }
  | { readonly kind: 'refused'; readonly title: string; readonly detail: string }

export interface Ground {
  readonly snapshot: Snapshot
  readonly rules: Rules
  /** Rollouts that have ended. */
  readonly past: readonly Rollout[]
  readonly now: Instant
}

/**
 * Admits evidence that was pushed for a check, as a look at it that was taken when the evidence was issued. It is bound
 * to its time, to the rollout that it names and to the manifest whose digest it names; what is bound elsewhere is
 * refused. What names a rollout that has not begun waits for it.
 */
export function admit(check: string, body: EvidenceBody, ground: Ground): Admission {
  const held = heldFor(check, ground.snapshot)
  const issuedAt =
    body.issuedAt === undefined
      ? // What is pushed without a time is the newest there is, even if an earlier one came from a fast clock.
        Math.max(ground.now, (held?.at ?? 0) + 1)
      : Date.parse(body.issuedAt)
  const observation = observationOf(check, body, issuedAt)
  const isKnown = held !== undefined && isSame(held, observation)
  const refusal =
    ofItsTime(observation, ground.now) ??
    ofItsRollout(body, isKnown ? ground.now : issuedAt, ground) ??
    ofItsManifest(body, ground)
  if (refusal !== undefined) return { kind: 'refused', ...refusal }
  if (isKnown) return { kind: 'known', observation: held }
  if (held === undefined || issuedAt > held.at) return { kind: 'new', observation }
  const detail =
    issuedAt === held.at
      ? `evidence of the same time, ${timeOf(issuedAt)}, is held and says something else; issue it anew`
      : `it was issued at ${timeOf(issuedAt)}, and evidence of ${timeOf(held.at)} is held; issue it anew`
  return { kind: 'refused', title: 'newer evidence is held', detail }
}

type Refusal = { readonly title: string; readonly detail: string } | undefined

function heldFor(check: string, { beliefs }: Snapshot): Observation | undefined {
  return beliefs.get(PUSHED_EVIDENCE)?.targets.get(check)?.last
}

function ofItsTime({ at, validFor }: Observation, now: Instant): Refusal {
  const ahead = at - now
  if (ahead > SKEW) {
    const detail = `it was issued at ${timeOf(at)}, ${inWords(ahead)} from now (${timeOf(now)}); set the clock of whoever issues it`
    return { title: 'the evidence comes from the future', detail }
  }
  const left = at + validFor - now
  if (left > 0) return undefined
  const detail = `it was issued at ${timeOf(at)} for ${inWords(validFor)}, which ended ${inWords(-left)} ago; look again and push what is found`
  return { title: 'the evidence has expired', detail }
}

function ofItsRollout({ rollout }: EvidenceBody, issuedAt: Instant, { snapshot, past }: Ground): Refusal {
  const known = snapshot.rollout === undefined ? past : [snapshot.rollout, ...past]
  const current = isActive(snapshot.rollout) ? snapshot.rollout : undefined
  if (rollout === undefined) {
    if (current === undefined || issuedAt >= current.startedAt) return undefined
    const detail = `it was issued at ${timeOf(issuedAt)}, before ${current.id} began at ${timeOf(current.startedAt)}, and names no rollout; issue it anew, or name the rollout that it is about`
    return { title: 'the evidence is older than the rollout', detail }
  }
  if (rollout === current?.id) return undefined
  if (current !== undefined)
    return {
      title: 'another rollout is current',
      detail: `asked for ${plain(rollout, 60)}, but ${current.id} is under way`,
    }
  const ended = known.find(({ id }) => id === rollout)
  if (ended === undefined) return undefined
  return { title: 'this rollout has ended', detail: `${plain(ended.id, 60)} ended as ${ended.phase}` }
}

/** Before Helm has applied anything in this rollout there is nothing to compare with; unseen, there is nothing either. */
function ofItsManifest({ digest }: EvidenceBody, { snapshot, rules, now }: Ground): Refusal {
  const before = snapshot.marks.get(REVISION_AT_BEGIN)
  if (digest === undefined || before === undefined || !isActive(snapshot.rollout)) return undefined
  const evidence = evidenceOf(snapshot.beliefs, rules.providers, now)
  const revisions = evidence.of(releaseRevision).readings.map(({ reading }) => reading.value)
  const digests = evidence.of(releaseManifestObjects).readings.flatMap(({ reading }) => reading.detail ?? [])
  const applied = revisions.length > 0 && revisions.every((revision) => revision !== before)
  if (!applied || digests.length === 0 || digests.includes(digest)) return undefined
  const detail = `it is about ${digest}, and revision ${revisions.join(', ')} of the release has ${plain(digests.join(', '), 100)}; render what was applied`
  return { title: 'the release has another manifest', detail }
}

function observationOf(check: string, body: EvidenceBody, at: Instant): Observation {
  const { digest, rollout, actor, outcome, validForSeconds } = body
  const validFor = validForSeconds * SECOND
  const about = digest === undefined ? '' : ` for ${digest.slice(0, 'sha256:'.length + 12)}`
  const said = `${plain(body.message ?? outcome, 180)}${about}`
  const detail = `${said}, says ${plain(actor, 60)}, expires ${minuteOf(at + validFor)}`
  const labels = { check, ...(digest !== undefined && { digest }), ...(rollout !== undefined && { rollout }) }
  const readings = [read(pushedEvidence, { check }, outcome === 'pass' ? 1 : 0, plain(detail))]
  return {
    target: { id: check, labels },
    at,
    took: 0,
    validFor,
    outcome: { ok: true, readings, blindSpots: [] },
  }
}

/** Whether two pieces of evidence for one check are the same one. */
function isSame(a: Observation, b: Observation): boolean {
  return a.at === b.at && a.validFor === b.validFor && meaningOf(a) === meaningOf(b)
}

function meaningOf({ target, outcome }: Observation): string {
  const { digest, rollout } = target.labels
  const said = outcome.ok ? outcome.readings.map(({ value, detail }) => [value, detail]) : []
  return JSON.stringify([digest, rollout, said])
}

function timeOf(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

function minuteOf(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 16)}Z`
}
