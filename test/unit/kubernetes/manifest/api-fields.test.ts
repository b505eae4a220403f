import { describe, expect, it } from 'vitest'
import { changed, container, drift, pod, type Path } from './changing.ts'
import { manifestOfApp } from './small-app.ts'

const security: Path = [...container, 'securityContext']

describe('X05: drift by what the API server does with a field', () => {
  it.each<[string, Path, unknown]>([
    ['a pointer to false', [...security, 'allowPrivilegeEscalation'], false],
    ['a pointer to 0', [...pod, 'securityContext', 'runAsUser'], 0],
    ['the token of the account', [...pod, 'automountServiceAccountToken'], false],
    ['the namespace of users', [...pod, 'hostUsers'], false],
  ])('keeps %s apart from absent, on both sides', (_, path, value) => {
    expect(drift(path, undefined, changed(manifestOfApp, path, value))).toHaveLength(1)
    expect(drift(path, value)).toHaveLength(1)
  })

  it.each<[string, Path, unknown]>([
    ['the network of the node', [...pod, 'hostNetwork'], true],
    ['the processes of the node', [...pod, 'hostPID'], true],
    ['a hook', [...container, 'lifecycle'], { preStop: { sleep: { seconds: 1 } } }],
    ['a probe', [...container, 'livenessProbe'], { tcpSocket: { port: 1 } }],
    ['a capability', [...security, 'capabilities', 'add'], ['SYS_ADMIN']],
    ['privileges', [...security, 'privileged'], true],
    ['another scheduler', [...pod, 'schedulerName'], 'mine'],
    ['another way of updating', ['spec', 'updateStrategy'], { type: 'OnDelete' }],
  ])('finds %s that only the live object has', (_, path, value) => {
    expect(drift(path, value)).toHaveLength(1)
  })

  it.each<[string, Path, unknown]>([
    [
      'a default',
      ['spec', 'persistentVolumeClaimRetentionPolicy'],
      { whenDeleted: 'Retain', whenScaled: 'Retain' },
    ],
    ['false where the server drops it', [...pod, 'hostIPC'], false],
    ['a field that this version does not have', [...pod, 'fieldOfTomorrow'], { a: 1 }],
    ['an empty object', [...container, 'securityContext', 'seLinuxOptions'], {}],
  ])('does not take for a difference %s', (_, path, value) => {
    expect(drift(path, value)).toEqual([])
  })

  it('finds init containers in another order, which they run in', () => {
    const path: Path = [...pod, 'initContainers']
    const [first, second] = [
      { name: 'prepare', args: ['--once'], image: 'registry.example/prepare:1' },
      { name: 'check', image: 'x:1' },
    ]
    const manifest = changed(manifestOfApp, path, [first, second])
    expect(drift(path, [second, first], manifest)).toEqual([
      'initContainers: [prepare, check] -> [check, prepare]',
    ])
  })
})
