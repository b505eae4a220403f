import type { Moment } from '../core/moment.ts'
import { DETECTION, fates, isActive, REVISION_FATE } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { SECOND, type Instant, type Millis } from '../core/time.ts'
import type { Event } from './ledger.ts'
import { subjectsOf, type Baselines } from './baselines.ts'
import type { View } from './view.ts'

/** Since when the newest revision is deployed with everything rolled out; the number of the revision follows. */
const READY_SINCE = 'follow:ready-since/'

/** Watches of different kinds of objects are told of one change one after the other: until then the pods are the old ones. */
const WATCHES_AGREE: Millis = 5 * SECOND

/** Revisions that are remembered: Helm keeps ten by default. */
const KEPT = 30

type Changes = readonly (readonly [string, number | undefined])[]

/** What is learned of the newest revision of the release: that it failed, ran with everything ready, or was only there. */
export function revisionFates(view: View, baselines: Baselines, moment: Moment): Changes {
  const { release } = view
  if (release === undefined) return []
  const { revision } = release
  const known = subjectsOf(baselines, REVISION_FATE).map(Number)
  // A lower number is another release of this name, of which nothing is known.
  const isAnother = known.some((one) => one > revision)
  const forgotten = isAnother ? known.filter((one) => one >= revision) : []
  const before = isAnother ? undefined : baselines.get(`${REVISION_FATE}${revision}`)
  const readySince = isReady(view) ? (baselines.get(`${READY_SINCE}${revision}`) ?? moment.now) : undefined
  const seen = fateSeen(view, readySince, moment)
  const fate = Math.max(before ?? 0, seen)
  const oldest = known.filter((one) => one < revision).toSorted((a, b) => b - a)
  return [
    ...subjectsOf(baselines, READY_SINCE)
      .filter((one) => one !== String(revision))
      .map((one) => [`${READY_SINCE}${one}`, undefined] as const),
    [`${READY_SINCE}${revision}`, fate <= fates.glimpsed ? readySince : undefined],
    ...[...forgotten, ...oldest.slice(KEPT - 1)].map((one) => [`${REVISION_FATE}${one}`, undefined] as const),
    ...(fate > 0 ? [[`${REVISION_FATE}${revision}`, fate] as const] : []),
  ]
}

function fateSeen(view: View, readySince: Instant | undefined, moment: Moment): number {
  if (view.release?.status === 'failed') return fates.failed
  if (readySince !== undefined)
    return moment.reached(readySince + WATCHES_AGREE) ? fates.proven : fates.glimpsed
  // What is hidden may be ready.
  return view.blind ? 0 : fates.watched
}

/** The line that says that the newest revision has failed, when that is new. */
export function failureOf(
  { release }: View,
  before: Baselines,
  { baselines, rollout, at }: Snapshot,
): readonly Event[] {
  if (release === undefined) return []
  const { revision, said } = release
  const key = `${REVISION_FATE}${revision}`
  if (baselines.get(key) !== fates.failed || before.get(key) === fates.failed) return []
  const message = `revision ${revision} of the release has failed${said === '' ? '' : `: ${said}`}`
  const own = isActive(rollout) ? { rollout: rollout.id } : {}
  const subject = own.rollout ?? 'release'
  return [{ at, kind: 'rollout-revision', subject, message, to: 'failed', actor: DETECTION, ...own }]
}

function isReady({ release, workloads, blind }: View): boolean {
  return (
    !blind &&
    release?.deployed === true &&
    workloads.size > 0 &&
    [...workloads.values()].every(({ rolledOut }) => rolledOut)
  )
}
