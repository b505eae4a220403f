import { describe, expect, it } from 'vitest'
import { Holding } from '../../../src/kubernetes/holding.ts'
import { identityOf } from '../../../src/kubernetes/objects.ts'

function object(name: string, version: number) {
  const metadata = { name, uid: `uid-${name}`, creationTimestamp: '2030-01-01T00:00:00Z' }
  return { metadata: { ...metadata, resourceVersion: String(version) } }
}

/** Holds a at 5 and b at 7, as of version 10; c went at 9. */
function held(): Holding<NonNullable<ReturnType<typeof identityOf>>> {
  const holding = new Holding({ reduce: identityOf })
  const listing = holding.list()
  holding.add(listing, [object('a', 5), object('b', 7), object('c', 8)])
  holding.end(listing, '8', false)
  holding.apply(true, object('c', 9))
  return holding
}

describe('a list of versions', () => {
  it.each([
    ['what is held', '10', [object('a', 5), object('b', 7)], true],
    ['less, as it was before what came since', '6', [object('a', 5)], true],
    ['an older version of one', '6', [object('a', 5), object('b', 6)], true],
    ['what has gone since', '8', [object('a', 5), object('b', 7), object('c', 8)], true],
    ['a newer version of one', '12', [object('a', 5), object('b', 11)], false],
    ['one more', '12', [object('a', 5), object('b', 7), object('d', 12)], false],
    ['one less', '12', [object('a', 5)], false],
    ['nothing', '12', [], false],
    ['versions that are no numbers', 'x', [object('a', Number.NaN), object('b', Number.NaN)], true],
  ])('X96: with %s', (_, version, objects, isCovered) => {
    expect(held().covers({ version, objects })).toBe(isCovered)
  })
})
