import { describe, expect, it } from 'vitest'
import type { Job, ReleaseContent } from '../../../src/kubernetes/model.ts'
import { secretKeysMissing } from '../../../src/rules/signals.ts'
import type { Unavailable } from '../../../src/core/observation.ts'
import { ProbeError, type Look } from '../../../src/probes/probe.ts'
import type { SecretUser } from '../../../src/kubernetes/manifest/references.ts'
import { secretReferenceProbe } from '../../../src/probes/secret-references.ts'
import { clusterOf, job, refused, release, workload } from '../../support/cluster.ts'
import { readingOf } from './watching.ts'

type Secrets = Parameters<typeof clusterOf>[1]

function variable(name: string, key: string, optional = false) {
  return { name: key, valueFrom: { secretKeyRef: { name, key, optional } } }
}

function referring(component: string, ...env: readonly unknown[]) {
  const spec = { template: { spec: { containers: [{ name: component, env }] } } }
  return workload(component, { source: { kind: 'Deployment', spec } })
}

async function lookAt(objects: Parameters<typeof clusterOf>[0], secrets: Secrets): Promise<Look> {
  const probe = secretReferenceProbe(clusterOf(objects, secrets), { now: () => 0 })
  const [target] = probe.targets()
  if (target === undefined) throw new Error('no target')
  return probe.look(target, new AbortController().signal)
}

const switchedOff: Unavailable = {
  unknownReason: 'not_configured',
  reason: 'switched_off',
  message: 'not read',
}

const runtime = { secret: 'caracal-runtime' }
const api = referring('api', variable('caracal-runtime', 'redisUrl'), variable('caracal-runtime', 'bearer'))
const sts = referring('sts', variable('caracal-runtime', 'bearer'))

describe('references to Secrets', () => {
  it('X72: are asked for again after 20 s when they were whole, and at each look when not', async () => {
    const asked: string[] = []
    const held: Record<string, readonly string[]> = { whole: ['a'], partial: ['a'] }
    const workloads = [referring('api', variable('whole', 'a'), variable('partial', 'b'))]
    const cluster = clusterOf({ workloads })
    const clock = { at: 1_000, now: () => clock.at }
    const secretKeys = (name: string) => {
      asked.push(name)
      return Promise.resolve(held[name])
    }
    const probe = secretReferenceProbe({ ...cluster, secretKeys }, clock)
    const [target] = probe.targets()
    if (target === undefined) throw new Error('no target')
    const look = () => probe.look(target, new AbortController().signal)
    await look()
    clock.at += 19_999
    const again = await look()
    expect(readingOf(again, secretKeysMissing, { secret: 'whole' })).toMatchObject({ value: 0 })
    expect(asked).toEqual(['whole', 'partial', 'partial'])
    held['whole'] = []
    clock.at += 1
    expect(readingOf(await look(), secretKeysMissing, { secret: 'whole' })).toMatchObject({ value: 1 })
  })

  it('are whole when every key is there', async () => {
    const look = await lookAt(
      { workloads: [api, sts] },
      { 'caracal-runtime': ['redisUrl', 'bearer', 'other'] },
    )
    expect(readingOf(look, secretKeysMissing, runtime)).toMatchObject({ value: 0 })
  })

  it('name each missing key and who needs it', async () => {
    const look = await lookAt({ workloads: [api, sts] }, { 'caracal-runtime': ['redisUrl'] })
    expect(readingOf(look, secretKeysMissing, runtime)).toMatchObject({
      value: 1,
      detail: 'key bearer, referenced by api and sts',
    })
  })

  it('name a Secret that is not there at all', async () => {
    expect(readingOf(await lookAt({ workloads: [api, sts] }, {}), secretKeysMissing, runtime)).toMatchObject({
      value: 2,
      detail: 'referenced by api and sts',
      facts: { code: 'no_such_secret' },
    })
  })

  it('R140 X69: of a hook of the newest revision are missed before the upgrade that would wait for it', async () => {
    const references = [{ secret: 'caracal-runtime', key: 'postgresPassword', optional: false }]
    const of = (revision: number, users: readonly SecretUser[], status: string) => {
      const { content, ...rest } = release(revision, { status })
      return { ...rest, content: { ...(content as ReleaseContent), hookReferences: users } }
    }
    const releases = [of(7, [], 'superseded'), of(8, [{ name: 'migrate', references }], 'deployed')]
    const look = await lookAt({ workloads: [api], releases }, { 'caracal-runtime': ['redisUrl', 'bearer'] })
    expect(readingOf(look, secretKeysMissing, runtime)).toMatchObject({
      value: 1,
      detail: 'key postgresPassword, referenced by migrate',
    })
  })

  it('R140 X69: of a CronJob and a Job of the newest revision are missed, those of workloads as they run', async () => {
    const podOf = (key: string) => ({ containers: [{ env: [variable('caracal-runtime', key)] }] })
    const objects = [
      {
        kind: 'CronJob',
        metadata: { name: 'clean' },
        spec: { jobTemplate: { spec: { template: { spec: podOf('a') } } } },
      },
      { kind: 'Job', metadata: { name: 'seed' }, spec: { template: { spec: podOf('b') } } },
      { kind: 'Deployment', metadata: { name: 'api' }, spec: { template: { spec: podOf('c') } } },
    ]
    const { content, ...rest } = release(8)
    const releases = [{ ...rest, content: { ...(content as ReleaseContent), objects } }]
    const look = await lookAt({ workloads: [], releases }, { 'caracal-runtime': [] })
    expect(readingOf(look, secretKeysMissing, runtime)).toMatchObject({
      value: 2,
      detail: 'key a, referenced by clean; key b, referenced by seed',
    })
  })

  it("R140 X69: of the last Job of each kind are missed where Helm's Secrets are not read, also after its end", async () => {
    const migrate = (name: string, createdAt: number, key: string, more: Partial<Job> = {}) =>
      job('migrate', {
        name,
        uid: name,
        createdAt,
        references: [{ secret: 'caracal-runtime', key, optional: false }],
        ...more,
      })
    const jobs = [
      migrate('caracal-migrate', 2_000, 'now', { outcome: 'complete', deleted: true }),
      migrate('caracal-migrate-before', 1_000, 'before', { outcome: 'failed' }),
      migrate('clean-29000001', 2_000, 'last', { component: '' }),
      migrate('clean-29000000', 1_000, 'earlier', { component: '' }),
    ]
    const look = await lookAt({ workloads: [], jobs, releases: switchedOff }, { 'caracal-runtime': [] })
    expect(readingOf(look, secretKeysMissing, runtime)).toMatchObject({
      value: 2,
      detail: 'key now, referenced by migrate; key last, referenced by clean',
    })
  })

  it.each<[string, Parameters<typeof clusterOf>[0]]>([
    ['the Secrets of Helm may not be read, though they should', { workloads: [api], releases: refused }],
    [
      'the newest revision is not readable',
      { workloads: [api], releases: [release(8, { content: refused })] },
    ],
    ['Jobs stand for hooks and cannot be listed', { workloads: [api], releases: switchedOff, jobs: refused }],
  ])('R140 X69: are unknown while %s', async (_, objects) => {
    await expect(lookAt(objects, { 'caracal-runtime': ['redisUrl', 'bearer'] })).rejects.toBeInstanceOf(
      ProbeError,
    )
  })

  it('may be missing when they are optional', async () => {
    const look = await lookAt({ workloads: [referring('api', variable('extra', 'key', true))] }, {})
    expect(look).toEqual({ readings: [], blindSpots: [] })
  })

  it('are unknown for the one Secret that may not be read', async () => {
    const forbidden = Object.assign(new Error('may not get secret other'), {
      unknownReason: 'unauthorized',
      reason: 'forbidden',
    })
    const both = referring('api', variable('caracal-runtime', 'redisUrl'), variable('other', 'key'))
    const look = await lookAt({ workloads: [both] }, { 'caracal-runtime': ['redisUrl'], other: forbidden })
    expect(readingOf(look, secretKeysMissing, runtime)).toMatchObject({ value: 0 })
    expect(readingOf(look, secretKeysMissing, { secret: 'other' })).toBeUndefined()
    expect(look.blindSpots).toMatchObject([
      { labels: { secret: 'other' }, unknownReason: 'unauthorized', message: 'may not get secret other' },
    ])
  })

  it('are unknown while workloads cannot be listed', async () => {
    const probe = secretReferenceProbe(clusterOf({ workloads: refused }), { now: () => 0 })
    const [target] = probe.targets()
    if (target === undefined) throw new Error('no target')
    await expect(probe.look(target, new AbortController().signal)).rejects.toBeInstanceOf(ProbeError)
  })
})
