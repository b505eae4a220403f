import { describe, expect, it } from 'vitest'
import { clusterDiscovery } from '../../../src/probes/replicas.ts'
import { clusterOf, pod, refused } from '../../support/cluster.ts'

describe('discovery in a cluster', () => {
  it('T06, T07: takes each pod on its own address, ready or not, with its revision', () => {
    const cluster = clusterOf({
      pods: [
        pod('gate-0', { component: 'gateway', ip: '10.0.0.1', port: 8081, revision: 'old' }),
        pod('gate-1', { component: 'gateway', ip: 'fd00::2', port: 8081, ready: false, revision: 'new' }),
      ],
    })
    expect(clusterDiscovery(cluster).replicas()).toEqual([
      {
        component: 'gateway',
        name: 'gate-0',
        url: 'http://10.0.0.1:8081',
        hostname: 'gate-0',
        instance: 'uid-gate-0/0',
        revision: 'old',
      },
      {
        component: 'gateway',
        name: 'gate-1',
        url: 'http://[fd00::2]:8081',
        hostname: 'gate-1',
        instance: 'uid-gate-1/0',
        revision: 'new',
      },
    ])
  })

  it.each([
    ['is going away', { deleting: true }],
    ['has no address yet', { ip: undefined }],
    ['has ended', { phase: 'Succeeded' }],
    ['was evicted', { phase: 'Failed' }],
    ['belongs to a migration Job', { component: 'migrate' }],
    ['has no component', { component: '' }],
  ])('leaves out a pod that %s', (_, given) => {
    const { ip, ...rest } = { ...pod('api-1'), ...given }
    const odd = ip === undefined ? rest : { ...rest, ip }
    expect(clusterDiscovery(clusterOf({ pods: [odd] })).replicas()).toEqual([])
  })

  it('asks the port that the service has by default where a container names none', () => {
    const { port: _, ...bare } = pod('sts-0', { component: 'sts' })
    expect(clusterDiscovery(clusterOf({ pods: [bare] })).replicas()[0]?.url).toBe('http://198.18.0.1:8080')
  })

  it('keeps the last known pods while the API server cannot be seen', () => {
    const cluster = clusterOf({ pods: [pod('api-1')] })
    const discovery = clusterDiscovery(cluster)
    const before = discovery.replicas()
    cluster.set({ pods: refused })
    expect(discovery.replicas()).toEqual(before)
  })

  it('R134: knows which replicas their kubelet proves, by a watch that is fresh', () => {
    const proving = { unreadyWithin: 31_000 }
    const cluster = clusterOf({
      pods: [
        pod('api-1', proving),
        pod('api-2', { ...proving, ready: false }),
        pod('api-3', { ...proving, deleting: true }),
        pod('api-4'),
      ],
    })
    const discovery = clusterDiscovery(cluster)
    const before = discovery.proven()
    expect([...before]).toEqual(['api/api-1'])
    cluster.set({ pods: [pod('api-1', proving), pod('api-5')] })
    expect(discovery.proven()).toBe(before)
    cluster.setAge(15_001)
    expect(discovery.proven().size).toBe(0)
    cluster.setAge(15_000)
    expect(discovery.proven()).toBe(before)
    cluster.set({ pods: refused })
    expect(discovery.proven().size).toBe(0)
  })

  it('returns the same list until a pod comes or goes', () => {
    const cluster = clusterOf({ pods: [pod('api-1')] })
    const discovery = clusterDiscovery(cluster)
    const before = discovery.replicas()
    expect(discovery.replicas()).toBe(before)
    cluster.set({ pods: [pod('api-1'), pod('api-2')] })
    expect(discovery.replicas()).toHaveLength(2)
  })
})
