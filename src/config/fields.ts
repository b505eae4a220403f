import * as z from 'zod'
import type { Millis } from '../core/time.ts'
import type { Switch } from './config.ts'
import { durationOf, durationPattern, durationText } from '../core/duration.ts'
import { hostPortOf, sizeOf, sizePattern } from './units.ts'

/**
 * How a field is written; beside the types of JSON Schema. A `file` is a path whose content is taken, a `secret` a
 * reference to where one stands, `urls` a list that may be given in one environment variable.
 */
export type Kind = 'duration' | 'size' | 'path' | 'file' | 'secret' | 'switch' | 'urls'

/** Longest span that a timer of Node can wait for is 24 days; nobody means more than a week. */
const LONGEST: Millis = 7 * 24 * 60 * 60_000

/** What the reference says of a field, and what a fault says is allowed: the same words. */
export function about(description: string, allowed: string, kind?: Kind) {
  return { description, 'x-allowed': allowed, ...(kind !== undefined && { 'x-kind': kind }) }
}

/** A string that `problem` finds nothing wrong with; the problem is said in place of the usual words. */
function checked(allowed: string, problem: (text: string) => string | undefined) {
  return z.string({ error: allowed }).superRefine((text, context) => {
    const found = problem(text)
    if (found !== undefined) context.addIssue({ code: 'custom', message: found })
  })
}

export function text(description: string, allowed: string, pattern: RegExp) {
  return z.string({ error: allowed }).regex(pattern, { error: allowed }).meta(about(description, allowed))
}

/** A name as it stands in labels and messages. */
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

export function duration(description: string, from: Millis = 0, to: Millis = LONGEST) {
  const range = `from ${durationText(from)} to ${durationText(to)}`
  const error = `a duration like 250ms, 30s, 5m or 1h30m, ${range}`
  return z
    .string({ error })
    .regex(durationPattern, { error, abort: true })
    .transform((text, context) => {
      const span = durationOf(text) ?? Number.NaN
      if (span >= from && span <= to) return span
      context.addIssue({ code: 'custom', message: error })
      return z.NEVER
    })
    .meta(about(description, error, 'duration'))
}

export function size(description: string) {
  const error = 'a size like 512MiB or 2GiB (B, KiB, MiB, GiB, TiB), at least 1MiB'
  return z
    .string({ error })
    .regex(sizePattern, { error, abort: true })
    .transform((text, context) => {
      const bytes = sizeOf(text) ?? 0
      if (bytes < 2 ** 20 || !Number.isSafeInteger(bytes))
        context.addIssue({ code: 'custom', message: error })
      return bytes
    })
    .meta(about(description, error, 'size'))
}

/** `host:port`; where one may listen the host may be left out, and port 0 is any free one. */
export function hostPort(description: string, use: 'listen' | 'connect') {
  const example = use === 'listen' ? '127.0.0.1:9465, [::1]:9465 or :9465' : 'sentinel-0:26379 or [::1]:26379'
  const error = `an address like ${example}`
  return checked(error, (text) => {
    const found = hostPortOf(text)
    const usable = use === 'listen' || (found?.port !== 0 && !text.startsWith(':'))
    return found !== undefined && usable ? undefined : error
  })
    .transform((text) => hostPortOf(text) ?? { host: '', port: 0 })
    .meta(about(description, error))
}

/** A URL that `problem` accepts; `pattern` is what an editor can check, `ofText` finds what is no URL for a reason. */
export function url(
  description: string,
  allowed: string,
  pattern: RegExp,
  problem: (found: URL) => string | undefined,
  ofText: (text: string) => string | undefined = () => undefined,
) {
  return checked(allowed, (text) => {
    const early = ofText(text)
    if (early !== undefined) return early
    if (!pattern.test(text) || /\s/.test(text) || !URL.canParse(text)) return allowed
    return problem(new URL(text))
  }).meta({ ...about(description, allowed), pattern: pattern.source })
}

export function path(description: string) {
  const error = 'a path'
  return z
    .string({ error })
    .min(1, { error })
    .meta(about(description, error, 'path'))
}

/** A file whose content becomes part of the configuration. */
export function file(description: string, content: 'certificate' | 'key' | 'lines') {
  const error = {
    certificate: 'the path of a PEM file with certificates',
    key: 'the path of a PEM file with a private key',
    lines: 'the path of a text file',
  }[content]
  return z
    .string({ error })
    .min(1, { error })
    .meta({ ...about(description, error, 'file'), 'x-content': content })
}

/** Where a secret stands. It never stands in the configuration itself. */
export function secret(description: string) {
  const error =
    'exactly one of { file: <path> } and { env: <NAME> }; a secret is never written into the configuration'
  const filePath = z.string().min(1).describe('Path of a file that holds nothing else.')
  const variable = z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .describe('Name of an environment variable.')
  return z
    .union([z.strictObject({ file: filePath }), z.strictObject({ env: variable })], { error })
    .meta(about(description, error, 'secret'))
}

/** Something that can be switched off on purpose. YAML writers of the old school turn `off` into `false`. */
export function onOff(description: string) {
  const error = 'on, off, or { enabled: false, reason: <why> }'
  const reason = z.string({ error: 'a text of at most 200 characters' }).max(200, {
    error: 'a text of at most 200 characters',
  })
  const spelled = z.strictObject({
    enabled: z.boolean({ error: 'true or false' }),
    reason: reason.optional(),
  })
  return z
    .union([z.enum(['on', 'off']), z.boolean(), spelled], { error })
    .transform((value): Switch => {
      if (typeof value !== 'object') return { enabled: value === 'on' || value === true }
      return value.reason === undefined
        ? { enabled: value.enabled }
        : { enabled: value.enabled, reason: value.reason }
    })
    .meta(about(description, error, 'switch'))
}

export function list<Item extends z.ZodType>(description: string, item: Item, allowed: string, kind?: Kind) {
  return z
    .array(item, { error: allowed })
    .min(1, { error: allowed })
    .max(1_000, { error: allowed })
    .meta(about(description, allowed, kind))
}

/** A mapping that is absent is judged as an empty one, so that every key it lacks is named. */
export function absentIsEmpty<Shape extends z.ZodRawShape>(mapping: z.ZodObject<Shape>) {
  // Its type says that an empty mapping cannot be right; that it is judged and found wanting is the point.
  return mapping.prefault({} as never)
}
