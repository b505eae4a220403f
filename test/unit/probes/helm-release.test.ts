import { describe, expect, it } from 'vitest'
import {
  releaseCreated,
  releaseDeployed,
  releaseFailed,
  releaseManifestObjects,
  releasePreviousRevision,
  releaseRevision,
  releaseRevisionKept,
  workloadDrift,
} from '../../../src/rules/signals.ts'
import type { ReleaseSecret } from '../../../src/kubernetes/model.ts'
import type { Signal } from '../../../src/core/signal.ts'
import { helmRelease } from '../../../src/probes/helm-release.ts'
import { ProbeError, type Look } from '../../../src/probes/probe.ts'
import { clusterOf, refused } from '../../support/cluster.ts'
import { contentOf, liveAfter, revision } from './release-world.ts'
import { firstLook, following, readingOf } from './watching.ts'

function lookAt(...releases: readonly ReleaseSecret[]): Promise<Look | ProbeError> {
  return firstLook(helmRelease(clusterOf({ ...liveAfter('v2'), releases })))
}

function blindSpotOf(look: Look | ProbeError, signal: Signal) {
  if (look instanceof ProbeError) throw look
  return look.blindSpots?.find((spot) => spot.signal === signal.name)
}

const broken = {
  unknownReason: 'malformed',
  reason: 'release_truncated',
  message: 'its end is missing',
} as const
const notRead = { unknownReason: 'not_configured', reason: 'not_read', message: 'not read' } as const

describe('the Helm release', () => {
  it('is its newest revision by number, with chart, status and digest', async () => {
    const newest = revision(10, 'deployed', { content: contentOf('v2') })
    const look = await lookAt(revision(9, 'superseded'), newest, revision(2, 'superseded'))
    expect(readingOf(look, releaseRevision, {})).toMatchObject({
      value: 10,
      facts: { chart: 'caracal-1.0.0' },
    })
    expect(readingOf(look, releaseDeployed, {})).toMatchObject({ value: 1, facts: { status: 'deployed' } })
    expect(readingOf(look, releaseCreated, {})?.value).toBe(newest.createdAt / 1_000)
    expect(readingOf(look, releaseManifestObjects, {})).toMatchObject({
      value: 7,
      facts: { digest: contentOf('v2').digest },
    })
  })

  it('is not deployed in any other status', async () => {
    for (const status of [
      'pending-install',
      'pending-upgrade',
      'pending-rollback',
      'failed',
      'uninstalling',
    ]) {
      const look = await lookAt(revision(2, status))
      expect(readingOf(look, releaseDeployed, {})).toMatchObject({ value: 0, facts: { status } })
    }
  })

  it('tells revision and status by their labels when it can not be read', async () => {
    const look = await lookAt(revision(3, 'deployed', { content: broken }))
    expect(readingOf(look, releaseRevision, {})?.value).toBe(3)
    expect(readingOf(look, releaseDeployed, {})?.value).toBe(1)
    for (const signal of [releaseManifestObjects, workloadDrift])
      expect(blindSpotOf(look, signal)).toMatchObject({
        reason: 'release_truncated',
        message: 'sh.helm.release.v1.caracal.v3: its end is missing',
      })
  })

  it('can not be seen when no revision is kept, or Secrets may not be read', async () => {
    expect(await lookAt()).toMatchObject({ unknownReason: 'never_measured', reason: 'no_release' })
    const look = await firstLook(helmRelease(clusterOf({ releases: refused })))
    expect(look).toBeInstanceOf(ProbeError)
    expect(look).toMatchObject({ unknownReason: 'unauthorized', reason: 'forbidden' })
  })

  it('says at once when another revision comes', async () => {
    const cluster = clusterOf({ ...liveAfter('v1'), releases: [revision(1, 'deployed')] })
    const watch = following(helmRelease(cluster))
    cluster.set({ releases: [revision(1, 'deployed'), revision(2, 'pending-upgrade')] })
    await watch.stop()
    expect(watch.said.map((look) => readingOf(look, releaseRevision, {})?.value)).toEqual([1, 2])
  })
})

describe('the previous revision', () => {
  const previous = async (...releases: readonly ReleaseSecret[]) =>
    readingOf(await lookAt(...releases), releasePreviousRevision, {})

  it('is the newest one before that was rolled out, with chart and images', async () => {
    expect(
      await previous(revision(5, 'deployed'), revision(4, 'superseded'), revision(3, 'superseded')),
    ).toMatchObject({
      value: 4,
      detail: 'revision 4, caracal-1.0.0, images api:v4, sts:v4',
    })
  })

  it('is the deployed one while an upgrade is pending or has failed', async () => {
    expect(await previous(revision(5, 'pending-upgrade'), revision(4, 'deployed'))).toMatchObject({
      value: 4,
    })
    expect(await previous(revision(5, 'failed'), revision(4, 'deployed'))).toMatchObject({ value: 4 })
  })

  it('is not one that failed', async () => {
    expect(
      await previous(revision(5, 'deployed'), revision(4, 'failed'), revision(3, 'superseded')),
    ).toMatchObject({
      value: 3,
    })
    expect(await previous(revision(5, 'failed'), revision(4, 'failed'))).toMatchObject({
      value: 0,
      detail: 'none of the 1 earlier revisions that are kept was rolled out',
    })
  })

  it('R84: X60: is not one that failed and that the failed rollback after it marked as superseded', async () => {
    const failedNine = contentOf('v9', { a: 'b' }, 'Upgrade "caracal" failed: context deadline exceeded')
    const releases = [
      revision(10, 'failed', { content: contentOf('v10', { a: 'b' }, 'Rollback "caracal" failed: x') }),
      revision(9, 'superseded', { content: failedNine }),
      revision(8, 'deployed'),
    ]
    expect(await previous(...releases)).toMatchObject({ value: 8 })
    const look = await lookAt(...releases)
    expect(readingOf(look, releaseRevisionKept, { revision: '9' })).toMatchObject({
      value: 0,
      detail: 'Upgrade "caracal" failed: context deadline exceeded',
      facts: { code: 'failed' },
    })
    expect(readingOf(look, releaseRevisionKept, { revision: '8' })).toMatchObject({ value: 1 })
    expect(readingOf(look, releaseFailed, {})).toMatchObject({
      value: 1,
      detail: 'Rollback "caracal" failed: x',
    })
  })

  it('is none at the first install', async () => {
    expect(await previous(revision(1, 'deployed'))).toMatchObject({
      value: 0,
      detail: 'this is the first revision of the release',
      facts: { code: 'first_installation' },
    })
    expect(
      await previous(revision(3, 'deployed'), revision(2, 'failed'), revision(1, 'failed')),
    ).toMatchObject({
      value: 0,
      detail: 'none of the 2 revisions before this one was rolled out',
      facts: { code: 'first_installation' },
    })
  })

  it('is none that is not kept, which may have been rolled out', async () => {
    expect(await previous(revision(5, 'deployed'))).toMatchObject({
      value: 0,
      detail: 'no earlier revision is kept',
    })
    expect(await previous(revision(3, 'deployed'), revision(2, 'failed'))).toMatchObject({
      value: 0,
      detail: 'none of the 1 earlier revisions that are kept was rolled out',
    })
  })

  it('is none that lacks values or images', async () => {
    const withoutValues = revision(4, 'superseded', { content: contentOf('v4', {}) })
    expect(await previous(revision(5, 'deployed'), withoutValues)).toMatchObject({
      value: 0,
      detail: 'revision 4 is kept without values',
    })
    expect(await previous(revision(5, 'deployed'), withoutValues, revision(3, 'superseded'))).toMatchObject({
      value: 3,
    })
    const withoutImages = revision(4, 'superseded', { content: { ...contentOf('v4'), objects: [] } })
    expect(await previous(revision(5, 'deployed'), withoutImages)).toMatchObject({
      value: 0,
      detail: 'revision 4 is kept without images',
    })
  })

  it('is unknown when none that can be read is complete, and one can not be read', async () => {
    const look = await lookAt(revision(5, 'deployed'), revision(4, 'superseded', { content: notRead }))
    expect(readingOf(look, releasePreviousRevision, {})).toBeUndefined()
    expect(blindSpotOf(look, releasePreviousRevision)).toMatchObject({
      unknownReason: 'not_configured',
      message: 'sh.helm.release.v1.caracal.v4: not read',
    })
    const unread = revision(4, 'superseded', { content: broken })
    expect(await previous(revision(5, 'deployed'), unread, revision(3, 'superseded'))).toMatchObject({
      value: 3,
    })
  })

  it('shortens the digests of its images', async () => {
    const content = contentOf(`v4@sha256:${'ab'.repeat(32)}`)
    expect((await previous(revision(5, 'deployed'), revision(4, 'superseded', { content })))?.detail).toBe(
      'revision 4, caracal-1.0.0, images api:v4@sha256:abababababab, sts:v4@sha256:abababababab',
    )
  })
})
