import { describe, expect, it } from 'vitest'
import { documents, ManifestError, secretsAsKeys } from '../../../../src/kubernetes/manifest/documents.ts'

function faultOf(text: string): string {
  try {
    documents(text)
  } catch (fault) {
    if (fault instanceof ManifestError) return fault.message
    throw fault
  }
  return 'none'
}

describe('documents', () => {
  it('gives the objects in their order and drops empty documents', () => {
    const text = '---\n# only a comment\n---\nkind: A\n---\n\n---\nkind: B\nspec: {a: 1}\n---\n'
    expect(documents(text)).toEqual([{ kind: 'A' }, { kind: 'B', spec: { a: 1 } }])
  })

  it('gives nothing for an empty text', () => {
    expect(documents('')).toEqual([])
    expect(documents('\n# nothing\n---\n---\n')).toEqual([])
  })

  it('takes lists apart, also those in lists', () => {
    const text = 'kind: List\nitems:\n- kind: A\n- kind: List\n  items: [{kind: B}, {kind: C}]\n---\nkind: D'
    expect(documents(text)).toEqual([{ kind: 'A' }, { kind: 'B' }, { kind: 'C' }, { kind: 'D' }])
  })

  it('gives items of a typed list the kind that they leave out, so that no Secret escapes', () => {
    const text =
      'apiVersion: v1\nkind: SecretList\nitems:\n- metadata: {name: a}\n  data: {token: c2VjcmV0}\n'
    expect(documents(text)).toEqual([
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, keys: ['token'] },
    ])
  })

  it('reads YAML as Helm does', () => {
    const text = [
      'kind: A',
      'octal: 0400',
      'yes: no',
      'grouped: 1_000',
      'time: 22:22',
      'day: 2001-12-14',
      'binary: !!binary aGk=',
      'text: "0400"',
      'twice: 1',
      'twice: 2',
    ].join('\n')
    expect(documents(text)).toEqual([
      {
        kind: 'A',
        octal: 256,
        true: false,
        grouped: 1000,
        time: '22:22',
        day: '2001-12-14',
        binary: 'hi',
        text: '0400',
        twice: 2,
      },
    ])
  })

  it('follows anchors and merge keys', () => {
    const text = 'kind: A\nbase: &base {a: 1, b: 2}\nmore: {<<: *base, b: 3}\nsame: *base\n'
    expect(documents(text)[0]).toMatchObject({ more: { a: 1, b: 3 }, same: { a: 1, b: 2 } })
  })

  it.each([
    ['kind: A\n---\nkind: B\nspec: [1\n', 'document 2 (line 3) is not YAML: bad indent in line 5'],
    ['kind: A\nspec: {a: 1}}\n', 'document 1 (line 1) is not YAML: unexpected token in line 2'],
    ['a: hunter2: hunter2\n', 'document 1 (line 1) is not YAML: block as implicit key in line 1'],
    ['kind: A\n---\njust text\n', 'document 2 (line 3) is not an object'],
    ['- kind: A\n', 'document 1 (line 1) is not an object'],
    ['image: {tag: 1}\n', 'document 1 (line 1) has no kind: is it a manifest?'],
    ['kind: List\nitems: [1]\n', 'document 1 (line 1) is not an object'],
    [
      'kind: A\nb: *hunter2\n',
      'document 1 (line 1) has an alias without its anchor, or aliases that grow without bound',
    ],
    ['kind: A\nloop: &a [*a]\n', 'document 1 (line 1) is nested more than 100 deep'],
  ])('names the place of what is broken and quotes nothing: %j', (text, message) => {
    expect(faultOf(text)).toBe(message)
  })

  it('refuses a text that is too large', () => {
    expect(faultOf(`kind: A\ntext: ${'x'.repeat(2 * 1024 * 1024)}`)).toBe('the manifest is larger than 2 MiB')
  })

  it('refuses too many objects', () => {
    expect(faultOf('kind: A\n---\n'.repeat(2001))).toBe('the manifest has 2001 objects, more than 2000')
  })

  it('refuses what is nested too deep, in flow and in block style', () => {
    expect(faultOf(`kind: A\na: ${'['.repeat(200)}${']'.repeat(200)}`)).toMatch(/nested more than 100 deep/)
    expect(faultOf(`kind: A\na: ${'['.repeat(50_000)}`)).toMatch(/^document 1 .* is not YAML/)
  })

  it('refuses aliases that grow without bound', () => {
    const levels = ['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdefgh'.split('').map(level)]
    expect(faultOf(`kind: A\n${levels.join('\n')}`)).toMatch(/aliases that grow without bound/)
  })
})

function level(name: string): string {
  const former = String.fromCharCode(name.charCodeAt(0) - 1)
  return `${name}: &${name} [${Array(9).fill(`*${former}`).join(',')}]`
}

describe('secretsAsKeys', () => {
  const secret = {
    kind: 'Secret',
    metadata: {
      name: 'a',
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"b":"hunter2"}}',
        kept: 'yes',
      },
    },
    type: 'Opaque',
    data: { b: 'aHVudGVyMg==' },
    stringData: { a: 'hunter2', b: 'hunter2' },
  }

  it('keeps the names of the keys alone', () => {
    expect(secretsAsKeys([secret])).toEqual([
      {
        kind: 'Secret',
        metadata: { name: 'a', annotations: { kept: 'yes' } },
        type: 'Opaque',
        keys: ['a', 'b'],
      },
    ])
  })

  it('changes nothing when done again', () => {
    const once = secretsAsKeys([secret])
    expect(secretsAsKeys(once)).toEqual(once)
  })

  it('leaves other kinds as they are', () => {
    const map = { kind: 'ConfigMap', data: { a: 'b' } }
    expect(secretsAsKeys([map])).toEqual([map])
  })
})
