import { releasePreviousRevision, releaseRevisionKept } from '../rules/signals.ts'
import { saysFailed } from '../kubernetes/helm-description.ts'
import type { ReleaseContent, ReleaseSecret } from '../kubernetes/model.ts'
import { blindSpot, type Unavailable } from '../core/observation.ts'
import { FIRST_INSTALLATION } from '../core/rollout.ts'
import { read } from '../core/signal.ts'
import { nameOf, objectsAt, podSpecOf, textAt } from '../kubernetes/manifest/objects.ts'
import type { Look } from './probe.ts'

type Kept = ReleaseSecret & { readonly content: ReleaseContent }

export function isKept(release: ReleaseSecret): release is Kept {
  return 'digest' in release.content
}

/** Why the content of a revision can't be read, with the name of its Secret. */
export function whyUnavailable({ name, content }: ReleaseSecret): Unavailable {
  if ('digest' in content) throw new TypeError(`${name} was read`)
  const { unknownReason, reason, message } = content
  return { unknownReason, reason, message: `${name}: ${message}` }
}

/** What Helm says of a revision; empty when it can't be read. */
export function descriptionOf(release: ReleaseSecret): string {
  return isKept(release) ? release.content.description : ''
}

/** Statuses of a revision that was rolled out once: only to such a one Helm rolls back without being told which. */
const rolledOut = new Set(['deployed', 'superseded'])

/**
 * What could be rolled back to: each earlier revision that Helm counts as rolled out, and the newest of them by Helm's
 * record alone.
 * @param earlier what is kept besides the newest revision, newest first
 */
export function lookAtEarlier(newest: ReleaseSecret, earlier: readonly ReleaseSecret[]): Look {
  const counted = earlier.filter(({ status }) => rolledOut.has(status))
  const previous = lookAtPrevious(newest, earlier, counted)
  return {
    readings: [...previous.readings, ...counted.filter(isKept).map(keptReading)],
    blindSpots: [
      ...(previous.blindSpots ?? []),
      ...counted
        .filter((release) => !isKept(release))
        .map((release) =>
          blindSpot(releaseRevisionKept, { revision: String(release.revision) }, whyUnavailable(release)),
        ),
    ],
  }
}

function keptReading({ revision, content }: Kept) {
  const lacks = whatIsMissing(content)
  const why = hasFailed(content) ? `failed: ${content.description}` : lacks && `incomplete: it lacks ${lacks}`
  const labels = { revision: String(revision) }
  return read(releaseRevisionKept, labels, why === undefined ? 1 : 0, why ?? inShort(revision, content))
}

/** Helm marks a revision that failed as superseded when the rollback after it fails too. */
function hasFailed({ description }: ReleaseContent): boolean {
  return saysFailed(description)
}

function inShort(revision: number, content: ReleaseContent): string {
  return `revision ${revision}, ${content.chart}, images ${imagesOf(content).map(shortImage).join(', ')}`
}

function lookAtPrevious(
  { revision: last }: ReleaseSecret,
  earlier: readonly ReleaseSecret[],
  counted: readonly ReleaseSecret[],
): Look {
  const candidates = counted.filter((release) => !isKept(release) || !hasFailed(release.content))
  const complete = candidates.filter(isKept).find(({ content }) => whatIsMissing(content) === undefined)
  if (complete !== undefined) {
    const { revision, content } = complete
    return { readings: [read(releasePreviousRevision, {}, revision, inShort(revision, content))] }
  }
  const unread = candidates.find((release) => !isKept(release))
  if (unread !== undefined)
    return {
      readings: [],
      blindSpots: [blindSpot(releasePreviousRevision, {}, whyUnavailable(unread))],
    }
  return { readings: [read(releasePreviousRevision, {}, 0, whyNone(last, earlier, candidates))] }
}

function whyNone(
  last: number,
  earlier: readonly ReleaseSecret[],
  candidates: readonly ReleaseSecret[],
): string {
  // Revisions count from 1, and those that failed are kept as well: what is not there was dropped, and may have run.
  const isComplete = new Set(earlier.map(({ revision }) => revision)).size === last - 1
  if (candidates.length === 0 && isComplete)
    return last === 1
      ? `${FIRST_INSTALLATION}: this is the first revision of the release`
      : `${FIRST_INSTALLATION}: none of the ${last - 1} revisions before this one was rolled out`
  const [incomplete] = candidates.filter(isKept)
  if (incomplete !== undefined)
    return `revision ${incomplete.revision} is kept without ${whatIsMissing(incomplete.content) ?? 'nothing'}`
  return earlier.length === 0
    ? 'no earlier revision is kept'
    : `none of the ${earlier.length} earlier revisions that are kept was rolled out`
}

function whatIsMissing(content: ReleaseContent): string | undefined {
  if (imagesOf(content).length === 0) return 'images'
  return content.hasValues ? undefined : 'values'
}

const imagesByContent = new WeakMap<ReleaseContent, readonly string[]>()

/** The images of a release's workloads, each once, in the manifest's order. */
function imagesOf(content: ReleaseContent): readonly string[] {
  const known = imagesByContent.get(content)
  if (known !== undefined) return known
  const containers = content.objects
    .filter((object) => nameOf(object) !== '')
    .flatMap((object) => objectsAt(podSpecOf(object), 'containers'))
  const images = [...new Set(containers.map((container) => textAt(container, 'image')))].filter(Boolean)
  imagesByContent.set(content, images)
  return images
}

/** Without registry and path, which are the same for all, and of a digest as much as tells it apart. */
function shortImage(image: string): string {
  return image.slice(image.lastIndexOf('/') + 1).replace(/(@sha256:[\da-f]{12})[\da-f]+$/, '$1')
}
