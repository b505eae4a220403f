import { describe, expect, it } from 'vitest'
import { word } from '../../../src/core/shell.ts'

describe('a word of a command', () => {
  it('is quoted unless every shell takes it literally', () => {
    const words = ['a', 'x/y.z:1', "it's", '', '=ls', '~', '$(x)']
    expect(words.map(word).join(' ')).toBe(String.raw`a x/y.z:1 'it'\''s' '' '=ls' '~' '$(x)'`)
    expect(word('{{ $labels.release_name }}')).toBe("'{{ $labels.release_name }}'")
  })
})
