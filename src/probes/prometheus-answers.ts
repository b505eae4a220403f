import type { Labels } from '../core/signal.ts'
import type { Instant } from '../core/time.ts'
import { isObject, objectAt, objectsAt, textAt, type PlainObject } from '../kubernetes/manifest/objects.ts'

// What Prometheus' HTTP API answers, decoded; the exporter and its doctor read it alike.

/** A rule as it is loaded. */
export interface LoadedRule {
  readonly name: string
  /** `ok`, `err`, or `unknown` before its first evaluation. */
  readonly health: string
  readonly lastError: string
  /** Of an alert: `inactive`, `pending` or `firing`. */
  readonly state: string
  /** By the clock of Prometheus; absent before the first evaluation. */
  readonly evaluatedAt?: Instant
}

/** The `data` of an answer; undefined where it is no answer of Prometheus, or one of an error. */
export function dataIn(body: unknown): PlainObject | undefined {
  if (!isObject(body) || body['status'] !== 'success') return undefined
  return isObject(body['data']) ? body['data'] : undefined
}

/** Undefined where the answer has no list of groups. */
export function rulesIn(data: PlainObject): readonly LoadedRule[] | undefined {
  if (!Array.isArray(data['groups'])) return undefined
  return objectsAt(data, 'groups')
    .flatMap((group) => objectsAt(group, 'rules'))
    .map((rule) => {
      // Before the first evaluation it is in the year 1.
      const evaluatedAt = Date.parse(textAt(rule, 'lastEvaluation'))
      return {
        name: textAt(rule, 'name'),
        health: textAt(rule, 'health'),
        lastError: textAt(rule, 'lastError'),
        state: textAt(rule, 'state'),
        ...(evaluatedAt > 0 && { evaluatedAt }),
      }
    })
}

/** Rules that can't be evaluated, as Prometheus says. */
export function failingIn(rules: readonly LoadedRule[], names: Iterable<string>): readonly LoadedRule[] {
  const wanted = new Set(names)
  return rules.filter(({ name, health }) => wanted.has(name) && health === 'err')
}

/** Those of the names that no rule has. */
export function notLoaded(rules: readonly LoadedRule[], names: readonly string[]): readonly string[] {
  const loaded = new Set(rules.map(({ name }) => name))
  return names.filter((name) => !loaded.has(name))
}

/** How many Alertmanagers alerts are sent to; undefined where the answer does not say. */
export function alertmanagersIn(data: PlainObject): number | undefined {
  const active = data['activeAlertmanagers']
  return Array.isArray(active) ? active.length : undefined
}

/** One value of an instant query. */
export interface Sample {
  readonly labels: Labels
  /** When the query was evaluated, by the clock of Prometheus. */
  readonly at: Instant
  readonly value: number
}

/** The values of an instant query; undefined where the answer is no vector and no scalar. */
export function samplesIn({ resultType, result }: PlainObject): readonly Sample[] | undefined {
  if (!Array.isArray(result)) return undefined
  if (resultType === 'scalar') return [sampleOf({}, result)]
  return resultType === 'vector'
    ? result.filter(isObject).map((one) => sampleOf(objectAt(one, 'metric') as Labels, one['value']))
    : undefined
}

function sampleOf(labels: Labels, pair: unknown): Sample {
  const [at, value]: unknown[] = Array.isArray(pair) ? pair : []
  return { labels, at: Number(at) * 1_000, value: Number(value) }
}

/** A target that Prometheus scrapes. */
export interface ScrapedTarget {
  readonly job: string
  readonly url: string
  readonly isDown: boolean
  readonly error: string
  /** It was refused for its bearer. */
  readonly isRefused: boolean
}

/** Targets of the platform and the exporter: those whose pool or labels say its name, or one of these. */
export function targetsIn(data: PlainObject, names: readonly string[]): readonly ScrapedTarget[] {
  return objectsAt(data, 'activeTargets')
    .filter((target) =>
      [target['scrapePool'], ...Object.values(objectAt(target, 'labels'))].some(
        (value) => typeof value === 'string' && (/caracal/i.test(value) || names.includes(value)),
      ),
    )
    .map((target) => {
      const error = textAt(target, 'lastError')
      return {
        job: textAt(objectAt(target, 'labels'), 'job'),
        url: textAt(target, 'scrapeUrl'),
        isDown: target['health'] === 'down',
        error,
        isRefused: /\b40[13]\b/.test(error),
      }
    })
}
