import {
  releaseChart,
  releaseCreated,
  releaseDeployed,
  releaseFailed,
  releaseManifestObjects,
  releasePreviousRevision,
  releaseRevision,
  releaseRevisionKept,
  workloadDrift,
} from '../rules/signals.ts'
import type { Cluster, ReleaseContent, ReleaseSecret } from '../kubernetes/model.ts'
import { blindSpot, type Unavailable } from '../core/observation.ts'
import { read, type Facts, type Reading } from '../core/signal.ts'
import { SECOND } from '../core/time.ts'
import { clusterWatch, seenNow } from './cluster-watch.ts'
import { ProbeError, blindLook, joined, type Look, type Watch } from './probe.ts'
import { driftOf } from './workload-drift.ts'
import { saysFailed } from '../kubernetes/helm-release.ts'
import { FIRST_INSTALLATION } from '../core/rollout.ts'
import { nameOf, objectsAt, podSpecOf, textAt } from '../kubernetes/manifest/objects.ts'
import { reasonsOf, type Declaration, type Reasons } from './declaration.ts'

const provides = [
  releaseRevision,
  releaseChart,
  releaseCreated,
  releaseDeployed,
  releaseFailed,
  releaseManifestObjects,
  releasePreviousRevision,
  releaseRevisionKept,
  workloadDrift,
]

const reasons = {
  no_release: ['Helm keeps no revision of the release', 'helm list -A   # its name goes into release.name'],
  release_pending: [
    'Helm has not finished the newest revision',
    'helm rollback {release}   # when no Helm runs',
  ],
  release_not_deployed: ['no revision is in force', 'helm history {release}'],
} as const satisfies Reasons
const why = reasonsOf(reasons)

export const declaration: Declaration = {
  name: 'helm-release',
  provides,
  reads: "Helm's record of the release, and what differs from it",
  asks: 'kubernetes',
  needs: { kinds: ['releases', 'workloads', 'services', 'autoscalers'] },
  reasons,
  open: ({ cluster }) => cluster && helmRelease(cluster),
}

/** Follows which revision of the Helm release there is, what could be rolled back to, and what differs from it. */
export function helmRelease(cluster: Cluster): Watch {
  return clusterWatch(declaration, cluster, lookAtRelease)
}

function lookAtRelease(cluster: Cluster): Look {
  const [newest, ...earlier] = seenNow(cluster, 'releases').toSorted((a, b) => b.revision - a.revision)
  if (newest === undefined) throw noRelease()
  return joined([
    {
      readings: [
        read(releaseDeployed, {}, newest.status === 'deployed' ? 1 : 0, undefined, { status: newest.status }),
        read(releaseFailed, {}, newest.status === 'failed' ? 1 : 0, descriptionOf(newest)),
        read(releaseCreated, {}, newest.createdAt / SECOND),
      ],
    },
    lookAtContent(newest),
    lookAtEarlier(newest, earlier),
    lookAtDrift(newest, cluster),
  ])
}

function noRelease(): ProbeError {
  return new ProbeError(
    why(
      'never_measured',
      'no_release',
      'no revision of the Helm release is kept in its namespace: check the name of the release in the configuration, and that Helm stores releases in Secrets',
    ),
  )
}

function lookAtContent(release: ReleaseSecret): Look {
  if (!isKept(release))
    return {
      readings: [read(releaseRevision, {}, release.revision)],
      blindSpots: [
        blindSpot(releaseManifestObjects, {}, whyUnavailable(release)),
        blindSpot(releaseChart, {}, whyUnavailable(release)),
      ],
    }
  const { chart, appVersion, digest, objects } = release.content
  return {
    readings: [
      read(releaseRevision, {}, release.revision, undefined, { chart }),
      read(releaseChart, { chart, app_version: appVersion }, 1),
      read(releaseManifestObjects, {}, objects.length, undefined, { digest }),
    ],
  }
}

function lookAtDrift(release: ReleaseSecret, cluster: Cluster): Look {
  const unavailable = whyNotCompared(release)
  if (unavailable !== undefined || !isKept(release))
    return blindLook([workloadDrift], {}, unavailable ?? whyUnavailable(release))
  return driftOf(release, cluster)
}

/**
 * Live objects are compared with the newest revision, once Helm has done with it. One that failed is compared too: it is
 * what the release should be, and what differs says how far Helm came.
 */
function whyNotCompared({ status, revision }: ReleaseSecret): Unavailable | undefined {
  if (status === 'deployed' || status === 'failed') return undefined
  const pending = status.startsWith('pending-')
  const message = pending
    ? `revision ${revision} is ${status}: it is compared once Helm has finished; when no Helm runs any more, helm rollback ends it`
    : `revision ${revision} is ${status}: there is no manifest in force`
  return why('ambiguous', pending ? 'release_pending' : 'release_not_deployed', message)
}

type Kept = ReleaseSecret & { readonly content: ReleaseContent }

function isKept(release: ReleaseSecret): release is Kept {
  return 'digest' in release.content
}

/** Why the content of a revision can't be read, with the name of its Secret. */
function whyUnavailable({ name, content }: ReleaseSecret): Unavailable {
  if ('digest' in content) throw new TypeError(`${name} was read`)
  const { unknownReason, reason, message } = content
  return { unknownReason, reason, message: `${name}: ${message}` }
}

/** What Helm says of a revision; empty when it can't be read. */
function descriptionOf(release: ReleaseSecret): string {
  return isKept(release) ? release.content.description : ''
}

/** Statuses of a revision that was rolled out once: only to such a one Helm rolls back without being told which. */
const rolledOut = new Set(['deployed', 'superseded'])

/**
 * What could be rolled back to: each earlier revision that Helm counts as rolled out, and the newest of them by Helm's
 * record alone.
 * @param earlier what is kept besides the newest revision, newest first
 */
function lookAtEarlier(newest: ReleaseSecret, earlier: readonly ReleaseSecret[]): Look {
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
  const labels = { revision: String(revision) }
  if (saysFailed(content.description))
    return read(releaseRevisionKept, labels, 0, content.description, { code: 'failed' })
  return lacks === undefined
    ? read(releaseRevisionKept, labels, 1, inShort(revision, content))
    : read(releaseRevisionKept, labels, 0, `it lacks ${lacks}`, { code: 'incomplete' })
}

function inShort(revision: number, content: ReleaseContent): string {
  return `revision ${revision}, ${content.chart}, images ${imagesOf(content).map(shortImage).join(', ')}`
}

function lookAtPrevious(
  { revision: last }: ReleaseSecret,
  earlier: readonly ReleaseSecret[],
  counted: readonly ReleaseSecret[],
): Look {
  const candidates = counted.filter((release) => !isKept(release) || !saysFailed(release.content.description))
  const complete = candidates.filter(isKept).find(({ content }) => whatIsMissing(content) === undefined)
  if (complete !== undefined) {
    const { revision, content } = complete
    return { readings: [read(releasePreviousRevision, {}, revision, inShort(revision, content))] }
  }
  const unread = candidates.find((release) => !isKept(release))
  if (unread !== undefined) return blindLook([releasePreviousRevision], {}, whyUnavailable(unread))
  return { readings: [none(last, earlier, candidates)] }
}

function none(
  last: number,
  earlier: readonly ReleaseSecret[],
  candidates: readonly ReleaseSecret[],
): Reading {
  const without = (detail: string, facts?: Facts) => read(releasePreviousRevision, {}, 0, detail, facts)
  // Revisions count from 1, and those that failed are kept as well: what is not there was dropped, and may have run.
  const isComplete = new Set(earlier.map(({ revision }) => revision)).size === last - 1
  if (candidates.length === 0 && isComplete)
    return without(
      last === 1
        ? 'this is the first revision of the release'
        : `none of the ${last - 1} revisions before this one was rolled out`,
      { code: FIRST_INSTALLATION },
    )
  const incomplete = candidates.find(isKept)
  const lacks = incomplete && whatIsMissing(incomplete.content)
  if (incomplete !== undefined)
    return without(`revision ${incomplete.revision} is kept without ${lacks ?? 'nothing'}`)
  return without(
    earlier.length === 0
      ? 'no earlier revision is kept'
      : `none of the ${earlier.length} earlier revisions that are kept was rolled out`,
  )
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
