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
  const probe = secretReferenceProbe(clusterOf({ workloads }, secrets), { now: () => 0 })
  const [target] = probe.targets()
  if (target === undefined) throw new Error('no target')
  return probe.look(target, new AbortController().signal)
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
    const probe = secretReferenceProbe(clusterOf({ workloads: refused }), { now: () => 0 })
    const [target] = probe.targets()
    if (target === undefined) throw new Error('no target')
    await expect(probe.look(target, new AbortController().signal)).rejects.toBeInstanceOf(CannotSee)
  })
})
