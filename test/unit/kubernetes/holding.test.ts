import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Holding } from '../../../src/kubernetes/holding.ts'
import type { Identity } from '../../../src/kubernetes/model.ts'
import { identityOf, versionOf } from '../../../src/kubernetes/objects.ts'
import type { PlainObject } from '../../../src/kubernetes/manifest/objects.ts'

interface Versioned extends Identity {
  readonly version: number
  readonly buried?: true
}

function reduce(object: PlainObject): Versioned | undefined {
  const identity = identityOf(object)
  return identity && { ...identity, version: versionOf(object) }
}

function object(name: string, version: number, uid = `uid-${name}`): PlainObject {
  const creationTimestamp = '2030-01-01T00:00:00Z'
  return { metadata: { name, uid, resourceVersion: String(version), creationTimestamp } }
}

function holding(): Holding<Versioned> {
  return new Holding({ reduce })
}

function shown(held: Holding<Versioned>): readonly string[] {
  return held.items().map(({ name, version, buried }) => `${name}@${version}${buried ? ' gone' : ''}`)
}

function listInto(
  held: Holding<Versioned>,
  version: number,
  objects: readonly PlainObject[],
  besideWatch = false,
): boolean {
  const listing = held.list()
  held.add(listing, objects)
  return held.end(listing, String(version), besideWatch)
}

describe('an event', () => {
  it('that is repeated, or older than what is held, changes nothing', () => {
    const held = holding()
    expect(held.apply(false, object('a', 5))).toBe(true)
    expect(held.apply(false, object('a', 5))).toBe(false)
    expect(held.apply(false, object('a', 4))).toBe(false)
    expect(held.apply(true, object('a', 3))).toBe(false)
    expect(shown(held)).toEqual(['a@5'])
  })

  it('that is late brings no deleted object back', () => {
    const held = holding()
    held.apply(false, object('a', 5))
    held.apply(true, object('a', 7))
    expect(held.apply(false, object('a', 6))).toBe(false)
    expect(held.apply(true, object('a', 7))).toBe(false)
    expect(shown(held)).toEqual([])
  })

  it('of an object that left the selection and came back shows it again', () => {
    const held = holding()
    held.apply(false, object('a', 5))
    held.apply(true, object('a', 7))
    expect(held.apply(false, object('a', 8))).toBe(true)
    expect(shown(held)).toEqual(['a@8'])
  })

  it('of a name that was made anew replaces the old object, also when its end is told later', () => {
    const held = holding()
    held.apply(false, object('sts-0', 5, 'old'))
    held.apply(false, object('sts-0', 9, 'new'))
    expect(held.apply(true, object('sts-0', 8, 'old'))).toBe(false)
    expect(held.apply(false, object('sts-0', 6, 'old'))).toBe(false)
    expect(shown(held)).toEqual(['sts-0@9'])
  })

  it('without a version that can be compared counts as the latest', () => {
    const held = holding()
    held.apply(false, object('a', 5))
    const opaque = { metadata: { ...(object('a', 0)['metadata'] as object), resourceVersion: 'x7' } }
    expect(held.apply(false, opaque)).toBe(true)
  })

  it('gives the same items for as long as nothing is different', () => {
    const held = holding()
    held.apply(false, object('a', 5))
    const items = held.items()
    held.apply(false, object('a', 5))
    expect(listInto(held, 6, [object('a', 5)])).toBe(false)
    expect(held.items()).toBe(items)
  })

  it('in any order ends with the last that happened', () => {
    const events = fc
      .uniqueArray(fc.record({ name: fc.constantFrom('a', 'b'), version: fc.integer({ min: 1, max: 30 }) }), {
        selector: ({ version }) => version,
        minLength: 1,
      })
      .chain((all) =>
        fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })),
      )
    fc.assert(
      fc.property(events, ([all, told]) => {
        const held = holding()
        for (const { name, version } of told) held.apply(version % 3 === 0, object(name, version))
        const expected = ['a', 'b'].flatMap((name) => {
          const last = Math.max(...all.filter((one) => one.name === name).map(({ version }) => version))
          return last > 0 && last % 3 !== 0 ? [`${name}@${last}`] : []
        })
        expect(shown(held).toSorted()).toEqual(expected)
      }),
    )
  })
})

describe('a list', () => {
  it('without a watch is all that counts', () => {
    const held = holding()
    held.apply(false, object('a', 50))
    held.apply(true, object('b', 60))
    listInto(held, 5, [object('a', 3), object('b', 4)])
    expect(shown(held)).toEqual(['a@3', 'b@4'])
  })

  it('beside a watch takes away what it should know and does not', () => {
    const held = holding()
    held.apply(false, object('a', 5))
    expect(listInto(held, 9, [], true)).toBe(true)
    expect(shown(held)).toEqual([])
  })

  it('beside a watch is older than what that has told since', () => {
    const held = holding()
    listInto(held, 5, [object('changed', 1), object('deleted', 2)])
    const listing = held.list()
    held.add(listing, [object('changed', 1), object('deleted', 2)])
    held.apply(false, object('changed', 7))
    held.apply(true, object('deleted', 8))
    held.apply(false, object('new', 9))
    held.end(listing, '6', true)
    expect(shown(held).toSorted()).toEqual(['changed@7', 'new@9'])
  })
})

describe('what is not understood', () => {
  const strange = { metadata: { name: 'odd', uid: 'u', resourceVersion: '3' } }

  it('is named until it changes or goes', () => {
    const held = holding()
    held.apply(false, strange)
    expect([held.strange(), shown(held)]).toEqual([['odd'], []])
    held.apply(false, object('odd', 4, 'u'))
    expect([held.strange(), shown(held)]).toEqual([[], ['odd@4']])
  })

  it('is also what is too much for us, which ends nothing', () => {
    const held = new Holding<Versioned>({
      reduce(one) {
        if (versionOf(one) === 3) throw new RangeError('Maximum call stack size exceeded')
        return reduce(one)
      },
      bury: (last) => ({ ...last, buried: true as const }),
    })
    listInto(held, 3, [strange, object('a', 2)])
    expect([held.strange(), shown(held)]).toEqual([['odd'], ['a@2']])
    held.apply(true, object('a', 3))
    expect(shown(held)).toEqual(['a@2 gone'])
  })

  it('is not lost because it has not even a uid', () => {
    const held = holding()
    expect(held.apply(false, {})).toBe(true)
    expect(held.strange()).toEqual(['(without uid)'])
    listInto(held, 5, [{ metadata: 3 }])
    expect(held.strange()).toEqual(['(without uid)'])
    listInto(held, 6, [])
    expect(held.strange()).toEqual([])
  })
})

describe('the buried', () => {
  function withGraves(): Holding<Versioned> {
    return new Holding({ reduce, bury: (last) => ({ ...last, buried: true as const }) })
  }

  it('are kept as they were at their end, once, and no more than twenty', () => {
    const held = withGraves()
    held.apply(false, object('a', 1))
    held.apply(true, object('a', 2))
    held.apply(true, object('a', 2))
    expect(shown(held)).toEqual(['a@2 gone'])
    for (let turn = 1; turn <= 30; turn += 1) held.apply(true, object(`b-${turn}`, 10 + turn))
    expect(shown(held)).toHaveLength(20)
  })

  it('are told too when a list knew earlier than the watch', () => {
    const held = withGraves()
    held.apply(false, object('a', 1))
    listInto(held, 9, [], true)
    held.apply(true, object('a', 8))
    expect(shown(held)).toEqual(['a@8 gone'])
  })
})
