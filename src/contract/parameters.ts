import * as z from 'zod'
import { durationOf } from '../core/duration.ts'
import { expectedAllowed, readExpected, type Expected, type ExpectedField } from '../core/expected.ts'
import { askedPhases } from '../core/rollout.ts'
import { plain } from '../core/text.ts'
import { HOUR, MINUTE, SECOND, type Millis } from '../core/time.ts'
import { verdicts } from '../core/verdict.ts'
import type { Fault } from './problem.ts'

/** When a request names a verdict to wait for and no time. */
const defaultWait: Millis = 30 * SECOND
/** Trends are kept for this long. */
export const longestWindow: Millis = HOUR

/** A parameter whose text has a meaning of its own; `read` gives undefined for a text that is not allowed. */
function meaning<Value>(allowed: string, read: (text: string) => Value | undefined) {
  return z
    .string()
    .transform((text, context) => {
      const value = read(text)
      if (value !== undefined) return value
      context.addIssue({ code: 'custom', message: allowed })
      return z.NEVER
    })
    .describe(allowed)
}

function span(longest: Millis, most: string, example: string) {
  const allowed = `a duration such as ${example} (a bare number counts seconds), ${most} at most`
  return meaning(allowed, (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) * SECOND : durationOf(text.slice(0, 30))
    return value !== undefined && value <= longest ? value : undefined
  })
}

/** Texts that `readExpected` reads all together, since one can contradict another; no reference has a comma. */
function texts(field: ExpectedField) {
  const list = z.array(z.string()).transform((all) => all.flatMap((one) => one.split(',')))
  const given = z.preprocess((value) => (typeof value === 'string' ? [value] : value), list)
  return given.describe(expectedAllowed[field])
}

function text(field: ExpectedField) {
  return z.string().describe(expectedAllowed[field])
}

/** The parameters of a query, by name: what each takes, and what its text means. */
export const parameters = {
  rollout: z.string().min(1).max(200).describe('the id of a rollout, 1 to 200 characters'),
  steady: span(24 * HOUR, '24h', '300s'),
  maxAge: span(24 * HOUR, '24h', '15s'),
  image: texts('image'),
  digest: texts('digest'),
  revision: text('revision'),
  chart: text('chart'),
  appVersion: text('appVersion'),
  phase: z
    .enum(askedPhases)
    .describe(`one of ${askedPhases.join(', ')}: whether the rollout may continue from there`),
  wait: span(MINUTE, '60s', '25s'),
  index: z
    .string()
    .regex(/^[\w.:-]{1,200}$/)
    .describe('the index of an earlier answer'),
  until: meaning(`one or more of ${verdicts.join(', ')}, separated by commas`, (value) => {
    const wanted = value.split(',')
    const until = verdicts.filter((verdict) => wanted.includes(verdict))
    return until.length === wanted.length ? until : undefined
  }),
  hold: z
    .literal('503')
    .transform(() => 503 as const)
    .describe('503'),
  document: z.enum(['report', 'envelope']).describe('report or envelope'),
  window: span(longestWindow, '1h', '15m'),
  life: z
    .string()
    .regex(/^(?:[1-9]\d{0,2}|\d{4}-\d\d-\d\dT[\d:.]{8,12}Z)$/)
    .describe(
      'which of several rollouts of this id: 1 for the oldest that is remembered, or when it began, such as 2026-11-30T10:00:00.000Z',
    ),
}
export type ParameterName = keyof typeof parameters

/** Parameters that can only make an answer stricter. */
const tightening = [
  'rollout',
  'steady',
  'maxAge',
  'image',
  'digest',
  'revision',
  'chart',
  'appVersion',
] as const
/** What a request says of the question; labels of a query may be the same. A phase may leave something out. */
export const questioning = [...tightening, 'phase'] as const
/** How a request waits for a change or a verdict. */
export const waiting = ['wait', 'index', 'until'] as const

type Values = { readonly [Name in ParameterName]?: z.output<(typeof parameters)[Name]> }
type Expecting = 'image' | 'digest' | 'revision' | 'chart' | 'appVersion'

/**
 * What a request asks for beyond the daemon's own measure. Each can only take `proceed` away; `phase` alone may leave
 * something out, as the table of phases says, and the rollout must have come so far.
 */
export interface Demands extends Pick<Values, 'rollout' | 'steady' | 'maxAge' | 'phase'> {
  /** What must have arrived, besides what was declared. */
  readonly expected?: Expected
}

/** What the query of a request says. */
export interface Parameters extends Omit<Values, keyof Demands | Expecting> {
  readonly demands: Demands
}

/**
 * Reads a query. It reports all faults at once, and an unknown name is a fault too: with a typing error in its name, a
 * demand would be ignored, and the answer milder than what was asked for.
 */
export function readParameters(
  query: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Parameters | readonly Fault[] {
  const read: Record<string, unknown> = {}
  const faults: Fault[] = []
  for (const [name, value] of Object.entries(query)) {
    const parameter = isTaken(name, names) ? parameters[name] : undefined
    const result = parameter?.safeParse(value)
    if (result?.success === true) read[name] = result.data
    else faults.push({ parameter: plain(name), value: shown(value), allowed: allowedFor(parameter, names) })
  }
  // Each value was read by the schema of its name.
  const { rollout, steady, maxAge, phase, image, digest, revision, chart, appVersion, ...rest } =
    read as Values
  const { expected, faults: wrong } = readExpected(given({ image, digest, revision, chart, appVersion }))
  faults.push(
    ...wrong.map(({ field, value, allowed }) => ({
      parameter: field,
      value: plain(value),
      allowed: plain(allowed),
    })),
  )
  if (faults.length > 0) return faults
  const wait = rest.until !== undefined ? { wait: rest.wait ?? defaultWait } : {}
  return { ...rest, ...wait, demands: given({ rollout, steady, maxAge, phase, expected }) }
}

/** Whether reading a query found faults. */
export function isFaulty(read: Parameters | readonly Fault[]): read is readonly Fault[] {
  return Array.isArray(read)
}

function isTaken(name: string, names: readonly string[]): name is ParameterName {
  return names.includes(name)
}

type Given<Members> = { [Key in keyof Members]?: Exclude<Members[Key], undefined> }

/** The members that have a value. */
function given<Members extends object>(members: Members): Given<Members> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Given<Members>
}

function allowedFor(parameter: z.ZodType | undefined, names: readonly string[]): string {
  if (parameter === undefined)
    return names.length === 0 ? 'no parameter' : `only the parameters ${names.join(', ')}`
  const allowed = parameter.description ?? ''
  return parameter === parameters.image || parameter === parameters.digest ? allowed : `${allowed}, once`
}

function shown(value: unknown): string {
  return plain(typeof value === 'string' ? value : JSON.stringify(value))
}
