import type { PlainObject } from '../manifest/objects.ts'
import type { Identity } from './model.ts'
import { identityOf, versionOf } from './objects.ts'

/** The objects of one kind as they were last heard of. */
export interface Holding<T> {
  items(): readonly T[]
  /** Takes what a list holds. Returns whether anything is different. */
  replace(objects: readonly PlainObject[]): boolean
  /** Takes one event. Returns whether anything is different: what is repeated or older than what is held is not. */
  apply(isDeleted: boolean, object: PlainObject): boolean
}

interface Held<T> {
  readonly version: number
  readonly item: T
}

/** Deleted objects that are kept where any are; a Job is deleted with each upgrade. */
const BURIED = 20

interface Reduction<T> {
  readonly reduce: (object: PlainObject) => T | undefined
  readonly bury?: (last: T) => T
}

export function openHolding<T extends Identity>({ reduce, bury }: Reduction<T>): Holding<T> {
  let held = new Map<string, Held<T>>()
  let buried: readonly T[] = []
  /** Versions at which objects were deleted since the last list, so that no late event brings one back. */
  let deleted = new Map<string, number>()
  let items: readonly T[] = []

  function heldOf(object: PlainObject): Held<T> | undefined {
    const item = reduce(object)
    return item && { version: versionOf(object), item }
  }

  function listed(): readonly T[] {
    return [...[...held.values()].map(({ item }) => item), ...buried]
  }

  return {
    items: () => items,
    replace(objects) {
      const next = new Map<string, Held<T>>()
      let isNews = false
      for (const object of objects) {
        const uid = identityOf(object)?.uid ?? ''
        const before = held.get(uid)
        // The same version is the same object: whoever holds on to it need not look again.
        const now = before !== undefined && before.version === versionOf(object) ? before : heldOf(object)
        if (now === undefined) continue
        next.set(uid, now)
        isNews ||= now !== before
      }
      isNews ||= next.size !== held.size
      held = next
      deleted = new Map()
      if (isNews) items = listed()
      return isNews
    },
    apply(isDeleted, object) {
      const uid = identityOf(object)?.uid
      if (uid === undefined) return false
      const version = versionOf(object)
      const before = held.get(uid)
      if (before !== undefined && version >= 0 && version <= before.version && !isDeleted) return false
      if (isDeleted) {
        deleted.set(uid, version)
        if (!held.delete(uid)) return false
        // The event carries the object as it was at its end, which no earlier one need have shown.
        const last = heldOf(object)?.item ?? before?.item
        if (last !== undefined && bury !== undefined) buried = [...buried, bury(last)].slice(-BURIED)
      } else {
        if (deleted.has(uid)) return false
        const now = heldOf(object)
        if (now === undefined) return false
        held.set(uid, now)
      }
      items = listed()
      return true
    },
  }
}
