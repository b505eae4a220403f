import { printable } from './text.ts'

/** A value is not of the shape that it should be; the message names the place and what belongs there. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError'
}

/** Takes a value of unknown shape apart, or throws a `ShapeError`. */
export type Reader<Value> = (value: unknown, path: string) => Value

type Fields = Readonly<Record<string, Reader<unknown>>>
/** What a reader gives. */
export type Read<R> = R extends Reader<infer Value> ? Value : never

function fail(path: string, wanted: string): never {
  throw new ShapeError(`${path} is not ${wanted}`)
}

/** Text for a terminal: one bounded line without controls. */
export const text: Reader<string> = (value, path) =>
  typeof value === 'string' ? printable(value) : fail(path, 'a string')

/** The same for what may be as long as a command line or an address. */
export const longText: Reader<string> = (value, path) =>
  typeof value === 'string' ? printable(value, 2_000) : fail(path, 'a string')

/** Text exactly as it came: for comparing and for sending back, not for showing. */
export const verbatim: Reader<string> = (value, path) =>
  typeof value === 'string' && value.length <= 2_000 ? value : fail(path, 'a short string')

export const flag: Reader<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : fail(path, 'true or false')

export const quantity: Reader<number> = (value, path) =>
  typeof value === 'number' && Number.isFinite(value) ? value : fail(path, 'a number')

/** An RFC 3339 time in milliseconds since the Unix epoch. */
export const time: Reader<number> = (value, path) => {
  const isTime = typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(value)
  const instant = isTime ? Date.parse(value) : Number.NaN
  return Number.isNaN(instant) ? fail(path, 'a time in UTC') : instant
}

export function nullable<Value>(reader: Reader<Value>): Reader<Value | null> {
  return (value, path) => (value === null ? null : reader(value, path))
}

/** A field that was added within the version: an exporter that does not send it yet has nothing to say there. */
export function addedLater<Value>(reader: Reader<Value>): Reader<Value | null> {
  return (value, path) => nullable(reader)(value ?? null, path)
}

export function listOf<Value>(reader: Reader<Value>): Reader<readonly Value[]> {
  return (value, path) =>
    Array.isArray(value)
      ? value.map((item: unknown, index) => reader(item, `${path}[${index}]`))
      : fail(path, 'a list')
}

/** Only these fields are read: within a version, others may be added. */
export function record<F extends Fields>(fields: F): Reader<{ readonly [Key in keyof F]: Read<F[Key]> }> {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(path, 'an object')
    const given = new Map<string, unknown>(Object.entries(value))
    const entries = Object.entries(fields).map(([key, read]) => [
      key,
      read(given.get(key), path === '' ? key : `${path}.${key}`),
    ])
    // Each entry was read by the reader of its key.
    return Object.fromEntries(entries) as { readonly [Key in keyof F]: Read<F[Key]> }
  }
}
