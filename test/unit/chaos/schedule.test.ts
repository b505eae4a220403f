import { describe, expect, it } from 'vitest'
import { kinds } from '../../../chaos/kinds.ts'
import { goTogether, scheduleOf } from '../../../chaos/schedule.ts'
import { faults } from '../../../rig/platform/faults.ts'
import { platformRules } from '../rules/platform-world.ts'

const kindNamed = new Map(kinds.map((kind) => [kind.name, kind]))

describe('a schedule', () => {
  it('is the same for the same seed, and another one for another', () => {
    expect(scheduleOf(7, kinds, 200)).toEqual(scheduleOf(7, kinds, 200))
    expect(scheduleOf(7, kinds, 200)).not.toEqual(scheduleOf(8, kinds, 200))
  })

  it('is not changed by how long it is', () => {
    expect(scheduleOf(7, kinds, 200).slice(0, 90)).toEqual(scheduleOf(7, kinds, 90))
  })

  it('makes every kind once before it goes on by chance', () => {
    const first = scheduleOf(7, kinds, kinds.length).flatMap((act) => act.kinds)
    expect(first.toSorted()).toEqual(kinds.map(({ name }) => name).toSorted())
  })

  it('pairs only what can be made and ended beside each other', () => {
    const pairs = scheduleOf(7, kinds, 400).filter((act) => act.kinds.length === 2)
    expect(pairs.length).toBeGreaterThan(50)
    const together = pairs.map((act) => act.kinds.map((name) => kindNamed.get(name)))
    expect(together.filter(([one, other]) => !one || !other || !goTogether(one, other))).toEqual([])
  })
})

describe('the kinds of fault', () => {
  it('have names of their own, and hold every fault of the rig', () => {
    expect(kindNamed.size).toBe(kinds.length)
    expect(faults.filter(({ name }) => !kindNamed.has(name))).toEqual([])
  })

  it('explain only stop conditions that there are', () => {
    const known = new Set(platformRules().stops.map(({ id }) => id))
    expect(kinds.flatMap(({ explains }) => explains).filter((id) => !known.has(id))).toEqual([])
  })
})
