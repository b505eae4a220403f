import { describe, expect, it } from 'vitest'
import { faultText } from '../../../src/config/faults.ts'
import { documentOf } from '../../../src/config/document.ts'
import { faultsOf, load, minimal } from './loading.ts'

function read(text: string | Uint8Array): readonly string[] {
  return documentOf('f', typeof text === 'string' ? Buffer.from(text) : text).faults.map(faultText)
}

const bomb = ['a', 'b', 'c', 'd', 'e', 'f']
  .map((name, index, names) => {
    const items = Array(9).fill(index === 0 ? 'x' : `*${names[index - 1]}`)
    return `${name}: &${name} [${items.join(', ')}]`
  })
  .join('\n')

describe('a configuration file', () => {
  it.each([
    ['a duplicate key', 'a: 1\nb:\n  c: 1\n  c: 2\n', 'f:4:3: the key "c" is given twice; allowed: YAML 1.2'],
    ['an alias bomb', bomb, 'f: the aliases of the file repeat too much; allowed: a plain mapping'],
    [
      'an alias of nothing',
      'a: *b\n',
      'f: an alias of the file has no anchor before it; allowed: a plain mapping',
    ],
    [
      'bytes that are not UTF-8',
      Uint8Array.of(0xc3, 0x28),
      'f: the file is not UTF-8; allowed: YAML in UTF-8',
    ],
    ['nothing', '', 'f: the file is empty; allowed: a mapping of configuration keys'],
    ['only comments', '# a: 1\n', 'f: the file is empty; allowed: a mapping of configuration keys'],
    ['a list', '- a\n', 'f: the file holds no mapping; allowed: a mapping of configuration keys'],
    ['a text', 'hello', 'f: the file holds no mapping; allowed: a mapping of configuration keys'],
    ['too much', new Uint8Array(1024 * 1024 + 1), 'f: the file has 1048577 bytes; allowed: at most 1048576'],
    [
      'deep nesting',
      `a: ${'['.repeat(40)}${']'.repeat(40)}`,
      'f: the file is nested too deeply; allowed: at most 20 levels',
    ],
    ['a tab as indentation', 'a:\n\tb: 1\n', 'f:2:1: a tab cannot indent; allowed: YAML 1.2'],
    [
      'a second document',
      'a: 1\n---\nb: 2\n',
      'f:2:1: the file holds more than one document; allowed: YAML 1.2',
    ],
    ['a tag of a program', 'a: !!js/function x\n', 'f:1:4: tags are not understood; allowed: YAML 1.2'],
  ])('with %s is refused', (_, text, fault) => {
    expect(read(text)).toEqual([fault])
  })

  it('that cannot be parsed at all is refused at once', () => {
    const faults = read(`a: ${'['.repeat(9_000)}${']'.repeat(9_000)}`)
    expect(faults[0]).toMatch(/the file is nested too deeply/)
  })

  it('is not quoted where it is wrong, since a secret may stand there', () => {
    const faults = [
      'p: "hunter2',
      'p: }hunter2',
      'p: @hunter2',
      'p: |hunter2\n x',
      'p: hunter2: x',
      '- p\nhunter2: 1',
    ]
      .flatMap(read)
      .join('\n')
    expect(faults).toMatch(/YAML 1.2/)
    expect(faults).not.toContain('hunter2')
  })

  it('may begin with a byte order mark and use anchors', async () => {
    const yaml = `\uFEFF${minimal}x-none: 1\n`.replace(
      'x-none: 1\n',
      'release: { name: &n a, namespace: *n }\n',
    )
    const { config } = await load({ yaml })
    expect(config.release).toEqual({ name: 'a', namespace: 'a' })
  })

  it('may leave mappings empty whose entries are commented out', async () => {
    expect(await faultsOf({ yaml: `${minimal}gates:\nlimits:\n  redis:\nhttp:\n` })).toEqual([])
  })

  it('that does not exist is named', async () => {
    expect(await faultsOf({ env: { CARACAL_GATE_CONFIG: '/nowhere.yaml' } })).toEqual([
      '/nowhere.yaml: the configuration file is one which does not exist; allowed: a readable YAML file',
    ])
  })

  it('says where each key and item stands, through aliases too', () => {
    const { locate } = documentOf('f', Buffer.from('a:\n  b: &q\n    - c: 1\n    - d\nz: *q\n'))
    expect(locate(['a', 'b'])).toBe('f:2:3')
    expect(locate(['a', 'b', 1])).toBe('f:4:7')
    expect(locate(['z', 0, 'c'])).toBe('f:3:7')
  })

  it('X95: takes merges, what is nearer first, and says where what they bring stands', () => {
    const text = 'p: &p\n  a: 1\n  b: 2\nq: &q { c: 3, a: 9 }\nz:\n  <<: [*p, *q]\n  b: 5\ny: { <<: *p }\n'
    const { tree, faults, locate } = documentOf('f', Buffer.from(text))
    expect(faults).toEqual([])
    expect(tree).toMatchObject({ z: { a: 1, b: 5, c: 3 }, y: { a: 1, b: 2 } })
    expect(Object.keys((tree as { z: object }).z)).not.toContain('<<')
    expect(locate(['z', 'a'])).toBe('f:2:3')
    expect(locate(['z', 'b'])).toBe('f:7:3')
    expect(locate(['z', 'c'])).toBe('f:4:9')
  })

  it('X95: refuses merges of merges that would take for ever, at once', () => {
    const names = 'abcdefghijklmnop'.split('')
    const text = names.map((name, index) => {
      const sources = Array(9)
        .fill(`*${names[index - 1]}`)
        .join(', ')
      return index === 0
        ? `${name}: &${name} { x: 1 }`
        : `${name}: &${name} { <<: [${sources}], ${name}1: 1 }`
    })
    const began = performance.now()
    expect(read(text.join('\n'))).toEqual([
      'f: the aliases of the file repeat too much; allowed: a plain mapping',
    ])
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  it.each(['a: { <<: 1 }', 'a: &a { <<: *a }', 'a: { <<: [1, { b: 2 }] }'])(
    'X95: survives a merge of no map: %s',
    (text) => {
      expect(() => documentOf('f', Buffer.from(text))).not.toThrow()
    },
  )

  it('X95: a merge in a configuration is as if it were written out', async () => {
    const yaml = minimal.replace(
      'redis: { url: redis://redis:6379/0 }',
      'redis: { <<: { url: "redis://other:6379/0" } }',
    )
    expect((await load({ yaml })).config.redis.url).toBe('redis://other:6379/0')
    expect(await faultsOf({ yaml: minimal.replace('http://api-1:3000', 'http://api-1:0') })).toEqual([
      expect.stringContaining('a URL with a port from 1 to 65535'),
    ])
  })

  it('places what it lacks at the nearest mapping that it has', () => {
    const { locate } = documentOf('f', Buffer.from('a:\n  b:\n    c: 1\n'))
    expect(locate(['a', 'b', 'd', 'e'])).toBe('f:2:3')
    expect(locate(['x'])).toBe('f:1:1')
  })
})
