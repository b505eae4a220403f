import { isSame } from '../core/same.ts'
import { packed, unpacked } from './plain-value.ts'

/** What makes one value of plain data another; as JSON. */
export type Patch =
  | { readonly v: unknown }
  /** Of a map or an object: entries that are another, keys that are gone, and the order of the keys where it is another. */
  | { readonly m?: Changes; readonly o?: Changes; readonly gone?: Keys; readonly order?: Keys }
  /** Of a list: so many are gone from its beginning, so many stay, and these follow. */
  | { readonly drop: number; readonly keep: number; readonly add: readonly unknown[] }

type Keys = readonly string[]
type Changes = readonly (readonly [key: string, patch: Patch])[]

/** What makes `before` into `after`; undefined where they say the same. */
export function patchOf(before: unknown, after: unknown): Patch | undefined {
  if (Object.is(before, after)) return undefined
  if (isKeyed(before) && isKeyed(after)) return patchOfMap(before, after)
  if (Array.isArray(before) && Array.isArray(after)) return patchOfList(before, after)
  if (isObject(before) && isObject(after)) {
    const patch = patchOfMap(entriesOf(before), entriesOf(after))
    if (patch === undefined) return undefined
    const { m, ...rest } = patch
    return { ...rest, o: m ?? [] }
  }
  return { v: packed(after) }
}

/** `before` with the patch. Of what is not there nothing is changed: the patch may be of another value than this. */
export function patchedBy(before: unknown, patch: Patch): unknown {
  if ('v' in patch) return unpacked(patch.v)
  if ('drop' in patch) {
    const { drop, keep, add } = patch
    return Array.isArray(before) ? [...before.slice(drop, drop + keep), ...add.map(unpacked)] : before
  }
  if (patch.m !== undefined) return before instanceof Map ? patchedMap(before, patch.m, patch) : before
  if (!isObject(before)) return before
  return Object.fromEntries(patchedMap(entriesOf(before), patch.o ?? [], patch))
}

type Keyed = ReadonlyMap<string, unknown>

function patchOfMap(before: Keyed, after: Keyed): (Patch & { readonly m: Changes }) | undefined {
  const m = [...after].flatMap(([key, value]): (readonly [string, Patch])[] => {
    const patch = before.has(key) ? patchOf(before.get(key), value) : { v: packed(value) }
    return patch === undefined ? [] : [[key, patch]]
  })
  const gone = [...before.keys()].filter((key) => !after.has(key))
  const keys = [...after.keys()]
  const stay = [...before.keys()].filter((key) => after.has(key))
  const come = keys.filter((key) => !before.has(key))
  const isInOrder = [...stay, ...come].every((key, n) => key === keys[n])
  if (m.length === 0 && gone.length === 0 && isInOrder) return undefined
  return { m, ...(gone.length > 0 && { gone }), ...(!isInOrder && { order: keys }) }
}

function patchedMap(before: Keyed, changes: Changes, { gone = [], order }: { gone?: Keys; order?: Keys }) {
  const next = new Map(before)
  for (const key of gone) next.delete(key)
  for (const [key, patch] of changes) {
    const made = patchedBy(next.get(key), patch)
    if (made !== undefined) next.set(key, made)
  }
  if (order === undefined) return next
  const first = order.filter((key) => next.has(key))
  return new Map([...new Set([...first, ...next.keys()])].map((key) => [key, next.get(key)]))
}

function patchOfList(before: readonly unknown[], after: readonly unknown[]): Patch | undefined {
  const drop = after.length === 0 ? before.length : before.findIndex((item) => isSame(item, after[0]))
  if (drop < 0) return { drop: before.length, keep: 0, add: after.map(packed) }
  let keep = 0
  while (drop + keep < before.length && keep < after.length && isSame(before[drop + keep], after[keep]))
    keep += 1
  if (drop === 0 && keep === before.length && keep === after.length) return undefined
  return { drop, keep, add: after.slice(keep).map(packed) }
}

function isKeyed(value: unknown): value is Keyed {
  return value instanceof Map && [...value.keys()].every((key) => typeof key === 'string')
}

function isObject(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Map) &&
    !(value instanceof Set)
  )
}

/** A field that is undefined is as good as absent. */
function entriesOf(value: object): Keyed {
  return new Map(Object.entries(value).filter(([, held]) => held !== undefined))
}
