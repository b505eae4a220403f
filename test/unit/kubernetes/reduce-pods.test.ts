import { describe, expect, it } from 'vitest'
import { reduceEndpointSlice, reducePod, reduceService } from '../../../src/kubernetes/reduce-pods.ts'
import { podObject } from '../../support/fake-release.ts'
import { made } from './made.ts'

describe('a pod', () => {
  it('is reduced to what is judged', () => {
    const reduced = reducePod(made(podObject('api-1')))
    expect(reduced).toEqual({
      name: 'api-1',
      uid: 'u',
      createdAt: Date.parse('2030-01-01T00:00:10Z'),
      component: 'api',
      ip: '198.18.0.1',
      phase: 'Running',
      ready: true,
      deleting: false,
      revision: 'abc',
      owner: 'uid-rs',
      ownedBy: 'ReplicaSet/rs',
      containers: [
        {
          name: 'api',
          role: 'main',
          image: 'api:1',
          asked: 'api:1',
          imageId: '',
          runs: true,
          ready: true,
          restarts: 0,
        },
      ],
      port: 3000,
    })
    expect(JSON.stringify(reduced).length).toBeLessThan(500)
  })

  it('without a status is there and not ready', () => {
    const reduced = reducePod(made({ ...podObject('api-1'), status: undefined }))
    expect(reduced).toMatchObject({ phase: 'Unknown', ready: false, containers: [] })
    expect(reduced?.ip).toBeUndefined()
  })

  it.each<[string, object, object]>([
    [
      'crashes over and over',
      { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' } },
      { waiting: 'CrashLoopBackOff', message: 'Error, exit code 1: no database' },
    ],
    [
      'has no image',
      { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image' } },
      { waiting: 'ImagePullBackOff', message: 'Back-off pulling image' },
    ],
    ['runs again after it ended', { running: {} }, { message: 'Error, exit code 1: no database' }],
  ])('says what the kubelet says when it %s', (_, state, expected) => {
    const lastState = { terminated: { reason: 'Error', exitCode: 1, message: 'no\ndatabase' } }
    const containerStatuses = [{ name: 'api', image: 'i', ready: false, restartCount: 4, state, lastState }]
    const [container] =
      reducePod(made({ ...podObject('a'), status: { containerStatuses } }))?.containers ?? []
    expect(container).toMatchObject({ name: 'api', image: 'i', ready: false, restarts: 4, ...expected })
    expect(container?.runs).toBe('running' in state)
  })

  it('X03: says which image each container asks for, which one it runs and what for', () => {
    const asked = (name: string) => ({ name, image: `r.example:5000/${name}:1` })
    const spec = {
      initContainers: [asked('init'), { ...asked('proxy'), restartPolicy: 'Always' }],
      containers: [asked('api')],
    }
    const ended = (exitCode: number) => ({ terminated: { exitCode } })
    const status = {
      initContainerStatuses: [
        { name: 'init', image: 'x', imageID: 'r@sha256:1', state: ended(0) },
        { name: 'proxy', state: { running: {} } },
      ],
      containerStatuses: [{ name: 'api', imageID: 'r@sha256:2', state: ended(0) }],
    }
    const reduced = reducePod(made({ ...podObject('a'), spec, status }))?.containers ?? []
    expect(
      reduced.map(({ name, role, asked: image, imageId, runs }) => [name, role, image, imageId, runs]),
    ).toEqual([
      ['init', 'init', 'r.example:5000/init:1', 'r@sha256:1', true],
      ['proxy', 'sidecar', 'r.example:5000/proxy:1', '', true],
      ['api', 'main', 'r.example:5000/api:1', 'r@sha256:2', false],
    ])
    const failed = { initContainerStatuses: [{ name: 'init', state: ended(1) }] }
    expect(reducePod(made({ ...podObject('a'), spec, status: failed }))?.containers[0]?.runs).toBe(false)
  })

  it('names its init containers first, and bounds what is said of them', () => {
    const waiting = { reason: 'CreateContainerConfigError', message: 'x'.repeat(5_000) }
    const status = {
      initContainerStatuses: [{ name: 'init', state: { waiting } }],
      containerStatuses: [{ name: 'main' }],
    }
    const containers = reducePod(made({ ...podObject('a'), status }))?.containers ?? []
    expect(containers.map(({ name }) => name)).toEqual(['init', 'main'])
    expect(containers[0]?.message?.length).toBeLessThanOrEqual(200)
  })

  it.each<[string, readonly object[], number | undefined]>([
    [
      'named http of several',
      [
        { name: 'grpc', containerPort: 1 },
        { name: 'http', containerPort: 2 },
      ],
      2,
    ],
    ['that is the only one', [{ name: 'web', containerPort: 3 }], 3],
    ['of none', [], undefined],
    ['that nobody can tell among several', [{ containerPort: 1 }, { containerPort: 2 }], undefined],
    ['that is none', [{ containerPort: 'http' }], undefined],
  ])('listens on the port %s', (_, ports, port) => {
    expect(reducePod(made({ ...podObject('a'), spec: { containers: [{ ports }] } }))?.port).toBe(port)
  })

  const readiness = (path: string, port: string | number) => ({
    httpGet: { path, port, scheme: 'HTTP' },
    periodSeconds: 10,
    failureThreshold: 3,
    timeoutSeconds: 1,
  })

  it.each<[string, object | undefined, number | undefined]>([
    ['asks /ready at its port by name', readiness('/ready', 'http'), 31_000],
    ['asks /ready at its port by number', readiness('/ready', 3000), 31_000],
    ['asks something else', readiness('/health', 'http'), undefined],
    ['asks another port, as behind a service mesh', readiness('/ready', 15_020), undefined],
    ['says not how often it asks', { httpGet: { path: '/ready', port: 'http' } }, undefined],
    ['runs a command', { exec: { command: ['true'] }, periodSeconds: 10 }, undefined],
    ['is not there', undefined, undefined],
  ])('X34: proves /ready by a readiness probe that %s', (_, readinessProbe, expected) => {
    const ports = [{ name: 'http', containerPort: 3000 }]
    const beside = { name: 'mesh', ports: [{ name: 'mesh', containerPort: 4191 }] }
    const containers = [beside, { ports, ...(readinessProbe && { readinessProbe }) }]
    expect(reducePod(made({ ...podObject('a'), spec: { containers } }))?.unreadyWithin).toBe(expected)
  })

  it('X34: proves nothing by what another of its containers answers', () => {
    const sidecar = {
      ports: [{ name: 'admin', containerPort: 4191 }],
      readinessProbe: readiness('/ready', 4191),
    }
    const containers = [sidecar, { ports: [{ name: 'http', containerPort: 3000 }] }]
    expect(reducePod(made({ ...podObject('a'), spec: { containers } }))?.unreadyWithin).toBeUndefined()
  })

  it('that no node takes says why', () => {
    const conditions = [
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no memory' },
    ]
    expect(reducePod(made({ ...podObject('a'), status: { conditions } }))?.unschedulable).toBe('no memory')
  })
})

describe('what leads to pods', () => {
  it('of a Service is its ports, where a target that nobody names is the port itself', () => {
    const ports = [
      { name: 'http', port: 80, targetPort: 'http' },
      { port: 81, targetPort: 8081 },
      { port: 82 },
    ]
    expect(
      reduceService(made({ metadata: { name: 's' }, spec: { ports, selector: { a: 'b' } } })),
    ).toMatchObject({
      selector: { a: 'b' },
      ports: [{ targetPort: 'http' }, { targetPort: 8081 }, { targetPort: 82 }],
    })
  })

  it('of a Service selects nothing by what is no text', () => {
    const selector = { a: { toString: 1, valueOf: 1 }, b: ['c'] }
    expect(reduceService(made({ metadata: { name: 's' }, spec: { selector } }))?.selector).toEqual({
      a: '',
      b: '',
    })
  })

  it('of an EndpointSlice is its addresses; one of which nobody says anything is ready', () => {
    const metadata = { name: 'e', labels: { 'kubernetes.io/service-name': 's' } }
    const endpoints = [
      { addresses: ['198.18.0.1'], conditions: { ready: true } },
      { addresses: ['198.18.0.2'], conditions: { ready: false } },
      { addresses: ['198.18.0.3', 4] },
    ]
    expect(reduceEndpointSlice(made({ metadata, ports: [{ port: 3000 }], endpoints }))).toMatchObject({
      service: 's',
      ports: [{ port: 3000 }],
      endpoints: [
        { addresses: ['198.18.0.1'], ready: true },
        { addresses: ['198.18.0.2'], ready: false },
        { addresses: ['198.18.0.3'], ready: true },
      ],
    })
  })
})
