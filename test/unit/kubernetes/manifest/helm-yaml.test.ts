import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { documents, ManifestError } from '../../../../src/kubernetes/manifest/documents.ts'
import recorded from '../../../fixtures/helm-yaml.json' with { type: 'json' }

/** What the reader makes of a text as a part of an object; undefined when it refuses it. */
function valueOf(yaml: string): unknown {
  const inner = yaml
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
  try {
    return documents(`kind: X\nx:\n${inner}`)[0]?.['x']
  } catch (error) {
    if (error instanceof ManifestError) return undefined
    throw error
  }
}

// The library refuses these, so no manifest that Helm has stored holds one.
const lenient = new Set(['v: !!null x', 'v: "\\ud83d\\ude00"\n'])

describe('X19: a manifest is read as Helm reads it', () => {
  it.each(recorded.rows.filter(({ yaml }) => !lenient.has(yaml)))('$yaml', (row) => {
    expect(valueOf(row.yaml)).toEqual('error' in row ? undefined : row.value)
  })

  it('mode 0o644 is the number that the API server shows', () => {
    expect(documents('kind: X\ndefaultMode: 0o644')[0]).toEqual({ kind: 'X', defaultMode: 420 })
  })

  it('a mark of the byte order is no part of it', () => {
    expect(documents('\uFEFFkind: X')).toEqual([{ kind: 'X' }])
  })
})

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
/** Each list holds the one before it nine times. */
const growing = `kind: X\n${names
  .map(
    (name, n) =>
      `${name}: &${name} [${Array(9)
        .fill(n === 0 ? 'x' : `*${names[n - 1] ?? ''}`)
        .join(',')}]`,
  )
  .join('\n')}`

describe('any text', () => {
  const pieces = fc.constantFrom(
    'kind: X', 'a', ': ', '\n', '  ', '- ', '---', '&x ', '*x', '<<: ', '{', '}', '[', ']', '"', "'", '|', '>', '# ',
    '!!int ', '!!binary ', '0o17', '1e9', '.inf', '\t', '? ', '\0', 'é', '%YAML 1.2', '...', '\uFEFF', '__proto__',
  ) // prettier-ignore

  it('is objects with a kind, or is refused with the place', () => {
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
        (text) => {
          try {
            for (const object of documents(text)) expect(typeof object['kind']).toBe('string')
          } catch (error) {
            expect(error).toBeInstanceOf(ManifestError)
            expect(error).toMatchObject({ message: expect.stringMatching(/^(?:document|the manifest)/) })
          }
        },
      ),
      { numRuns: 3_000, seed: 19 },
    )
  })

  it.each([
    ['aliases that grow without bound', growing],
    ['a depth without bound', `kind: X\na: ${'['.repeat(5_000)}${']'.repeat(5_000)}`],
    ['a merge with itself', 'kind: X\na: &a\n  <<: *a'],
    ['more than 2 MiB', `kind: X\na: "${'x'.repeat(2 ** 21)}"`],
  ])('with %s is refused', (_, text) => {
    expect(() => documents(text)).toThrow(ManifestError)
  })
})
