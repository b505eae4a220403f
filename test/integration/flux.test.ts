import { describe, expect, it } from 'vitest'
import { healthOf, withState } from '../support/clients/health.ts'
import { argoHook, fluxJob } from '../support/clients/hooks.ts'
import { at, documentsIn, fencesOf, listAt, pageOf, type Tree } from '../support/clients/recipe.ts'

// Flux and Argo CD by their own code: health-flux-1.7.3-argo-cd-3.2.0 of test/clients.

const asking = { url: 'http://127.0.0.1:9', rollout: 'flux/48', token: '', patience: 3 }
const objects = documentsIn(fencesOf('flux.md', 'yaml')[0] ?? '')

/** A HelmRelease of the recipe after a change, with the conditions that helm-controller gives it. */
function release(observedGeneration: number, conditions: Readonly<Record<string, string>>): Tree {
  const [object] = objects
  const metadata = { ...(at(object, 'metadata') as Tree), generation: 2 }
  const list = Object.entries(conditions).map(([type, status]) => ({
    type,
    status,
    reason: 'Because',
    message: 'because',
    lastTransitionTime: '2026-11-30T00:00:00Z',
  }))
  return { ...object, metadata, status: { observedGeneration, conditions: list } }
}

/** The rows of the page, by their first cell. */
const states: Readonly<Record<string, Tree>> = {
  'Job that runs': withState(fluxJob(asking), 'runs'),
  'Job that is complete': withState(fluxJob(asking), 'Complete'),
  'Job that failed': withState(fluxJob(asking), 'Failed'),
  '`HelmRelease` with a change that was not taken up': release(1, { Ready: 'True' }),
  '`HelmRelease` whose upgrade or test runs': release(2, { Reconciling: 'True', Ready: 'Unknown' }),
  '`HelmRelease` whose test failed': release(2, { Ready: 'False', TestSuccess: 'False' }),
  '`HelmRelease` whose test failed, and that is not retried': release(2, {
    Ready: 'False',
    Stalled: 'True',
    TestSuccess: 'False',
  }),
  '`HelmRelease` whose test succeeded': release(2, { Ready: 'True', TestSuccess: 'True' }),
}

describe('Flux', () => {
  const [, table = ''] = /^\| state +\|([^]*?)\n\n/m.exec(pageOf('flux.md')) ?? []
  const rows = [...table.matchAll(/^\| (.*?) +\| `(.*?)` +\| `(.*?)` +\|$/gm)]

  it.each(Object.entries(states))('sees a %s as the page says', async (name, object) => {
    const row = rows.find(([, state]) => state === name)
    expect(await healthOf(object)).toMatchObject({ kstatus: row?.[2], flux: row?.[3] })
  })

  it('has no state on its page that is not tried', () => {
    expect(rows.map(([, state]) => state)).toEqual(Object.keys(states))
  })

  it('knows every field of the recipe', async () => {
    expect(objects.map(({ kind }) => kind)).toEqual(['HelmRelease', 'Kustomization', 'Kustomization'])
    for (const object of objects) await healthOf(object)
    const [, kustomization] = objects
    const wrong = { ...kustomization, spec: { ...(at(kustomization, 'spec') as Tree), waits: true } }
    await expect(healthOf(wrong)).rejects.toThrow('unknown field "waits"')
  })

  it('compares revisions of one source, and waits longer than the gate', () => {
    const [helmRelease, platform, after] = objects
    expect(at(after, 'spec', 'dependsOn')).toEqual([{ name: at(platform, 'metadata', 'name') }])
    expect(at(after, 'spec', 'sourceRef')).toEqual(at(platform, 'spec', 'sourceRef'))
    expect(at(platform, 'spec', 'wait')).toBe(true)
    const minutes = (tree: unknown, ...path: readonly string[]) =>
      Number.parseInt(String(at(tree, ...path)), 10)
    const [upgrade, test] = [
      minutes(helmRelease, 'spec', 'timeout'),
      minutes(helmRelease, 'spec', 'test', 'timeout'),
    ]
    expect(test).toBeGreaterThan(45)
    expect(minutes(platform, 'spec', 'timeout')).toBeGreaterThan(upgrade + test)
  })

  it('knows every field of the recipe with a mirror, whose health is what comes next waits for', async () => {
    const recipe = documentsIn(fencesOf('mirror.md', 'yaml')[1] ?? '')
    for (const object of recipe) await healthOf(object)
    const [gate, after] = recipe
    expect(at(after, 'spec', 'dependsOn')).toEqual([{ name: at(gate, 'metadata', 'name') }])
    expect(at(after, 'spec', 'sourceRef')).toEqual(at(gate, 'spec', 'sourceRef'))
    const [mirror] = documentsIn(fencesOf('mirror.md', 'yaml')[0] ?? '')
    const { apiVersion, kind, metadata } = mirror ?? {}
    expect(at(gate, 'spec', 'healthChecks')).toEqual([{ apiVersion, kind, ...(metadata as Tree) }])
  })

  it('finds another Job for another rollout, and keeps it', () => {
    const job = fluxJob(asking)
    expect(at(job, 'metadata', 'name')).toBe('caracal-gate-48')
    expect(listAt(job, 'spec', 'template', 'spec', 'containers', 0, 'args')).toContain('flux/48')
    expect(job['spec']).toMatchObject({ backoffLimit: 0 })
    expect(at(job, 'spec', 'ttlSecondsAfterFinished')).toBeUndefined()
  })
})

describe('Argo CD', () => {
  const hook = argoHook('PostSync', asking)

  it.each([
    ['runs', 'Progressing'],
    ['Complete', 'Healthy'],
    ['Failed', 'Degraded'],
  ] as const)('takes a hook that %s for %s', async (state, argo) => {
    expect(await healthOf(withState(hook, state))).toMatchObject({ argo })
  })
})

describe('a Deployment that mirrors something', () => {
  const deployment = (status: Tree, spec: Tree = {}): Tree => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'mirror', generation: 1 },
    spec: { replicas: 1, progressDeadlineSeconds: 600, ...spec },
    status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, ...status },
  })
  const conditions = (available: string, progressing: string, reason: string) => ({
    conditions: [
      { type: 'Available', status: available, reason: 'Replicas' },
      { type: 'Progressing', status: progressing, reason },
    ],
  })
  const ready = {
    readyReplicas: 1,
    availableReplicas: 1,
    ...conditions('True', 'True', 'NewReplicaSetAvailable'),
  }
  const unready = { unavailableReplicas: 1 }
  it.each([
    ['ready', deployment(ready), 'Current', 'Healthy'],
    [
      'not ready yet',
      deployment({ ...unready, ...conditions('False', 'True', 'ReplicaSetUpdated') }),
      'InProgress',
      'Progressing',
    ],
    [
      'not ready for too long',
      deployment({ ...unready, ...conditions('False', 'False', 'ProgressDeadlineExceeded') }),
      'Failed',
      'Degraded',
    ],
    ['paused and ready', deployment(ready, { paused: true }), 'Current', 'Suspended'],
  ])('is seen when it is %s', async (_, object, flux, argo) => {
    expect(await healthOf(object)).toEqual({ kstatus: flux, flux, argo })
  })
})
