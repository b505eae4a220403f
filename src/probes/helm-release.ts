import {
  releaseCreated,
  releaseDeployed,
  releaseManifestObjects,
  releasePreviousRevision,
  releaseRevision,
  workloadDrift,
} from '../checks/signals.ts'
import type { Cluster, ReleaseContent, ReleaseSecret } from '../cluster/model.ts'
import { cannotTell, type Blindness } from '../core/observation.ts'
import { FIRST_INSTALLATION } from '../core/rollout.ts'
import { read } from '../core/signal.ts'
import { SECOND } from '../core/time.ts'
import { nameOf, objectsAt, podSpecOf, textAt } from '../manifest/objects.ts'
import { clusterWatch, seenNow } from './cluster-watch.ts'
import { CannotSee, type Look, type Watch } from './probe.ts'
import { driftOf } from './workload-drift.ts'

const provides = [
  releaseRevision,
  releaseCreated,
  releaseDeployed,
  releaseManifestObjects,
  releasePreviousRevision,
  workloadDrift,
]

/** Is told which revision of the Helm release there is, what could be rolled back to, and what is not as it says. */
export function helmRelease(cluster: Cluster): Watch {
  return clusterWatch('helm-release', provides, cluster, lookAtRelease)
}

function lookAtRelease(cluster: Cluster): Look {
  const [newest, ...earlier] = seenNow(cluster, 'releases').toSorted((a, b) => b.revision - a.revision)
  if (newest === undefined) throw noRelease()
  return joined([
    {
      readings: [
        read(releaseDeployed, {}, newest.status === 'deployed' ? 1 : 0, newest.status),
        read(releaseCreated, {}, newest.createdAt / SECOND),
      ],
    },
    lookAtContent(newest),
    lookAtPrevious(newest, earlier),
    lookAtDrift(newest, cluster),
  ])
}

function joined(looks: readonly Look[]): Look {
  return {
    readings: looks.flatMap((look) => look.readings),
    blindSpots: looks.flatMap((look) => look.blindSpots ?? []),
  }
}

function noRelease(): CannotSee {
  return new CannotSee(
    'never_measured',
    'no_release',
    'no revision of the Helm release is kept in its namespace: check the name of the release in the configuration, and that Helm stores releases in Secrets',
  )
}

type Kept = ReleaseSecret & { readonly content: ReleaseContent }

function isKept(release: ReleaseSecret): release is Kept {
  return 'digest' in release.content
}

/** Why the content of a revision can't be read, with the name of its Secret. */
function blindnessOf({ name, content }: ReleaseSecret): Blindness {
  if ('digest' in content) throw new TypeError(`${name} was read`)
  const { unknownReason, reason, message } = content
  return { unknownReason, reason, message: `${name}: ${message}` }
}

function lookAtContent(release: ReleaseSecret): Look {
  if (!isKept(release))
    return {
      readings: [read(releaseRevision, {}, release.revision)],
      blindSpots: [cannotTell(releaseManifestObjects, {}, blindnessOf(release))],
    }
  const { chart, digest, objects } = release.content
  return {
    readings: [
      read(releaseRevision, {}, release.revision, chart),
      read(releaseManifestObjects, {}, objects.length, digest),
    ],
  }
}

/** Statuses of a revision that was rolled out once: only to such a one Helm rolls back without being told which. */
const rolledOut = new Set(['deployed', 'superseded'])

/** @param earlier what is kept besides the newest revision, newest first */
function lookAtPrevious({ revision: last }: ReleaseSecret, earlier: readonly ReleaseSecret[]): Look {
  const candidates = earlier.filter(({ status }) => rolledOut.has(status))
  const complete = candidates.filter(isKept).find(({ content }) => whatIsMissing(content) === undefined)
  if (complete !== undefined) {
    const { revision, content } = complete
    const detail = `revision ${revision}, ${content.chart}, images ${imagesOf(content).map(shortImage).join(', ')}`
    return { readings: [read(releasePreviousRevision, {}, revision, detail)] }
  }
  const unread = candidates.find((release) => !isKept(release))
  if (unread !== undefined)
    return {
      readings: [],
      blindSpots: [cannotTell(releasePreviousRevision, {}, blindnessOf(unread))],
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

function lookAtDrift(release: ReleaseSecret, cluster: Cluster): Look {
  const blindness = whyNotCompared(release)
  if (blindness !== undefined || !isKept(release))
    return { readings: [], blindSpots: [cannotTell(workloadDrift, {}, blindness ?? blindnessOf(release))] }
  return driftOf(release, cluster)
}

/**
 * Live objects are compared with the newest revision, once Helm has done with it. One that failed is compared too: it is
 * what the release should be, and what differs says how far Helm came.
 */
function whyNotCompared({ status, revision }: ReleaseSecret): Blindness | undefined {
  if (status === 'deployed' || status === 'failed') return undefined
  const pending = status.startsWith('pending-')
  const message = pending
    ? `revision ${revision} is ${status}: it is compared once Helm has finished; when no Helm runs any more, helm rollback ends it`
    : `revision ${revision} is ${status}: there is no manifest in force`
  return { unknownReason: 'ambiguous', reason: pending ? 'release_pending' : 'release_not_deployed', message }
}
