import { describe, expect, it } from 'vitest'
import { documents } from '../../../../src/kubernetes/manifest/documents.ts'
import { secretReferences } from '../../../../src/kubernetes/manifest/references.ts'

function referencesOf(kind: string, podSpec: string): readonly unknown[] {
  const indented = podSpec.replaceAll(/^/gm, '      ')
  const [object = {}] = documents(`kind: ${kind}\nspec:\n  template:\n    spec:\n${indented}`)
  return secretReferences(object)
}

const podSpec = `
imagePullSecrets: [{name: registry}]
initContainers:
- name: prepare
  env:
  - {name: A, valueFrom: {secretKeyRef: {name: runtime, key: a}}}
containers:
- name: api
  env:
  - {name: PLAIN, value: x}
  - {name: A, valueFrom: {secretKeyRef: {name: runtime, key: a}}}
  - {name: B, valueFrom: {secretKeyRef: {name: runtime, key: b, optional: true}}}
  - {name: C, valueFrom: {configMapKeyRef: {name: settings, key: c}}}
  envFrom:
  - {secretRef: {name: all}}
  - {configMapRef: {name: settings}}
volumes:
- name: whole
  secret: {secretName: whole}
- name: picked
  secret: {secretName: runtime, items: [{key: c, path: c}, {key: d, path: d}]}
- name: projected
  projected:
    sources:
    - secret: {name: joined, optional: true, items: [{key: e, path: e}]}
    - secret: {name: joined-whole}
    - serviceAccountToken: {path: token}
- name: scratch
  emptyDir: {}
`

describe('secretReferences', () => {
  it.each(['Deployment', 'StatefulSet', 'Job'])('finds each way to refer to a Secret in a %s', (kind) => {
    expect(referencesOf(kind, podSpec)).toEqual([
      { secret: 'runtime', key: 'a', optional: false },
      { secret: 'runtime', key: 'b', optional: true },
      { secret: 'all', optional: false },
      { secret: 'whole', optional: false },
      { secret: 'runtime', key: 'c', optional: false },
      { secret: 'runtime', key: 'd', optional: false },
      { secret: 'joined', key: 'e', optional: true },
      { secret: 'joined-whole', optional: false },
      { secret: 'registry', optional: false },
    ])
  })

  it('X69: finds what a CronJob starts, and what the pods of a ServiceAccount pull images with', () => {
    const env = '[{name: A, valueFrom: {secretKeyRef: {name: runtime, key: a}}}]'
    const [job = {}, account = {}] = documents(`kind: CronJob
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c, env: ${env}}]}}}}}
---
kind: ServiceAccount
imagePullSecrets: [{name: registry}]`)
    expect(secretReferences(job)).toEqual([{ secret: 'runtime', key: 'a', optional: false }])
    expect(secretReferences(account)).toEqual([{ secret: 'registry', optional: false }])
  })

  it.each([
    ['the login of a CSI driver', 'csi: {driver: d, nodePublishSecretRef: {name: login}}'],
    ['the login of another driver', 'rbd: {image: i, monitors: [], secretRef: {name: login}}'],
    ['the key of Azure', 'azureFile: {shareName: s, secretName: login}'],
  ])('X69: finds %s', (_, source) => {
    expect(referencesOf('Job', `containers: [{name: c}]\nvolumes: [{name: v, ${source}}]`)).toEqual([
      { secret: 'login', optional: false },
    ])
  })

  it('X69: finds the key that is mounted as one file of a Secret, but not below what picks keys itself', () => {
    const spec = `
containers:
- name: api
  volumeMounts:
  - {name: whole, mountPath: /a, subPath: tls.crt}
  - {name: optional, mountPath: /b, subPath: ca.crt}
  - {name: picked, mountPath: /c, subPath: renamed}
  - {name: settings, mountPath: /d, subPath: file}
volumes:
- {name: whole, secret: {secretName: whole}}
- {name: optional, secret: {secretName: maybe, optional: true}}
- {name: picked, secret: {secretName: picked, items: [{key: k, path: renamed}]}}
- {name: settings, configMap: {name: settings}}`
    expect(referencesOf('Job', spec)).toEqual([
      { secret: 'whole', optional: false },
      { secret: 'maybe', optional: true },
      { secret: 'picked', key: 'k', optional: false },
      { secret: 'whole', key: 'tls.crt', optional: false },
      { secret: 'maybe', key: 'ca.crt', optional: true },
    ])
  })

  it('finds none in what has no pods, or holds something else where they should be', () => {
    expect(secretReferences({ kind: 'Service', spec: { ports: [] } })).toEqual([])
    expect(secretReferences({})).toEqual([])
    expect(
      secretReferences({
        kind: 'Deployment',
        spec: { template: { spec: { containers: 'none', volumes: [1, null] } } },
      }),
    ).toEqual([])
  })
})
