import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fakeKubernetes, type FakeKubernetes } from '../support/fake-kubernetes.ts'
import { recordedUpgrade, type RecordedUpgrade } from '../support/recorded-upgrade.ts'
import { checkIn, setGround, stopIn, type Gate, type Ground } from '../support/daemon.ts'

// What a real API server said is said again by one that is none: for machines that can't run a real one.

let ground: Ground
let fake: FakeKubernetes
let recorded: RecordedUpgrade
let gate: Gate

beforeAll(async () => {
  ground = await setGround()
  fake = await fakeKubernetes()
  recorded = recordedUpgrade()
  recorded.fill(fake)
  const { namespace, release: name } = recorded
  ground.configure((configuration) => {
    delete configuration['services']
    delete configuration['gates']
    configuration['release'] = { name, namespace }
    configuration['kubernetes'] = { enabled: true, kubeconfig: fake.kubeconfig, helmSecrets: true }
  })
  gate = await ground.start()
})

afterAll(async () => {
  await ground.end()
  await fake.close()
})

describe('an upgrade that was recorded', () => {
  it('is preceded by a release that equals its manifest', async () => {
    const report = await gate.until(
      'it is compared',
      (seen) => checkIn(seen, 'workload-drift').state === 'pass' && seen.rollout.phase === 'idle',
      20,
    )
    expect(checkIn(report, 'service-ports').state).toBe('pass')
  })

  it('is followed through each phase to its verification', async () => {
    await recorded.play(fake)
    const report = await gate.until('it verifies', ({ rollout }) => rollout.phase === 'verifying', 20)
    expect(report.rollout).toMatchObject({
      id: 'caracal-r2',
      detectedBy: 'helm-revision',
      revision: '2',
      images: { sts: 'registry.example/sts:v2' },
    })
    const { ledger } = (await gate.get('/rollouts/caracal-r2')).json<{
      ledger: { kind: string; message: string }[]
    }>()
    const phases = ledger.filter(({ kind }) => kind === 'rollout-phase').map(({ message }) => message)
    // That it began in preflight is seen only where the revision is heard before its Job.
    const steps = ['preflight -> migrating', 'migrating -> rolling', 'rolling -> verifying']
    expect([steps, steps.slice(1)]).toContainEqual(phases)
    await gate.until('the Jobs are proven', (seen) => checkIn(seen, 'migration-jobs').state === 'pass', 20)
    await gate.until('nothing drifts', (seen) => checkIn(seen, 'workload-drift').state === 'pass', 20)
    expect(stopIn(await gate.report(), 'migration-job-failed').state).toBe('clear')
  })
})
