import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { phaseIs, pushEvidence, setClusterGround, type ClusterGround } from '../support/cluster-ground.ts'
import { checkIn, proceeds, type Gate } from '../support/daemon.ts'

// A platform that is installed for the first time, beside a daemon that was there before it.

let ground: ClusterGround
let gate: Gate

beforeAll(async () => {
  ground = await setClusterGround()
  ground.configure((configuration) => {
    // As they are installed: until something is there nothing is lost.
    const limits = configuration['limits'] as Record<string, unknown>
    limits['readiness'] = { lostFor: '60s', startWithin: '180s' }
  })
  gate = await ground.start()
})

afterAll(() => ground.end())

describe('a first installation', () => {
  it('is waited for: without a release nothing is proven', async () => {
    const isSeen = () => gate.report().then((found) => checkIn(found, 'previous-revision').reason)
    await expect.poll(isSeen, { timeout: 30_000 }).toBe('no_release')
    expect((await gate.report()).verdict).toBe('hold')
  })

  it('proceeds although there is nothing to go back to, and says that', async () => {
    const installing = ground.cluster.upgrade()
    await gate.until('it is detected', ({ rollout }) => rollout.id === 'caracal-r1', 30)
    await pushEvidence(ground, gate, {}, ['helm-render', 'manifest-digest'])
    await installing
    await gate.until('it is done', phaseIs('done'), 60)
    const report = await gate.until('it may proceed', proceeds, 10)
    for (const id of ['previous-revision', 'schema-compatibility'])
      expect(checkIn(report, id)).toMatchObject({ state: 'pass', reason: 'first_installation' })
    expect(report.rollback).toMatchObject({ viable: 'no', advice: 'roll_forward' })
    expect(report.rollback.message).toContain('helm uninstall takes it away')
  })
})
