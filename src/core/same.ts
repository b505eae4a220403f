/**
 * Whether two values of plain data say the same: primitives, arrays, maps and objects, whose fields may be in any order. A
 * field that is undefined is as good as absent.
 */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) return Array.isArray(b) && isSameList(a, b)
  if (a instanceof Map) return b instanceof Map && isSameMap(a, b)
  if (a instanceof Set) return b instanceof Set && a.size === b.size && [...a].every((one) => b.has(one))
  return !Array.isArray(b) && !(b instanceof Map) && !(b instanceof Set) && isSameObject(a, b)
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false
  for (let n = 0; n < a.length; n += 1) if (!isSame(a[n], b[n])) return false
  return true
}

/** Maps are read in order, so another order is another map. */
function isSameMap(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) return false
  const others = b.entries()
  for (const [key, value] of a) {
    const [otherKey, otherValue] = others.next().value ?? []
    if (!Object.is(key, otherKey) || !isSame(value, otherValue)) return false
  }
  return true
}

function isSameObject(a: object, b: object): boolean {
  const [one, other] = [a as Record<string, unknown>, b as Record<string, unknown>]
  for (const key in one) if (!isSame(one[key], other[key])) return false
  for (const key in other) if (other[key] !== undefined && one[key] === undefined) return false
  return true
}
