import { pushedEvidence, ready, releaseManifestObjects, releaseRevision } from '../rules/signals.ts'
import { evidenceOf } from '../core/evidence.ts'
import type { Observation } from '../core/observation.ts'
import { byNewest, heldEvidence, pieceOf, targetOf, type Piece } from '../core/pushed.ts'
import { isActive, REVISION_AT_BEGIN } from '../core/rollout.ts'
import { isSame as isSameValue } from '../core/same.ts'
import { read } from '../core/signal.ts'
import type { Rules, Snapshot } from '../core/snapshot.ts'
import { plain } from '../core/text.ts'
import { inWords, SECOND, SKEW, type Instant, type Millis } from '../core/time.ts'
import type { EvidenceBody } from '../contract/commands.ts'
import type { RefusalCode } from '../core/refusal.ts'
import { saidOfReplicas } from './evidence-replicas.ts'

/** Whether evidence counts, and if not, why. */
export type Admission =
  | { readonly kind: 'new'; readonly observation: Observation }
  /** The very same is held already. */
  | { readonly kind: 'known'; readonly observation: Observation }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly detail: string }

export interface Ground {
  readonly snapshot: Snapshot
  readonly rules: Rules
  readonly now: Instant
}

type Refusal = { readonly code: RefusalCode; readonly detail: string } | undefined

/** What evidence is about, without what it says of that. */
type Subject = Pick<Piece, 'digest' | 'rollout' | 'life'>

/**
 * Admits evidence that was pushed for a check, as an observation of it that was made when the evidence was issued. It is bound
 * to its time, to one life of one rollout and to the manifest whose digest it names; what is bound elsewhere is refused.
 * What names a rollout that has not begun waits for it. A `fail` about what is there now is never refused for its time
 * or for what is held.
 */
export function admit(check: string, body: EvidenceBody, ground: Ground): Admission {
  const issued = body.issuedAt === undefined ? ground.now : Date.parse(body.issuedAt)
  const subject = subjectOf(body, ground)
  if ('code' in subject) return { kind: 'refused', ...subject }
  const rivals = rivalsOf(check, subject, ground.snapshot)
  const newest = rivals.find(({ piece }) => body.outcome === 'pass' || isSameSubject(piece, subject))
  // What says fail counts from its arrival on, and so does what is pushed without a time: it is the newest there is.
  const isNow = body.outcome === 'fail' || body.issuedAt === undefined
  const since = isNow
    ? Math.max(ground.now, (newest?.piece.since ?? -Infinity) + 1)
    : Math.min(issued, ground.now)
  const piece = { check, outcome: body.outcome, issued, since, ...subject }
  const observation = observationOf(piece, body, ground)
  // What says fail may be said again after something newer; what says pass must be the newest.
  const [latest] = rivals
  const known = (body.outcome === 'fail' ? rivals : latest === undefined ? [] : [latest]).find(({ last }) =>
    isSame(last, observation),
  )
  const refusal =
    ofItsTime(body, issued, ground.now, longestOf(check, ground.rules)) ??
    (known !== undefined ? undefined : ofItsRollout(body, issued, ground)) ??
    ofItsManifest(body, subject, ground)
  if (refusal !== undefined) return { kind: 'refused', ...refusal }
  if (known !== undefined) return { kind: 'known', observation: known.last }
  if (isNow || newest === undefined || since > newest.piece.since) return { kind: 'new', observation }
  return { kind: 'refused', ...outdated(issued, newest.piece) }
}

interface Held {
  readonly piece: Piece
  readonly last: Observation
}

/** What is held for the check about the same rollout, and what says fail of the same manifest; newest first. */
function rivalsOf(check: string, subject: Subject, snapshot: Snapshot): readonly Held[] {
  return heldEvidence(snapshot)
    .flatMap((last): Held[] => {
      const piece = pieceOf(last.target)
      return piece?.check === check ? [{ piece, last }] : []
    })
    .filter(
      ({ piece }) =>
        isSameSubject(piece, subject) ||
        (piece.outcome === 'fail' && piece.digest !== undefined && piece.digest === subject.digest),
    )
    .toSorted((a, b) => byNewest(a.piece, b.piece))
}

function isSameSubject(a: Subject, b: Subject): boolean {
  return a.rollout === b.rollout && a.life === b.life
}

function outdated(issued: Instant, { outcome, since }: Piece): NonNullable<Refusal> {
  if (outcome === 'fail') {
    const detail = `it was issued at ${timeOf(issued)}, and evidence that says fail has been held since ${timeOf(since)}; look again and push what is found`
    return { code: 'newer-evidence', detail }
  }
  const detail =
    issued === since
      ? `evidence of the same time, ${timeOf(issued)}, is held and says something else; issue it anew`
      : `it was issued at ${timeOf(issued)}, and evidence of ${timeOf(since)} is held; issue it anew`
  return { code: 'newer-evidence', detail }
}

/** How long evidence for the check counts at most. */
function longestOf(check: string, { gates }: Rules): Millis {
  const asked = gates.flatMap(({ checks }) => checks).find(({ id }) => id === check)
  return asked?.ofReplicas?.maxAge ?? Infinity
}

function ofItsTime(
  { outcome, validForSeconds }: EvidenceBody,
  issued: Instant,
  now: Instant,
  longest: Millis,
): Refusal {
  const ahead = issued - now
  if (ahead > SKEW && outcome === 'pass') {
    const detail = `it was issued at ${timeOf(issued)}, ${inWords(ahead)} from now (${timeOf(now)}); set the clock of the machine that issues it`
    return { code: 'evidence-from-the-future', detail }
  }
  // What says fail is held for as long as its sender wants it to be.
  const validFor = Math.min(validForSeconds * SECOND, outcome === 'fail' ? Infinity : longest)
  const left = issued + validFor - now
  if (left > 0) return undefined
  const detail = `it was issued at ${timeOf(issued)} for ${inWords(validFor)}, which ended ${inWords(-left)} ago; look again and push what is found`
  return { code: 'evidence-expired', detail }
}

/** The life of the rollout that the evidence is about, or why there is none that it can be about. */
function subjectOf(body: EvidenceBody, ground: Ground): Subject | NonNullable<Refusal> {
  const { rollout: latest, begun } = ground.snapshot
  const about = body.digest === undefined ? {} : { digest: body.digest }
  const current = isActive(latest) ? latest : undefined
  const named = body.rollout ?? current?.id
  if (named === undefined) return about
  if (named === current?.id) return { ...about, rollout: named, life: current.startedAt }
  const life = named === latest?.id ? latest : begun.find(({ id }) => id === named)
  if (life === undefined) return { ...about, rollout: named }
  const bound = { ...about, rollout: named, life: life.startedAt }
  // It may go on being about the manifest, or say at last that the one that is there now is bad.
  const isLive = body.digest !== undefined && releaseOf(ground).digests.includes(body.digest)
  if (isLive || (body.outcome === 'fail' && latest === life)) return bound
  const how = life === latest ? `ended as ${latest.phase}` : 'has ended'
  return { code: 'rollout-ended', detail: `${plain(named, 60)} ${how}` }
}

/** What names no rollout is about the time in which it was issued. */
function ofItsRollout({ rollout, outcome }: EvidenceBody, issued: Instant, { snapshot }: Ground): Refusal {
  const { rollout: latest } = snapshot
  if (rollout !== undefined || latest === undefined || outcome === 'fail') return undefined
  const { startedAt, finishedAt } = latest
  const [what, from] = finishedAt === undefined ? ['began', startedAt] : ['ended', finishedAt]
  if (issued >= from) return undefined
  const detail = `it was issued at ${timeOf(issued)}, before ${latest.id} ${what} at ${timeOf(from)}, and names no rollout; issue it anew, or name the rollout that it is about`
  return { code: 'evidence-before-rollout', detail }
}

/** Before Helm has applied anything in this rollout there is nothing to compare with; unseen, there is nothing either. */
function ofItsManifest({ digest, outcome }: EvidenceBody, { life }: Subject, ground: Ground): Refusal {
  const { baselines, rollout } = ground.snapshot
  const before = baselines.get(REVISION_AT_BEGIN)
  if (digest === undefined || outcome === 'fail' || before === undefined) return undefined
  if (!isActive(rollout) || life !== rollout.startedAt) return undefined
  const { revisions, digests } = releaseOf(ground)
  const applied = revisions.length > 0 && revisions.every((revision) => revision !== before)
  if (!applied || digests.length === 0 || digests.includes(digest)) return undefined
  const detail = `it is about ${digest}, and revision ${revisions.join(', ')} of the release has ${plain(digests.join(', '), 100)}; render what was applied`
  return { code: 'other-manifest', detail }
}

/** What is seen of the release: revisions and digests of its manifest. */
function releaseOf({ snapshot, rules, now }: Ground) {
  const evidence = evidenceOf(snapshot.beliefs, rules.providers, now)
  return {
    revisions: evidence.of(releaseRevision).readings.map(({ reading }) => reading.value),
    digests: evidence
      .of(releaseManifestObjects)
      .readings.flatMap(({ reading }) => reading.facts?.digest ?? []),
  }
}

/**
 * It expires when the pipeline said, no later than if it had been issued on its arrival, and no later than its check allows:
 * that is counted for a `fail` from its arrival.
 */
function observationOf(piece: Piece, body: EvidenceBody, { snapshot, rules, now }: Ground): Observation {
  const { check, outcome, digest, issued, since } = piece
  const from = Math.min(issued, now)
  const expiresAt = Math.min(
    from + body.validForSeconds * SECOND,
    (outcome === 'fail' ? now : from) + longestOf(check, rules),
  )
  const about = digest === undefined ? '' : ` for ${digest.slice(0, 'sha256:'.length + 12)}`
  const said = `${plain(body.message ?? outcome, 180)}${about}`
  const detail = `${said}, says ${plain(body.actor, 60)}, expires ${minuteOf(expiresAt)}`
  const known = evidenceOf(snapshot.beliefs, rules.providers, now).targets(ready)
  const { readings, blindSpots } = saidOfReplicas(check, body.replicas ?? [], known)
  const whole = read(pushedEvidence, { check }, outcome === 'pass' ? 1 : 0, plain(detail))
  return {
    target: targetOf(piece),
    at: since,
    took: 0,
    validFor: Math.max(0, expiresAt - since),
    outcome: { ok: true, readings: [whole, ...readings], blindSpots },
  }
}

/** Whether two pieces are the same one, pushed twice: all that the pipeline said of it. */
function isSame(a: Observation, b: Observation): boolean {
  return (
    a.target.id === b.target.id &&
    a.target.labels['issued'] === b.target.labels['issued'] &&
    a.at + a.validFor === b.at + b.validFor &&
    isSameValue(a.outcome, b.outcome)
  )
}

function timeOf(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

function minuteOf(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 16)}Z`
}
