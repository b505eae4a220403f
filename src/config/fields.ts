import * as z from 'zod'
import { durationOf, durationPattern, durationText } from '../core/duration.ts'
import { HOUR, type Millis } from '../core/time.ts'
import { withoutCredentials } from './faults.ts'
import { hostPortOf, hostPortText, sizeOf, sizePattern, sizeText } from './units.ts'

/**
 * How a field is written; beside the types of JSON Schema. A `file` is a path whose content is taken, a `secret` a
 * reference to the place of one, `urls` a list that may be given in one environment variable.
 */
export type Kind = 'duration' | 'size' | 'path' | 'file' | 'secret' | 'switch' | 'urls'

/** A timer of Node can wait for 24 days; no span of a rollout is longer than a week. */
const LONGEST: Millis = 7 * 24 * HOUR

/** What the reference says of a field, and what a fault says is allowed: the same words. */
export function about(description: string, allowed: string, kind?: Kind) {
  return { description, 'x-allowed': allowed, ...(kind !== undefined && { 'x-kind': kind }) }
}

/** A value that is held in another form than it is written in; `show` says what may be seen of it. */
export function coded<Wire extends z.ZodType, Held>(
  wire: Wire,
  hold: (written: z.output<Wire>) => Held,
  show: (held: Held) => unknown,
) {
  return z.codec(wire, z.custom<Held>(), { decode: hold, encode: show as (held: Held) => z.output<Wire> })
}

/** Judges a mapping or list as a whole although fields of it are wrong: one fault does not hide the others. */
export const evenIfFaulty = {
  when: ({ value }: { readonly value: unknown }) => typeof value === 'object' && value !== null,
}

/** A string that `problem` finds nothing wrong with; the problem replaces the usual words. */
function checked(allowed: string, problem: (text: string) => string | undefined) {
  return z.string({ error: allowed }).superRefine((text, context) => {
    const found = problem(text)
    if (found !== undefined) context.addIssue({ code: 'custom', message: found })
  })
}

export function text(description: string, allowed: string, pattern: RegExp) {
  return z.string({ error: allowed }).regex(pattern, { error: allowed }).meta(about(description, allowed))
}

/** A name as labels and messages carry it. */
export function name(description: string) {
  return text(description, 'letters, digits, ".", "_" and "-", at most 63', /^[A-Za-z0-9._-]{1,63}$/)
}

/** The name of an object of Kubernetes. */
export function objectName(description: string) {
  const allowed = 'lower case letters, digits, "-" and ".", at most 253'
  return text(description, allowed, /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/)
}

export function oneOf<const Values extends readonly [string, ...string[]]>(
  description: string,
  values: Values,
) {
  const allowed = values.join(', ')
  return z.enum(values, { error: allowed }).meta(about(description, allowed))
}

export function flag(description: string) {
  return z.boolean({ error: 'true or false' }).meta(about(description, 'true or false'))
}

export function whole(description: string, from: number, to: number) {
  const error = `a whole number from ${from} to ${to}`
  return z.int({ error }).min(from, { error }).max(to, { error }).meta(about(description, error))
}

/** A number above 0 and at most 1. */
export function ratio(description: string) {
  const error = 'a number above 0 and at most 1'
  return z.number({ error }).gt(0, { error }).max(1, { error }).meta(about(description, error))
}

/** Written as `1h30m`, held as milliseconds. */
export function duration(description: string, from: Millis = 0, to: Millis = LONGEST) {
  const error = `a duration like 250ms, 30s, 5m or 1h30m, from ${durationText(from)} to ${durationText(to)}`
  return z
    .codec(
      z.string({ error }).regex(durationPattern, { error }),
      z.number({ error }).min(from, { error }).max(to, { error }),
      { decode: (text) => durationOf(text) ?? Number.NaN, encode: durationText },
    )
    .meta(about(description, error, 'duration'))
}

/** Written as `512MiB`, held as bytes. */
export function size(description: string) {
  const error = 'a size like 512MiB or 2GiB (B, KiB, MiB, GiB, TiB), at least 1MiB'
  return z
    .codec(z.string({ error }).regex(sizePattern, { error }), z.int({ error }).min(2 ** 20, { error }), {
      decode: (text) => sizeOf(text) ?? Number.NaN,
      encode: sizeText,
    })
    .meta(about(description, error, 'size'))
}

/** `host:port`; an address to listen on may leave out the host, and its port 0 is any free one. */
export function hostPort(description: string, use: 'listen' | 'connect') {
  const example = use === 'listen' ? '127.0.0.1:9465, [::1]:9465 or :9465' : 'sentinel-0:26379 or [::1]:26379'
  const error = `an address like ${example}`
  const written = checked(error, (text) => {
    const found = hostPortOf(text)
    const usable = use === 'listen' || (found?.port !== 0 && !text.startsWith(':'))
    return found !== undefined && usable ? undefined : error
  })
  return coded(written, (text) => hostPortOf(text) ?? { host: '', port: 0 }, hostPortText).meta(
    about(description, error),
  )
}

/** What is checked of a URL. */
interface UrlRules {
  /** What an editor can check. */
  readonly pattern: RegExp
  readonly problem?: (found: URL) => string | undefined
  /** Finds what is no URL for a known reason. */
  readonly ofText?: (text: string) => string | undefined
  readonly hold?: (text: string) => string
}

/** A URL; it is shown without user, password and query. */
export function url(description: string, allowed: string, rules: UrlRules) {
  const { pattern, problem, ofText, hold = (text) => text } = rules
  const written = checked(allowed, (text) => {
    const early = ofText?.(text)
    if (early !== undefined) return early
    if (!pattern.test(text) || /\s/.test(text) || !URL.canParse(text)) return allowed
    return problem?.(new URL(text))
  })
  return coded(written, hold, withoutCredentials).meta({
    ...about(description, allowed),
    pattern: pattern.source,
  })
}

/** The address of a folder over HTTP, held without the `/` at its end. */
export function folderUrl(description: string, allowed: string, problem?: UrlRules['problem']) {
  return url(description, allowed, {
    pattern: /^https?:\/\/[^/]+/,
    ...(problem && { problem }),
    hold: (address) => address.replace(/\/+$/, ''),
  })
}

export function path(description: string) {
  const error = 'a path'
  return z
    .string({ error })
    .min(1, { error })
    .meta(about(description, error, 'path'))
}

export function list<Item extends z.ZodType>(description: string, item: Item, allowed: string, kind?: Kind) {
  return z
    .array(item, { error: allowed })
    .min(1, { error: allowed })
    .max(1_000, { error: allowed })
    .meta(about(description, allowed, kind))
}

/** An absent mapping is judged as an empty one, so that every key it lacks is named. */
export function absentIsEmpty<Mapping extends z.ZodType>(mapping: Mapping) {
  // Its type says that an empty mapping cannot be right: the faults of an empty one are what is wanted.
  return mapping.prefault({} as never)
}
