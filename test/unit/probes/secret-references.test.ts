import { describe, expect, it } from 'vitest'
import { secretKeysMissing } from '../../../src/checks/signals.ts'
import { CannotSee, type Look } from '../../../src/probes/probe.ts'
import { secretReferenceProbe } from '../../../src/probes/secret-references.ts'
import { clusterOf, refused, workload } from '../../support/cluster.ts'
import { readingOf } from './watching.ts'

type Secrets = Parameters<typeof clusterOf>[1]

function variable(name: string, key: string, optional = false) {
  return { name: key, valueFrom: { secretKeyRef: { name, key, optional } } }
}

function referring(component: string, ...env: readonly unknown[]) {
  const spec = { template: { spec: { containers: [{ name: component, env }] } } }
  return workload(component, { source: { kind: 'Deployment', spec } })
}

function lookAt(workloads: readonly ReturnType<typeof workload>[], secrets: Secrets): Promise<Look> {
  const probe = secretReferenceProbe(clusterOf({ workloads }, secrets))
  const [target] = probe.targets()
  if (target === undefined) throw new Error('no target')
  return probe.look(target, new AbortController().signal)
}

const runtime = { secret: 'caracal-runtime' }
const api = referring('api', variable('caracal-runtime', 'redisUrl'), variable('caracal-runtime', 'bearer'))
const sts = referring('sts', variable('caracal-runtime', 'bearer'))

describe('references to Secrets', () => {
  it('are whole when every key is there', async () => {
    const look = await lookAt([api, sts], { 'caracal-runtime': ['redisUrl', 'bearer', 'other'] })
    expect(readingOf(look, secretKeysMissing, runtime)).toMatchObject({ value: 0 })
  })

  it('name each missing key and who needs it', async () => {
    const look = await lookAt([api, sts], { 'caracal-runtime': ['redisUrl'] })
    expect(readingOf(look, secretKeysMissing, runtime)).toMatchObject({
      value: 1,
      detail: 'key bearer, referenced by api and sts',
    })
  })

  it('name a Secret that is not there at all', async () => {
    expect(readingOf(await lookAt([api, sts], {}), secretKeysMissing, runtime)).toMatchObject({
      value: 2,
      detail: 'no such Secret, referenced by api and sts',
    })
  })

  it('may be missing when they are optional', async () => {
    const look = await lookAt([referring('api', variable('extra', 'key', true))], {})
    expect(look).toEqual({ readings: [], blindSpots: [] })
  })

  it('are unknown for the one Secret that may not be read', async () => {
    const forbidden = Object.assign(new Error('may not get secret other'), {
      unknownReason: 'unauthorized',
      reason: 'forbidden',
    })
    const both = referring('api', variable('caracal-runtime', 'redisUrl'), variable('other', 'key'))
    const look = await lookAt([both], { 'caracal-runtime': ['redisUrl'], other: forbidden })
    expect(readingOf(look, secretKeysMissing, runtime)).toMatchObject({ value: 0 })
    expect(readingOf(look, secretKeysMissing, { secret: 'other' })).toBeUndefined()
    expect(look.blindSpots).toMatchObject([
      { labels: { secret: 'other' }, unknownReason: 'unauthorized', message: 'may not get secret other' },
    ])
  })

  it('are unknown while workloads cannot be listed', async () => {
    const probe = secretReferenceProbe(clusterOf({ workloads: refused }))
    const [target] = probe.targets()
    if (target === undefined) throw new Error('no target')
    await expect(probe.look(target, new AbortController().signal)).rejects.toBeInstanceOf(CannotSee)
  })
})
