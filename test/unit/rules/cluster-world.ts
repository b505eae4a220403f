import * as signals from '../../../src/rules/signals.ts'
import { components } from '../../../src/core/replica.ts'
import { read } from '../../../src/core/signal.ts'
import { place, type Place } from './place.ts'

/** Digest of the manifest that the release has. */
export const liveDigest = `sha256:${'ab'.repeat(32)}`

/** Digest of the image that every replica runs. */
export const runningDigest = `sha256:${'cd'.repeat(32)}`

/** A container that runs `<component>:1.0.0`, in a pod of the revision that its workload should have. */
export function containerOf(
  component: string,
  replica: string,
  given: Readonly<Record<string, string>> = {},
  runs = 1,
) {
  const labels = {
    component,
    replica,
    part: component,
    role: 'main',
    revision: 'target',
    image: component,
    tag: '1.0.0',
    digest: '',
    template_digest: '',
    reported: runningDigest,
    reported_as: 'content',
  }
  return read(signals.workloadContainer, { ...labels, ...given }, runs)
}

/** What the API server shows of a release with so many replicas of each service, rolled out as its fifth revision. */
export function clusterPlaces(replicas = 2): Place[] {
  return [
    place(
      'workloads',
      'kubernetes',
      {},
      components.flatMap((component) => [
        read(signals.workloadDesired, { component }, replicas),
        read(signals.workloadUpdated, { component }, replicas),
        read(signals.workloadAvailable, { component }, replicas),
        read(signals.workloadRolledOut, { component }, 1),
        read(signals.workloadProgressing, { component }, 1),
        read(signals.workloadTemplate, { component }, 4_711, undefined, { images: ['caracal-go:v1.0.0'] }),
        ...Array.from({ length: replicas }, (_, number) => containerOf(component, `${component}-${number}`)),
      ]),
    ),
    place(
      'service-ports',
      'kubernetes',
      {},
      components.map((component) => read(signals.servicePortReaches, { component }, 1)),
    ),
    place(
      'secret-references',
      'kubernetes',
      {},
      ['caracal-runtime', 'caracal-metrics'].map((secret) => read(signals.secretKeysMissing, { secret }, 0)),
    ),
    place('migration-jobs', 'kubernetes', {}, [
      ...['migrate', 'auth-migrate'].flatMap((kind) => [
        read(signals.migrationJobActive, { kind }, 0),
        read(signals.migrationJobFailed, { kind }, 0),
        read(signals.migrationJobSucceeded, { kind }, 1),
        read(signals.migrationJobCreated, { kind }, 900),
      ]),
      read(signals.migrationEarlyPods, {}, 0, ''),
    ]),
    place('helm-release', 'kubernetes', {}, [
      ...components.map((component) => read(signals.workloadDrift, { component }, 0)),
      read(signals.releaseRevision, {}, 5, undefined, { chart: 'caracal-1.0.0' }),
      read(signals.releaseChart, { chart: 'caracal-1.0.0', app_version: '1.0.0' }, 1),
      read(signals.releaseDeployed, {}, 1, undefined, { status: 'deployed' }),
      read(signals.releaseCreated, {}, 890),
      read(signals.releaseManifestObjects, {}, 40, undefined, { digest: liveDigest }),
      read(signals.releaseFailed, {}, 0, 'Upgrade complete'),
      read(signals.releasePreviousRevision, {}, 4, 'revision 4, caracal-1.0.0, images a, b'),
      read(signals.releaseRevisionKept, { revision: '4' }, 1, 'revision 4, caracal-1.0.0, images a, b'),
      read(signals.releaseRevisionKept, { revision: '3' }, 1, 'revision 3, caracal-1.0.0, images a, b'),
    ]),
  ]
}

/** Which of these probes gives a signal, by the beginning of its name; the longest counts. */
export const providedByCluster: Readonly<Record<string, string>> = {
  caracal_workload: 'workloads',
  caracal_workload_drifted: 'helm-release',
  caracal_service_port: 'service-ports',
  caracal_secret: 'secret-references',
  caracal_migration_job: 'migration-jobs',
  caracal_migration_early: 'migration-jobs',
  caracal_release: 'helm-release',
}
