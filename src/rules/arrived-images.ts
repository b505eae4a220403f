import type { Evidence } from '../core/evidence.ts'
import { unknown, unseen, type Finding, type Recollection } from '../core/finding.ts'
import { pulledAs, readImage, shortDigest } from '../core/image.ts'
import type { UnknownReason } from '../core/observation.ts'
import { movedOf } from '../core/rollout.ts'
import type { Labels } from '../core/signal.ts'
import { expected as mustBeSeen } from './expected.ts'
import { workloadContainer, workloadDesired } from './signals.ts'

/** It may still come: nothing is wrong, and the client's own time limit decides. */
export const notArrived = { answer: 'unmet', reason: 'not_arrived', hold: Infinity } as const
/** Something else came: waiting does not heal it. */
export const arrivedOtherwise = { answer: 'unmet', reason: 'arrived_otherwise', hold: 0 } as const

/** What must run in one container of a component; digests, where there are any, decide. */
export interface ImageWish {
  readonly component: string
  readonly part: string | undefined
  readonly image: string | undefined
  readonly digests: readonly string[] | undefined
}

/** One container of one pod, as its status shows it. */
interface Running {
  readonly replica: string
  readonly part: string
  /** `target`: its pod is of the revision that the workload should have, and asks for the image of its template. */
  readonly revision: string
  readonly runs: boolean
  readonly labels: Labels
}

type Fit =
  | { readonly fits: 'yes' | 'no' }
  | { readonly fits: 'unknown'; readonly reason: string; readonly why: string }

/** Whether every replica of a component runs what must arrive, by what the status of its container reports. */
export function imageArrival(
  key: string,
  wish: ImageWish,
  evidence: Evidence,
  { baseline }: Pick<Recollection, 'baseline'>,
): Finding {
  const { component } = wish
  const account = evidence.of(workloadContainer, { component })
  const [blind] = [...account.unseen, ...evidence.of(workloadDesired, { component }).unseen]
  if (blind !== undefined) return unseen(blind, key)
  const [cluster] = evidence.targets(workloadContainer)
  const [desired] = evidence.of(workloadDesired, { component }).readings
  if (cluster === undefined)
    return mustBeSeen(key, [])[0] ?? unknownIn(key, 'never_measured', 'never_measured', '')
  const target = cluster.id
  if (desired === undefined)
    return {
      key,
      target,
      ...notArrived,
      message: `${component} has no workload, and ${inWords(wish)} must arrive`,
    }
  const all = account.readings.map(({ reading: { labels, value } }): Running => ({
    replica: labels['replica'] ?? '',
    part: labels['part'] ?? '',
    revision: labels['revision'] ?? '',
    runs: value === 1,
    labels,
  }))
  const part = partOf(
    wish,
    account.readings.map(({ reading }) => reading.labels),
  )
  if (part === undefined) {
    const names = [...new Set(all.map((one) => one.part))].toSorted().join(', ')
    const message = `${component} has several containers (${names}): name the one that is meant as ${component}/CONTAINER`
    return unknownIn(key, 'ambiguous', 'ambiguous_container', message, target)
  }
  const replicas = new Set(all.map(({ replica }) => replica)).size
  return judged(key, { ...wish, part }, all, Math.max(desired.reading.value, replicas, 1), {
    target,
    moved: baseline(movedOf(component)) !== undefined,
  })
}

/** The container that a component without a name stands for: the one called like it, or the only one. */
function partOf({ component, part }: ImageWish, all: readonly Labels[]): string | undefined {
  if (part !== undefined) return part
  const newest = all.filter((labels) => labels['revision'] !== 'other')
  const mains = (newest.length > 0 ? newest : all).filter((labels) => labels['role'] === 'main')
  const names = [...new Set(mains.map((labels) => labels['part'] ?? ''))]
  if (names.includes(component) || names.length === 0) return component
  return names.length === 1 ? names[0] : undefined
}

function judged(
  key: string,
  wish: ImageWish,
  all: readonly Running[],
  total: number,
  { target, moved }: { readonly target: string; readonly moved: boolean },
): Finding {
  const newest = all.filter(({ revision }) => revision !== 'other')
  const own = newest.filter(({ part }) => part === wish.part)
  const fits = own.map((one) => ({ one, fit: fitOf(one, wish) }))
  const proven = fits.filter(({ one, fit }) => one.runs && fit.fits === 'yes').map(({ one }) => one)
  const wrong = fits.filter(({ fit }) => fit.fits === 'no').map(({ one }) => one)
  const without = newest.filter(({ replica }) => !own.some((one) => one.replica === replica))
  const count = {
    observed: { value: proven.length, unit: 'replicas' },
    threshold: { op: '>=', value: total },
  } as const
  const numbers = `${proven.length} of ${total} replicas of ${key} run ${inWords(wish)}`
  const found = { key, target, ...count }
  const [odd] = [...wrong, ...without]
  if (odd !== undefined && (moved || proven.length > 0))
    return { ...found, ...arrivedOtherwise, message: `${numbers}: ${odd.replica} ${seenIn(odd, wish)}` }
  if (!isByDigest(wish) && new Set(proven.map(({ labels }) => labels['reported_as'])).size > 1) {
    const why =
      'some replicas report the digest that they pulled and some an id of their own: declare the digests'
    return unknownIn(key, 'ambiguous', 'digests_not_comparable', `${numbers}; ${why}`, target)
  }
  const mixed = isByDigest(wish) ? undefined : mixedDigests(proven)
  if (mixed !== undefined) return { ...found, ...arrivedOtherwise, message: `${numbers}, but ${mixed}` }
  for (const { one, fit } of fits)
    if (one.runs && fit.fits === 'unknown')
      return unknownIn(key, 'ambiguous', fit.reason, `${numbers}; ${one.replica}: ${fit.why}`, target)
  if (proven.length >= total) return { ...found, answer: 'met', reason: 'ok', message: numbers }
  const [former] = [
    ...wrong,
    ...all.filter(({ revision, part }) => revision === 'other' && part === wish.part),
  ]
  const now = former === undefined ? '' : `; ${former.replica} ${seenIn(former, wish)}`
  return { ...found, ...notArrived, message: `${numbers}${now}` }
}

/** Whether a container has what must arrive. A digest decides where one is given; a tag proves no more than a name. */
function fitOf({ revision, labels }: Running, { image, digests }: ImageWish): Fit {
  const wanted = image === undefined ? undefined : readImage(image)
  const allowed = digests ?? (wanted?.digest === undefined ? [] : [wanted.digest])
  const { reported = '', digest = '', template_digest: templated = '', reported_as: as } = labels
  const unreported = { fits: 'unknown', reason: 'digest_not_reported' } as const
  if (allowed.length > 0 && allowed.includes(reported)) return { fits: 'yes' }
  if (revision === 'changed') return { fits: 'no' }
  if (allowed.length > 0) {
    // What is asked for by its digest can be nothing else, and of an index the part for its machine is reported.
    if (reported !== '' && allowed.includes(digest) && allowed.includes(templated)) return { fits: 'yes' }
    if (reported === '') return { ...unreported, why: 'its status reports no digest' }
    if (as === 'content') return { fits: 'no' }
    return { ...unreported, why: `its status reports ${shortDigest(reported)}, an id that no registry knows` }
  }
  const tag = wanted === undefined ? undefined : pulledAs(wanted).tag
  if (wanted?.name !== labels['image']) return { fits: 'no' }
  if (labels['tag'] === '') {
    const why = 'it asks for its image by digest alone, which shows no tag: declare the digest'
    return { fits: 'unknown', reason: 'tag_not_comparable', why }
  }
  if (tag !== labels['tag']) return { fits: 'no' }
  return reported === '' ? { ...unreported, why: 'its status reports no digest' } : { fits: 'yes' }
}

function isByDigest({ image, digests }: ImageWish): boolean {
  return digests !== undefined || readImage(image ?? '')?.digest !== undefined
}

/** One tag with several contents: it was pushed anew, and which of them was meant is not known. */
function mixedDigests(proven: readonly Running[]): string | undefined {
  const groups = [...Map.groupBy(proven, ({ labels }) => labels['reported'] ?? '')]
  if (groups.length < 2) return undefined
  const rarest = groups.toSorted(([a, one], [b, other]) => one.length - other.length || (a < b ? -1 : 1))
  const named = rarest.map(([digest, [first]]) => `${first?.replica} has ${shortDigest(digest)}`)
  return `this tag has ${groups.length} contents: ${named.slice(0, 3).join(', ')}`
}

/** What a container has instead. */
function seenIn({ part, revision, runs, labels }: Running, wish: ImageWish): string {
  if (part !== wish.part) return `has no container ${wish.part}`
  const { image, tag, reported = '' } = labels
  const name = `${image}${tag === '' ? '' : `:${tag}`}`
  const content = reported === '' ? '' : ` (${shortDigest(reported)})`
  const how = revision === 'changed' ? 'was changed by hand to' : runs ? 'runs' : 'is to run'
  return `${how} ${name}${content}`
}

/** What must arrive, in short. */
function inWords({ image, digests }: Pick<ImageWish, 'image' | 'digests'>): string {
  const wanted = image === undefined ? undefined : pulledAs(readImage(image) ?? { name: image })
  const [digest = wanted?.digest, ...more] = digests ?? []
  const content =
    digest === undefined ? '' : `${shortDigest(digest)}${more.length > 0 ? ` or ${more.length} more` : ''}`
  if (wanted === undefined) return content
  const name = `${wanted.name}${wanted.tag === undefined ? '' : `:${wanted.tag}`}`
  return content === '' ? name : `${name} (${content})`
}

function unknownIn(
  key: string,
  unknownReason: UnknownReason,
  reason: string,
  message: string,
  target?: string,
): Finding {
  return unknown(key, { unknownReason, reason, message }, target)
}
