import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { differences } from '../../../../src/kubernetes/manifest/differences.ts'
import { changed, drift, existing, isCompared, leaves, own } from './changing.ts'
import { asServed, manifestOfApp } from './small-app.ts'

describe('differences, whatever is changed', () => {
  it('finds any change of what the manifest sets', () => {
    fc.assert(
      fc.property(fc.constantFrom(...leaves(manifestOfApp).filter(isCompared)), (path) => {
        const found = drift(path, 'something-else-altogether')
        expect(found.length).toBeGreaterThan(0)
      }),
      { numRuns: 300 },
    )
  })

  it('never throw', () => {
    fc.assert(
      fc.property(fc.constantFrom(...leaves(manifestOfApp)), fc.jsonValue(), (path, value) => {
        for (let length = 1; length <= path.length; length += 1)
          differences(
            manifestOfApp,
            changed(asServed(manifestOfApp), existing(path.slice(0, length)), value),
            own,
          )
      }),
    )
  })
})
