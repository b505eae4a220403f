/** Marks what JSON has no form for. An object of data that has such a key itself is written as its entries. */
const MAP = '$map'
const SET = '$set'
const NUMBER = '$number'
const ENTRIES = '$entries'

/** A value of plain data as JSON can say it: maps, sets and numbers that JSON has no form for are marked. */
export function packed(value: unknown): unknown {
  if (typeof value === 'number')
    return isJson(value) ? value : { [NUMBER]: Object.is(value, -0) ? '-0' : `${value}` }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(packed)
  if (value instanceof Map) return { [MAP]: [...value].map(([key, held]) => [packed(key), packed(held)]) }
  if (value instanceof Set) return { [SET]: [...value].map(packed) }
  const entries = Object.entries(value).flatMap(([key, held]): [string, unknown][] =>
    held === undefined ? [] : [[key, packed(held)]],
  )
  const isMarked = entries.some(([key]) => key.startsWith('$'))
  return isMarked ? { [ENTRIES]: entries } : Object.fromEntries(entries)
}

/** The value that was packed. */
export function unpacked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(unpacked)
  const [first, ...others] = Object.entries(value)
  if (first !== undefined && others.length === 0 && first[0].startsWith('$'))
    return marked(first[0], first[1])
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, unpacked(held)]))
}

function marked(mark: string, held: unknown): unknown {
  if (mark === NUMBER) return Number(held)
  const items = Array.isArray(held) ? (held as readonly unknown[]) : []
  if (mark === SET) return new Set(items.map(unpacked))
  const entries = items.map((item) => unpacked(item) as [never, unknown])
  return mark === MAP ? new Map(entries) : Object.fromEntries(entries)
}

function isJson(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0)
}
