import { describe, expect, it } from 'vitest'
import { releaseContent } from '../../../src/kubernetes/helm-release.ts'
import { packed } from './packed-release.ts'

const chart = { metadata: { name: 'small', version: '1.2.3' } }

describe('the hooks of a release', () => {
  it('R140 X69: name what hooks of an upgrade or a rollback refer to, but for the Secrets that hooks make', () => {
    const needing = (name: string, key: string, kind: string) => `kind: ${kind}
metadata: {name: ${name}}
spec:
  containers:
  - env:
    - {name: A, valueFrom: {secretKeyRef: {name: runtime, key: ${key}}}}
    - {name: B, valueFrom: {secretKeyRef: {name: made, key: b}}}
`
    const hookOf = (name: string, events: readonly string[] | undefined) => ({
      name,
      kind: 'Pod',
      manifest: needing(name, `of-${name}`, 'Pod'),
      ...(events && { events }),
    })
    const hooks = [
      {
        name: 'made',
        kind: 'Secret',
        events: ['pre-upgrade'],
        manifest: 'kind: Secret\nmetadata: {name: made}\n',
      },
      hookOf('upgrade', ['pre-install', 'post-upgrade']),
      hookOf('rollback', ['pre-rollback']),
      hookOf('silent', undefined),
      hookOf('test', ['test']),
      hookOf('end', ['pre-delete', 'post-delete']),
      hookOf('install', ['pre-install']),
    ]
    expect(releaseContent(packed({ chart, manifest: '', hooks }))).toMatchObject({
      hookReferences: ['upgrade', 'rollback', 'silent'].map((name) => ({
        name,
        references: [{ secret: 'runtime', key: `of-${name}`, optional: false }],
      })),
    })
  })
})
