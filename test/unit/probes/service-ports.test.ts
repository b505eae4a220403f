import { describe, expect, it } from 'vitest'
import { servicePortReaches } from '../../../src/rules/signals.ts'
import type { EndpointSlice, Service } from '../../../src/kubernetes/model.ts'
import { ProbeError } from '../../../src/probes/probe.ts'
import { servicePorts } from '../../../src/probes/service-ports.ts'
import { clusterOf, pod, refused, workload } from '../../support/cluster.ts'
import { firstLook, readingOf } from './watching.ts'

const identity = { uid: 'u', createdAt: 0, component: 'api' }

function service(targetPort: string | number): Service {
  return {
    ...identity,
    name: 'caracal-api',
    selector: {},
    ports: [{ name: 'http', port: 80, targetPort }],
    source: {},
  }
}

function slice(given: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    ...identity,
    name: 'caracal-api-abc',
    service: 'caracal-api',
    ports: [{ name: 'http', port: 3000 }],
    endpoints: [{ addresses: ['198.18.0.1'], ready: true }],
    ...given,
  }
}

async function reading(given: Parameters<typeof clusterOf>[0]) {
  const cluster = clusterOf({
    workloads: [workload('api')],
    pods: [pod('api-1')],
    services: [service('http')],
    endpointSlices: [slice()],
    ...given,
  })
  return readingOf(await firstLook(servicePorts(cluster)), servicePortReaches, { component: 'api' })
}

describe('Service ports', () => {
  it('reach a ready pod that an endpoint leads to', async () => {
    expect(await reading({})).toMatchObject({ value: 1 })
  })

  it('reach over any of several slices', async () => {
    expect(await reading({ endpointSlices: [slice({ endpoints: [] }), slice()] })).toMatchObject({ value: 1 })
  })

  it.each([
    ['there is no Service', { services: [] }, 'no_service'],
    ['the Service has no port', { services: [{ ...service('http'), ports: [] }] }, 'no_such_port'],
    ['it leads to a port that nobody listens on', { services: [service(3001)] }, 'no_such_port'],
    [
      'no endpoint leads to a ready pod',
      { endpointSlices: [slice({ endpoints: [] })] },
      'endpoint_missing: no endpoint of Service caracal-api leads to api-1 on port 3000',
    ],
    [
      'the endpoint is not ready',
      { endpointSlices: [slice({ endpoints: [{ addresses: ['198.18.0.1'], ready: false }] })] },
      'endpoint_missing',
    ],
    [
      'the endpoint has another port',
      { endpointSlices: [slice({ ports: [{ name: 'http', port: 8080 }] })] },
      'endpoint_missing',
    ],
    [
      'the slice is of another Service',
      { endpointSlices: [slice({ service: 'other' })] },
      'endpoint_missing',
    ],
  ])('do not reach when %s', async (_, given, detail) => {
    const found = await reading(given)
    expect(found?.value).toBe(0)
    expect(`${found?.facts?.code}: ${found?.detail}`).toContain(detail)
  })

  it('need no endpoint for a pod that is not ready or is going away', async () => {
    const pods = [pod('api-1', { ready: false }), pod('api-2', { deleting: true, ip: '198.18.0.2' })]
    expect(await reading({ pods, endpointSlices: [] })).toMatchObject({ value: 1 })
  })

  it('are not asked of a component that is not installed', async () => {
    expect(await reading({ workloads: [] })).toBeUndefined()
  })

  it.each(['services', 'endpointSlices', 'pods', 'workloads'] as const)(
    'are unknown while %s cannot be listed',
    async (kind) => {
      expect(await firstLook(servicePorts(clusterOf({ [kind]: refused })))).toBeInstanceOf(ProbeError)
    },
  )
})
