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
import type { Cluster, ReleaseSecret } from '../kubernetes/model.ts'
import { blindSpot, type Unavailable } from '../core/observation.ts'
import { read } from '../core/signal.ts'
import { SECOND } from '../core/time.ts'
import { clusterWatch, seenNow } from './cluster-watch.ts'
import { whyUnavailable, descriptionOf, isKept, lookAtEarlier } from './helm-revisions.ts'
import { ProbeError, type Look, type Watch } from './probe.ts'
import { driftOf } from './workload-drift.ts'

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
        read(releaseFailed, {}, newest.status === 'failed' ? 1 : 0, descriptionOf(newest)),
        read(releaseCreated, {}, newest.createdAt / SECOND),
      ],
    },
    lookAtContent(newest),
    lookAtEarlier(newest, earlier),
    lookAtDrift(newest, cluster),
  ])
}

function joined(looks: readonly Look[]): Look {
  return {
    readings: looks.flatMap((look) => look.readings),
    blindSpots: looks.flatMap((look) => look.blindSpots ?? []),
  }
}

function noRelease(): ProbeError {
  return new ProbeError(
    'never_measured',
    'no_release',
    'no revision of the Helm release is kept in its namespace: check the name of the release in the configuration, and that Helm stores releases in Secrets',
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
      read(releaseRevision, {}, release.revision, chart),
      read(releaseChart, { chart, app_version: appVersion }, 1),
      read(releaseManifestObjects, {}, objects.length, digest),
    ],
  }
}

function lookAtDrift(release: ReleaseSecret, cluster: Cluster): Look {
  const unavailable = whyNotCompared(release)
  if (unavailable !== undefined || !isKept(release))
    return {
      readings: [],
      blindSpots: [blindSpot(workloadDrift, {}, unavailable ?? whyUnavailable(release))],
    }
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
  return { unknownReason: 'ambiguous', reason: pending ? 'release_pending' : 'release_not_deployed', message }
}
