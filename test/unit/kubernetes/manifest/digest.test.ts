import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { digestOf, documents } from '../../../../src/kubernetes/manifest/documents.ts'
import type { PlainObject } from '../../../../src/kubernetes/manifest/objects.ts'

const digest = (text: string) => digestOf(documents(text))

const plain = `
---
# Source: small/templates/a.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  annotations:
data:
  port: "80"
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: b}
spec: {replicas: 2, paused: true}
`

describe('digestOf', () => {
  it('is a SHA-256 that stays the same from version to version', () => {
    expect(digest(plain)).toBe('sha256:5e7e7d23701d774b6787b190244c253af6f962ee43c931df057a0ff23a3876fe')
  })

  it('does not depend on the order of objects and fields, on comments, or on how YAML writes a value', () => {
    const other = `
kind: Deployment
apiVersion: "apps/v1"
spec:
  paused: yes   # as above
  replicas: 0x2
metadata:
  name: 'b'
  labels: null
---
{"kind": "ConfigMap", "data": {"port": "80"}, "apiVersion": "v1", "metadata": {"name": "a"}}
---
`
    expect(digest(other)).toBe(digest(plain))
  })

  it.each([
    ['a value', (text: string) => text.replace('"80"', '"81"')],
    ['text instead of a number', (text: string) => text.replace('replicas: 2', 'replicas: "2"')],
    ['a further object', (text: string) => `${text}\n---\nkind: Service\n`],
    ['a further field', (text: string) => text.replace('paused: true', 'paused: true, more: ""')],
    ['an object twice', (text: string) => `${text}${text}`],
  ])('changes with %s', (_, change) => {
    expect(digest(change(plain))).not.toBe(digest(plain))
  })

  it('leaves out what only helm test runs, and takes in the other hooks', () => {
    const hook = (events: string) => `${plain}
---
kind: Pod
metadata: {name: c, annotations: {"helm.sh/hook": "${events}"}}
`
    expect(digest(hook('test'))).toBe(digest(plain))
    expect(digest(hook('test-success'))).toBe(digest(plain))
    expect(digest(hook('post-install, test'))).toBe(digest(plain))
    expect(digest(hook('pre-install,pre-upgrade'))).not.toBe(digest(plain))
  })

  it('does not depend on the values of Secrets, but on their keys', () => {
    const secret = (data: string) => `kind: Secret\nmetadata: {name: a}\n${data}\n`
    expect(digest(secret('data: {a: MQ==}'))).toBe(digest(secret('stringData: {a: "2"}')))
    expect(digest(secret('data: {a: MQ==}'))).not.toBe(digest(secret('data: {b: MQ==}')))
  })

  it('does not see values of Secrets when it is given them either', () => {
    const secret = (value: string) => digestOf([{ kind: 'Secret', stringData: { a: value } }])
    expect(secret('1')).toBe(secret('2'))
  })

  it('is of nothing that Helm refuses, such as numbers that JSON can not write', () => {
    expect(() => digest('kind: A\na: .inf')).toThrow(/tag resolve failed in line 2/)
  })

  it('does not depend on order and form, whatever the objects are', () => {
    fc.assert(
      fc.property(fc.array(anObject, { maxLength: 6 }), fc.infiniteStream(fc.nat()), (objects, chance) => {
        const text = objects.map((object) => stringify(object, { version: '1.1' })).join('---\n')
        const shuffled = shuffle(objects, chance).map((object) => reordered(object, chance))
        const json = shuffled.map((object) => JSON.stringify(object, null, 3)).join('\n---\n')
        expect(digest(json)).toBe(digest(text))
        expect(digest(text)).toBe(digestOf(objects))
      }),
      { numRuns: 200 },
    )
  })
})

const { anObject } = fc.letrec<{ value: unknown; anObject: PlainObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'value' },
    fc.string({ maxLength: 8 }),
    fc.constantFrom('yes', '0400', '1e3', '22:22', '2001-12-14', '~', '', '<<', '- a', 'a: b'),
    fc.integer(),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 3, depthIdentifier: 'value' }),
    fc.dictionary(fc.string({ maxLength: 4 }), tie('value'), { maxKeys: 3, depthIdentifier: 'value' }),
  ),
  anObject: fc
    .dictionary(fc.constantFrom('spec', 'metadata', 'data', 'more'), tie('value'))
    .map((fields) => ({ kind: 'Thing', ...fields })),
}))

function shuffle<T>(list: readonly T[], chance: Iterator<number>): readonly T[] {
  return list
    .map((value) => ({ value, at: Number(chance.next().value) }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value)
}

function reordered(value: unknown, chance: Iterator<number>): unknown {
  if (Array.isArray(value)) return value.map((inner) => reordered(inner, chance))
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).map(([name, inner]) => [name, reordered(inner, chance)] as const)
  return Object.fromEntries(shuffle(fields, chance))
}
