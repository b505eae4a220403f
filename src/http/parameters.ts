import type { Fault } from '../contract/problem.ts'
import { askedPhases } from '../core/rollout.ts'
import { verdicts, type Verdict } from '../core/verdict.ts'
import type { Demands } from './strict.ts'
import { expectedAllowed, readExpected, type ExpectedField, type ExpectedWords } from '../core/expected.ts'
import { clip } from './forms.ts'
import { MINUTE, SECOND, type Millis } from '../core/time.ts'

/** What the query of a verdict request says. */
export interface Parameters {
  readonly demands: Demands
  /** How long to wait for a change, or for a verdict in `until`. */
  readonly wait?: Millis
  /** What the client has seen last. */
  readonly index?: string
  readonly until?: readonly Verdict[]
  /** Answer a hold with this status instead of 412. */
  readonly hold?: 503
  /** Answer with the whole document, as without it, or with the envelope alone. */
  readonly document?: 'report' | 'envelope'
  /** How far back trends go. */
  readonly window?: Millis
}

const longestWait: Millis = MINUTE
/** When a request names a verdict to wait for and no time. */
const defaultWait: Millis = 30 * SECOND
const longestSteady: Millis = 24 * 60 * MINUTE
/** As far back as trends are kept. */
export const longestWindow: Millis = 60 * MINUTE

interface Rule {
  readonly allowed: string
  /** It may be given again. */
  readonly many?: true
  /** Undefined when the value is not allowed. */
  read(value: string): Partial<Parameters> | undefined
}

const span = 'a whole number with ms, s, m or h (a bare number counts seconds)'

/** The parameters of the verdict endpoints, by name. */
export const rules: Readonly<Record<string, Rule>> = {
  wait: {
    allowed: `${span}, 60s at most, e.g. 25s`,
    read: (value) => within(value, longestWait, (wait) => ({ wait })),
  },
  index: {
    allowed: 'the index of an earlier answer',
    read: (value) => (/^[\w.:-]{1,200}$/.test(value) ? { index: value } : undefined),
  },
  until: {
    allowed: `one or more of ${verdicts.join(', ')}, separated by commas`,
    read: readUntil,
  },
  steady: {
    allowed: `${span}, 24h at most, e.g. 300s`,
    read: (value) => within(value, longestSteady, (steady) => ({ demands: { steady } })),
  },
  maxAge: {
    allowed: `${span}, 24h at most, e.g. 15s`,
    read: (value) => within(value, longestSteady, (maxAge) => ({ demands: { maxAge } })),
  },
  rollout: {
    allowed: 'the id of a rollout, 1 to 200 characters',
    read: (value) => (value.length >= 1 && value.length <= 200 ? { demands: { rollout: value } } : undefined),
  },
  ...expectedRules(),
  phase: {
    allowed: `one of ${askedPhases.join(', ')}: whether the rollout may go on from there`,
    read(value) {
      const phase = askedPhases.find((one) => one === value)
      return phase && { demands: { phase } }
    },
  },
  hold: { allowed: '503', read: (value) => (value === '503' ? { hold: 503 } : undefined) },
  document: {
    allowed: 'report or envelope',
    read: (value) => (value === 'report' || value === 'envelope' ? { document: value } : undefined),
  },
  window: {
    allowed: `${span}, 1h at most, e.g. 15m`,
    read: (value) => within(value, longestWindow, (window) => ({ window })),
  },
}

/** They are read together, since one can speak against another. */
function expectedRules(): Readonly<Record<ExpectedField, Rule>> {
  const rule = (field: ExpectedField): Rule => ({ allowed: expectedAllowed[field], read: () => ({}) })
  const many = true as const
  return {
    image: { ...rule('image'), many },
    digest: { ...rule('digest'), many },
    revision: rule('revision'),
    chart: rule('chart'),
    appVersion: rule('appVersion'),
  }
}

const noParameters: Parameters = { demands: {} }

/**
 * Reads the query. Everything wrong is reported at once, and an unknown name is a fault too: a demand with a typing
 * error in its name would otherwise go unheard, and the answer be milder than was asked.
 */
export function readParameters(
  query: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Parameters | readonly Fault[] {
  let result = noParameters
  const faults: Fault[] = []
  for (const [parameter, value] of Object.entries(query)) {
    const rule = names.includes(parameter) ? rules[parameter] : undefined
    const isOne = typeof value === 'string' || (rule?.many === true && isTexts(value))
    const read = isOne ? rule?.read(String(value)) : undefined
    if (read === undefined)
      faults.push({ parameter: clip(parameter), value: shown(value), allowed: allowedFor(rule, names) })
    else result = { ...result, ...read, demands: { ...result.demands, ...read.demands } }
  }
  const { expected, faults: wrong } = readExpected(wordsIn(query, names))
  faults.push(
    ...wrong.map(({ field, value, allowed }) => ({
      parameter: field,
      value: clip(value),
      allowed: clip(allowed),
    })),
  )
  if (faults.length > 0) return faults
  if (expected !== undefined) result = { ...result, demands: { ...result.demands, expected } }
  return result.until !== undefined && result.wait === undefined ? { ...result, wait: defaultWait } : result
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

/** What the query says must have arrived, as far as it is text. */
function wordsIn(query: Readonly<Record<string, unknown>>, names: readonly string[]): ExpectedWords {
  const texts = (field: ExpectedField): readonly string[] => {
    const value = names.includes(field) ? query[field] : undefined
    const given = typeof value === 'string' ? [value] : isTexts(value) ? value : []
    // A label of a query stands once; no reference and no digest has a comma.
    return given.flatMap((one) => one.split(','))
  }
  const one = (field: 'revision' | 'chart' | 'appVersion') => {
    const value = names.includes(field) ? query[field] : undefined
    return typeof value === 'string' ? { [field]: value } : {}
  }
  return {
    image: texts('image'),
    digest: texts('digest'),
    ...one('revision'),
    ...one('chart'),
    ...one('appVersion'),
  }
}

/** Whether reading the query came to faults. */
export function isFaulty(read: Parameters | readonly Fault[]): read is readonly Fault[] {
  return Array.isArray(read)
}

function allowedFor(rule: Rule | undefined, names: readonly string[]): string {
  if (rule !== undefined) return rule.many === true ? rule.allowed : `${rule.allowed}, once`
  return names.length === 0 ? 'no parameter' : `only the parameters ${names.join(', ')}`
}

function shown(value: unknown): string {
  return clip(typeof value === 'string' ? value : JSON.stringify(value))
}

function within(
  value: string,
  longest: Millis,
  use: (span: Millis) => Partial<Parameters>,
): Partial<Parameters> | undefined {
  const parsed = readSpan(value)
  return parsed === undefined || parsed > longest ? undefined : use(parsed)
}

const unitSpans: Readonly<Record<string, Millis>> = { ms: 1, s: SECOND, m: MINUTE, h: 60 * MINUTE }

/** `25s`, `500ms`, `5m`, `24h`; a bare number counts seconds. */
function readSpan(value: string): Millis | undefined {
  const [, digits, unit = 's'] = /^(\d{1,9})(ms|s|m|h)?$/.exec(value) ?? []
  const scale = unitSpans[unit]
  return digits === undefined || scale === undefined ? undefined : Number(digits) * scale
}

function readUntil(value: string): Partial<Parameters> | undefined {
  const wanted = value.split(',')
  const until = verdicts.filter((verdict) => wanted.includes(verdict))
  return until.length === wanted.length ? { until } : undefined
}
