import { describe, expect, it } from 'vitest'
import { differences } from '../../../../src/kubernetes/manifest/differences.ts'
import { changed, container, drift, env, own, pod, reversed, type Path } from './changing.ts'
import { asServed, manifestOfApp, manifestOfService } from './small-app.ts'

describe('differences', () => {
  it('finds none between a manifest and what the API server makes of it', () => {
    expect(differences(manifestOfApp, asServed(manifestOfApp), own)).toEqual([])
    expect(differences(manifestOfService, asServed(manifestOfService), own)).toEqual([])
    expect(differences(manifestOfApp, manifestOfApp, own)).toEqual([])
  })

  it.each<[string, Path, unknown, string]>([
    [
      'an image',
      [...container, 'image'],
      'registry.example/team/app:9',
      'containers[app].image: registry.example/team/app:1.2.3 -> registry.example/team/app:9',
    ],
    ['a number of replicas', ['spec', 'replicas'], 5, 'spec.replicas: 2 -> 5'],
    ['a label', ['metadata', 'labels', 'tier'], '2', 'labels[tier]: 1 -> 2'],
    ['a label that is gone', ['metadata', 'labels', 'tier'], undefined, 'labels[tier]: 1 -> (absent)'],
    [
      'an annotation of the pods',
      ['spec', 'template', 'metadata', 'annotations', 'note'],
      'bye',
      'template.annotations[note]: hello -> bye',
    ],
    ['a service account', [...pod, 'serviceAccountName'], 'admin', 'serviceAccountName: small -> admin'],
    [
      'a field set to what is empty in the manifest',
      [...pod, 'hostNetwork'],
      true,
      'hostNetwork: false -> true',
    ],
    ['a command', [...container, 'command'], ['/bin/sh'], 'containers[app].command: [/bin/app] -> [/bin/sh]'],
    ['arguments that were added', [...container, 'args'], ['-v'], 'containers[app].args: (absent) -> (set)'],
    [
      'arguments that are gone',
      [...pod, 'initContainers', 0, 'args'],
      undefined,
      'initContainers[prepare].args: [--once] -> (absent)',
    ],
    [
      'a container that is gone',
      [...pod, 'initContainers', 0],
      undefined,
      'initContainers[prepare]: (set) -> (absent)',
    ],
    [
      'a container that was added',
      [...pod, 'containers', 1],
      { name: 'debug' },
      'containers[debug]: (absent) -> (set)',
    ],
    [
      'an amount',
      [...container, 'resources', 'limits', 'cpu'],
      '2',
      'containers[app].resources.limits[cpu]: 1000m -> 2',
    ],
    [
      'an amount that was never set',
      [...container, 'resources'],
      undefined,
      'containers[app].resources: (set) -> (absent)',
    ],
    [
      'a size limit',
      [...pod, 'volumes', 1, 'emptyDir', 'sizeLimit'],
      '2Gi',
      'volumes[scratch].emptyDir.sizeLimit: 1Gi -> 2Gi',
    ],
    [
      'a probe',
      [...container, 'readinessProbe', 'httpGet', 'path'],
      '/health',
      'containers[app].readinessProbe.httpGet.path: /ready -> /health',
    ],
    [
      'a capability',
      [...container, 'securityContext', 'capabilities', 'drop'],
      [],
      'containers[app].securityContext.capabilities.drop: [ALL] -> []',
    ],
    [
      'a port that was added',
      [...container, 'ports', 2],
      { containerPort: 9229, protocol: 'TCP' },
      'containers[app].ports[9229]: (absent) -> (set)',
    ],
    [
      'a port of another protocol that is gone',
      [...container, 'ports', 1],
      undefined,
      'containers[app].ports[8080/UDP]: (set) -> (absent)',
    ],
    [
      "a port's name",
      [...container, 'ports', 0, 'name'],
      'web',
      'containers[app].ports[8080].name: http -> web',
    ],
    [
      'a mount',
      [...container, 'volumeMounts', 1, 'readOnly'],
      undefined,
      'containers[app].volumeMounts[/run/secrets].readOnly: true -> (absent)',
    ],
    [
      'another Secret in a volume',
      [...pod, 'volumes', 0, 'secret', 'secretName'],
      'other',
      'volumes[secrets].secret.secretName: runtime -> other',
    ],
    [
      'the mode of a volume',
      [...pod, 'volumes', 0, 'secret', 'defaultMode'],
      420,
      'volumes[secrets].secret.defaultMode: 256 -> 420',
    ],
    [
      'a volume in the place of an empty directory',
      [...pod, 'volumes', 2],
      { name: 'plain', hostPath: { path: '/' } },
      'volumes[plain].hostPath: (absent) -> (set)',
    ],
    [
      'another secret for pulling images',
      [...pod, 'imagePullSecrets'],
      [{ name: 'registry' }, { name: 'mine' }],
      'imagePullSecrets[mine]: (absent) -> (set)',
    ],
    ['a node selector', [...pod, 'nodeSelector', 'zone'], 'a', 'nodeSelector[zone]: (absent) -> (set)'],
    [
      'a toleration',
      [...pod, 'tolerations', 0, 'effect'],
      'NoExecute',
      'tolerations[0].effect: NoSchedule -> NoExecute',
    ],
    ['a further toleration', [...pod, 'tolerations', 1], { key: 'b' }, 'tolerations: 1 entries -> 2 entries'],
    [
      'the size of a claim',
      ['spec', 'volumeClaimTemplates', 0, 'spec', 'resources', 'requests', 'storage'],
      '2Gi',
      'spec.volumeClaimTemplates[data].spec.resources.requests[storage]: 1Gi -> 2Gi',
    ],
  ])('finds %s', (_, path, value, expected) => {
    expect(drift(path, value)).toEqual([expected])
  })

  it('finds a label without a value that is gone, and a selector without a value that was added', () => {
    const label: Path = ['metadata', 'labels', 'plain']
    expect(drift(label, undefined, changed(manifestOfApp, label, ''))).toEqual([
      'labels[plain]: "" -> (absent)',
    ])
    const live = changed(asServed(manifestOfService), ['spec', 'selector', 'canary'], '')
    expect(differences(manifestOfService, live, own)).toHaveLength(1)
  })

  it('finds a directory in memory where the manifest names no kind of volume', () => {
    expect(drift([...pod, 'volumes', 3, 'emptyDir'], { medium: 'Memory' })).toEqual([
      'volumes[nothing].emptyDir: (absent) -> (set)',
    ])
  })

  it('shows two long values from where they part', () => {
    const registry = `registry.example/${'a/'.repeat(40)}app`
    const manifest = changed(manifestOfApp, [...container, 'image'], `${registry}:1`)
    expect(drift([...container, 'image'], `${registry}:2`, manifest)).toEqual([
      'containers[app].image: …a/a/a/a/app:1 -> …a/a/a/a/app:2',
    ])
  })

  it.each<[string, Path, unknown]>([
    ['a label that was added', ['metadata', 'labels', 'more'], 'x'],
    ['the order of variables', env, reversed(env)],
    ['the order of volumes', [...pod, 'volumes'], reversed([...pod, 'volumes'])],
    ['an amount written otherwise', [...container, 'resources', 'limits', 'memory'], '1073741824'],
    ['an amount as a number', [...container, 'resources', 'limits', 'cpu'], 1],
    ['a field that the manifest does not set', [...pod, 'terminationMessagePolicy'], 'File'],
    [
      'an annotation kubectl rollout restart writes',
      ['spec', 'template', 'metadata', 'annotations', 'kubectl.kubernetes.io/restartedAt'],
      'now',
    ],
  ])('does not take for a difference %s', (_, path, value) => {
    expect(drift(path, value)).toEqual([])
  })

  it('leaves the number of replicas to an autoscaler', () => {
    const live = changed(asServed(manifestOfApp), ['spec', 'replicas'], 7)
    expect(differences(manifestOfApp, live, { ownedByAutoscaler: true })).toEqual([])
  })

  it('compares the ports and the selector of a Service', () => {
    const live = (path: Path, value: unknown) =>
      differences(manifestOfService, changed(asServed(manifestOfService), path, value), own)
    expect(live(['spec', 'ports', 0, 'targetPort'], 8081)).toEqual([
      { path: 'spec.ports[80].targetPort', expected: 'http', actual: '8081' },
    ])
    expect(live(['spec', 'ports', 1], undefined)).toHaveLength(1)
    expect(live(['spec', 'selector', 'canary'], 'true')).toEqual([
      { path: 'spec.selector[canary]', expected: '(absent)', actual: '(set)' },
    ])
    expect(live(['spec', 'type'], 'NodePort')).toHaveLength(1)
  })

  it('takes a live object that is not as it should be for different, and never throws', () => {
    for (const live of [
      {},
      { metadata: 1, spec: [] },
      { spec: { template: 'x' } },
      { spec: { template: { spec: { containers: {} } } } },
    ])
      expect(differences(manifestOfApp, live, own).length).toBeGreaterThan(0)
  })
})
