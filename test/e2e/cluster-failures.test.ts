import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GateReport } from '../../src/contract/document.ts'
import type { LatchReport } from '../../src/contract/items.ts'
import { changesOf } from '../support/cluster-changes.ts'
import { pushEvidence, setClusterGround, type ClusterGround } from '../support/cluster-ground.ts'
import { author, checkIn, isFiring, stopIn, type Gate } from '../support/daemon.ts'

// Upgrades that Helm or the workloads can't bring to an end, and the ways back to a release that may proceed.

const jobFailed = 'migration-job-failed'
let ground: ClusterGround
let gate: Gate

beforeAll(async () => {
  ground = await setClusterGround()
  await ground.cluster.upgrade()
  ground.configure((configuration) => {
    // As they are installed: what fires at once does not wait for them.
    const limits = configuration['limits'] as Record<string, unknown>
    limits['readiness'] = { lostFor: '60s', startWithin: '180s' }
  })
  gate = await ground.start()
  const isReady = ({ gates }: GateReport) => gates.find(({ id }) => id === 'readiness')?.state === 'pass'
  await gate.until('the release stands', isReady, 30)
})

afterAll(() => ground.end())

function isIn(id: string, phase: string): (report: GateReport) => boolean {
  return ({ rollout }) => rollout.id === id && rollout.phase === phase
}

interface Past {
  readonly id: string
  readonly phase: string
  readonly stops: readonly { readonly stopCondition: string; readonly latch: LatchReport }[]
}

/** The latches of a rollout that has ended. */
async function stopsOf(id: string): Promise<Past['stops']> {
  return (await gate.get(`/rollouts/${id}`)).json<Past>().stops
}

async function upgradeThatFails(tag: string): Promise<void> {
  await expect(ground.cluster.upgrade({ tag })).rejects.toThrow('pre-upgrade hooks failed')
}

/** Acknowledges everything that is latched and over. */
async function acknowledge({ stopConditions }: GateReport): Promise<void> {
  for (const { id, latch } of stopConditions) {
    if (latch?.acknowledged !== null) continue
    const { status, text } = await gate.post('/acknowledgements', { stopCondition: id, ...author })
    expect([status, text]).toEqual([200, expect.anything()])
  }
}

describe('a migration Job that fails', () => {
  let first: string | undefined

  it('stops the rollout where it is, and the latch names the Job and the reason', async () => {
    // Two revisions and their Jobs are told apart by the seconds of the API server.
    ground.cluster.plan('migrate', { outcome: 'fail', afterMs: 2_500 })
    await upgradeThatFails('v2')
    const isOver = (report: GateReport) =>
      isFiring(jobFailed)(report) && checkIn(report, 'workload-drift').state === 'fail'
    const report = await gate.until('it fires, and Helm has given up', isOver, 20)
    expect(report).toMatchObject({ verdict: 'stop', rollout: { id: 'caracal-r2', phase: 'migrating' } })
    const { latch, firings, culprits } = stopIn(report, jobFailed)
    expect(latch).toMatchObject({ preexisting: false, acknowledged: null })
    expect(latch?.message).toMatch(
      /^the Job migrate has failed: BackoffLimitExceeded: .* \(job caracal-platform-migrate, uid \S+\)$/,
    )
    expect(firings).toBe(1)
    const release = checkIn(report, 'release-deployed')
    expect(release).toMatchObject({ state: 'fail', reason: 'release_failed' })
    expect(release.message).toMatch(
      /^revision 2 has failed: Upgrade "\S+" failed: pre-upgrade hooks failed: /,
    )
    first = culprits[0]?.key
    // The other Job is only waited for.
    expect(checkIn(report, 'migration-jobs')).toMatchObject({ state: 'fail', reason: 'migration_job_failed' })
    const refused = await gate.post('/acknowledgements', { stopCondition: jobFailed, ...author })
    expect(refused.status).toBe(409)
  })

  it('fires anew when another run fails under the same name', async () => {
    await upgradeThatFails('v2')
    const anew = (report: GateReport) =>
      stopIn(report, jobFailed).latch?.culprits.includes(first ?? '') === false
    const report = await gate.until('another one is latched', anew, 20)
    expect(report.rollout).toMatchObject({ id: 'caracal-r3', phase: 'migrating' })
    expect(stopIn(report, jobFailed)).toMatchObject({ state: 'firing', preexisting: false, firings: 2 })
  })

  it('is over with a run that succeeds, in a rollout of its own that is done', async () => {
    ground.cluster.plan('migrate', undefined)
    await ground.cluster.upgrade({ tag: 'v2' })
    await pushEvidence(ground, gate, { tag: 'v2' })
    const report = await gate.until('it is done', isIn('caracal-r4', 'done'), 30)
    expect(stopIn(report, jobFailed)).toMatchObject({ state: 'clear', latch: null })
    const { rollouts } = (await gate.get('/rollouts')).json<{ rollouts: Past[] }>()
    // On a busy machine the daemon may have come in the middle of the installation, and followed that.
    expect(rollouts.slice(0, 3).map(({ id, phase }) => `${id} ${phase}`)).toEqual([
      'caracal-r4 done',
      'caracal-r3 failed',
      'caracal-r2 failed',
    ])
    // Whether the old Job was still there when the rollout began is a matter of milliseconds; it holds up nothing either way.
    for (const { latch } of (await stopsOf('caracal-r4')).filter(
      ({ stopCondition }) => stopCondition === jobFailed,
    ))
      expect(latch).toMatchObject({ preexisting: true, acknowledged: { actor: 'detection' } })
    for (const failed of ['caracal-r2', 'caracal-r3'])
      expect(await stopsOf(failed)).toContainEqual({
        stopCondition: jobFailed,
        latch: expect.objectContaining({ preexisting: false, acknowledged: null }) as unknown,
      })
  })
})

describe('an upgrade whose StatefulSet crashes over and over', () => {
  it('stops long before its replica counts as lost, and says why', async () => {
    ground.cluster.plan('sts', { outcome: 'crash-loop', readyAfterMs: 60_000 })
    await ground.cluster.upgrade({ tag: 'v5' })
    const crashes = (found: GateReport) =>
      isFiring('sts-unready')(found) &&
      stopIn(found, 'sts-unready').reason === 'crash_loop' &&
      ['ready-sts', 'workload-rollout'].every((check) => checkIn(found, check).reason === 'crash_loop')
    // Between two crashes the container runs for a moment, and says nothing of them.
    const report = await gate.until('it fires', crashes, 30)
    expect(report).toMatchObject({ verdict: 'stop', rollout: { id: 'caracal-r5', phase: 'rolling' } })
    const said =
      /^the workload of sts can't go on: container sts of caracal-platform-sts-1 crashes over and over/
    expect(stopIn(report, 'sts-unready')).toMatchObject({
      reason: 'crash_loop',
      message: expect.stringMatching(said) as string,
      speaksForRollback: true,
    })
    for (const id of ['ready-sts', 'workload-rollout'])
      expect(checkIn(report, id)).toMatchObject({
        state: 'fail',
        reason: 'crash_loop',
        nextStep: expect.stringContaining('component=sts') as string,
      })
    expect(report.rollback).toMatchObject({ viable: 'yes', advice: 'rollback' })
  })

  it('is rolled back as a rollout of its own, which waits for the pod that holds everything up', async () => {
    ground.cluster.plan('sts', undefined)
    await ground.cluster.helm('rollback', 'caracal', '4')
    const report = await gate.until('it rolls', isIn('caracal-r6', 'rolling'), 20)
    expect(stopIn(report, 'sts-unready')).toMatchObject({ preexisting: true, speaksForRollback: false })
    // A StatefulSet replaces no pod while one of it is not ready, not even that one.
    await changesOf(ground.cluster).deletePod('caracal-platform-sts-1')
    await pushEvidence(ground, gate, { tag: 'v2' })
    await gate.until('it verifies', isIn('caracal-r6', 'verifying'), 30)
    const clear = (found: GateReport) => found.stopConditions.every(({ state }) => state === 'clear')
    await acknowledge(await gate.until('all is well', clear, 30))
    await gate.until('it is done', isIn('caracal-r6', 'done'), 30)
  })
})
