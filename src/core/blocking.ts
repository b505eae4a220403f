import type { Advice } from './advice.ts'
import { candidatesOf, type Candidate, type Judged } from './candidate.ts'
import { causeRef, explain, type FoundCause, type Symptom } from './cause.ts'
import type { Finding } from './finding.ts'
import { comesOfLateness, STARVED } from './punctuality.ts'
import type { Instant } from './time.ts'

/** Something that keeps the verdict from `proceed`, root causes first. */
export interface Blocker {
  /** Path of the thing in the document: `stop-conditions/x`, `gates/x/checks/y`, `causes/x`, `rollout` or `evaluator/x`. */
  readonly ref: string
  readonly state: string
  readonly reason: string
  readonly message: string
  /** False when another entry of the list explains this one. */
  readonly rootCause: boolean
  /** Path of the root cause that explains this one. */
  readonly explainedBy?: string
  /** A heading of its own; absent where the message says all. */
  readonly title?: string
  /** Since when it is so, where that is known. */
  readonly since?: Instant
  /** The subject that it is about first, as a check or stop condition found it. */
  readonly finding?: Finding
  /** Of what is no check and no stop condition: what to do, and the subject that the first action names. */
  readonly advice?: Advice
  readonly subject?: string
}

export interface Blocking extends Blocker {
  /** What the summary says of it. */
  readonly headline: string
  /** A stop that fires or is latched, or a cause of one: it makes the verdict. */
  readonly forbids: boolean
}

/** All that keeps the verdict from `proceed`: causes first, the worst of them in front, then what they explain. */
export function blockers(judged: Judged): readonly Blocking[] {
  const candidates = candidatesOf(judged).toSorted((a, b) => a.rank - b.rank)
  const starved = judged.impediments.has(STARVED)
  const { causes, by } = explain(candidates, judged.graph)
  const explainedBy = whatExplains(candidates, by, starved)
  const { others } = judged.graph
  const explained = candidates.filter(({ ref }) => explainedBy.has(ref))
  const following = (root: string) => explained.filter(({ ref }) => rootOf(ref, explainedBy) === root)
  const roots = [
    ...causes.map((found) => ofCause(found, candidates, following(causeRef(found.cause.id)))),
    ...candidates
      .filter(({ ref }) => !explainedBy.has(ref))
      .map((candidate) => ({
        rank: Math.min(candidate.rank, ...following(candidate.ref).map(({ rank }) => rank)),
        blocking: ofCandidate(candidate, by, following(candidate.ref), others[candidate.ref]),
      })),
  ]
  return [
    ...roots.toSorted((a, b) => a.rank - b.rank).map(({ blocking }) => blocking),
    ...explained.map((candidate) => ({
      ...ofCandidate(candidate, new Map(), []),
      rootCause: false,
      explainedBy: rootOf(candidate.ref, explainedBy),
    })),
  ]
}

/** What explains a candidate as a whole: each of its symptoms is explained, or was found by one before it. */
function whatExplains(
  candidates: readonly Candidate[],
  by: ReadonlyMap<Symptom, string>,
  starved: boolean,
): ReadonlyMap<string, string> {
  const explainedBy = new Map<string, string>()
  const claimed = new Map<string, string>()
  for (const { ref, symptoms, claims } of candidates) {
    const open = symptoms.filter((symptom) => !by.has(symptom))
    const kinds = open.map((symptom) => kindOf(symptom, starved))
    const [first] = symptoms
    const explainer =
      first === undefined
        ? undefined
        : open.length === 0
          ? by.get(first)
          : kinds.every((kind) => claimed.has(kind))
            ? claimed.get(kinds[0] ?? '')
            : undefined
    if (explainer !== undefined) explainedBy.set(ref, explainer)
    else for (const kind of [...claims, ...kinds]) if (!claimed.has(kind)) claimed.set(kind, ref)
  }
  return explainedBy
}

/** Symptoms of one kind are one fault. What is late is so for one reason, whatever it is late about. */
function kindOf({ finding }: Symptom, starved: boolean): string {
  const { answer, unknownReason, target, reason, key } = finding
  if (answer !== 'unknown') return `${reason}:${key}`
  if (comesOfLateness(unknownReason, starved)) return `evaluator/${STARVED}`
  return target === undefined ? `${reason}:${key}` : `blind:${target}`
}

function rootOf(ref: string, explainedBy: ReadonlyMap<string, string>): string {
  const seen = new Set<string>()
  let root = ref
  for (
    let next = explainedBy.get(root);
    next !== undefined && !seen.has(next);
    next = explainedBy.get(root)
  ) {
    seen.add(next)
    root = next
  }
  return root
}

function ofCandidate(
  candidate: Candidate,
  by: ReadonlyMap<Symptom, string>,
  following: readonly Candidate[],
  advice?: Advice,
): Blocking {
  const { ref, state, title, symptoms } = candidate
  const first = symptoms.find((symptom) => !by.has(symptom))
  const since = first?.since ?? candidate.since
  const { reason, message, finding } = candidate.told(first)
  return {
    ref,
    state,
    reason,
    message,
    headline: message,
    rootCause: true,
    forbids: candidate.forbids || following.some(({ forbids: does }) => does),
    ...(title !== undefined && { title }),
    ...(since !== undefined && { since }),
    ...(finding !== undefined && { finding }),
    ...(advice !== undefined && { advice }),
  }
}

function ofCause(
  { cause, active, symptoms }: FoundCause,
  candidates: readonly Candidate[],
  following: readonly Candidate[],
): { readonly rank: number; readonly blocking: Blocking } {
  const struck = new Set(symptoms)
  // Those that it explains in part, where it explains none as a whole.
  const concerned =
    following.length > 0 ? following : candidates.filter((one) => one.symptoms.some((own) => struck.has(own)))
  const times = symptoms.flatMap(({ since }) => since ?? [])
  const { title, reason, message, subject } = active
  return {
    rank: Math.min(...concerned.map(({ rank }) => rank)),
    blocking: {
      ref: causeRef(cause.id),
      state: concerned[0]?.state ?? 'unknown',
      reason,
      message,
      rootCause: true,
      title,
      headline: title,
      forbids: following.some(({ forbids: does }) => does),
      advice: { nextStep: cause.nextStep, runbook: cause.runbook },
      ...(times.length > 0 && { since: Math.min(...times) }),
      ...(subject !== undefined && { subject }),
    },
  }
}
