import type { Family } from '../../src/contract/family.ts'
import { selfFamilies, verdictFamilies } from '../../src/contract/families.ts'
import type { StateSet } from './states.ts'

/**
 * Prometheus' own labels of one scraped replica of the exporter. What a release has is distinguished by what its exporter
 * says it judges, so every selector is joined with `caracal_gate_exporter_release_info` on these.
 */
export const REPLICA = 'cluster, namespace, job, instance'

/** How far back is looked for something that happened, where the plot itself shows only now. */
export const LOOKBACK_SECONDS = 6 * 3_600

/** Which exporters are asked, and the labels of the release that the answers keep. */
export interface Scope {
  readonly matchers: string
  /** Labels that only `caracal_gate_exporter_release_info` has. */
  readonly brought: readonly string[]
  /** Labels that tell the releases of this scope apart. */
  readonly keep: readonly string[]
}

/** The release that the variables of the dashboard name. */
export const theRelease: Scope = {
  matchers: '{cluster=~"$cluster", release_namespace="$release_namespace", release_name="$release_name"}',
  brought: [],
  keep: [],
}

/** Every release that the variables of the overview leave. */
export const everyRelease: Scope = {
  matchers: '{cluster=~"$cluster", release_namespace=~"$release_namespace"}',
  brought: ['release_namespace', 'release_name'],
  keep: ['cluster', 'release_namespace', 'release_name'],
}

type Named = Pick<Family, 'name'>

/** `metric{matchers}`. */
export function select({ name }: Named, ...matchers: readonly string[]): string {
  return matchers.length === 0 ? name : `${name}{${matchers.join(', ')}}`
}

/** The samples of the exporters in scope: all of theirs, and no others. */
export function within(scope: Scope, expr: string): string {
  return join(scope, expr, `${selfFamilies.release.name}${scope.matchers}`)
}

/** The same for samples from the past: exporters that are gone belong to the release too. */
function everWithin(scope: Scope, expr: string, range: string): string {
  const seen = `max_over_time(${selfFamilies.release.name}${scope.matchers}[${range}])`
  return join(scope, expr, seen)
}

function join({ brought }: Scope, expr: string, release: string): string {
  const labels = [REPLICA, ...brought].join(', ')
  const own = /^\w+(\{[^{}]*\})?$/.test(expr) ? expr : `(${expr})`
  return `${own} * on (${REPLICA}) group_left (${brought.join(', ')}) max by (${labels}) (${release})`
}

/** One series for each value of `by`, whatever the number of exporters. */
export function max(expr: string, by: readonly string[] = [], scope = theRelease): string {
  return aggregate('max', within(scope, expr), [...scope.keep, ...by])
}

export function min(expr: string, by: readonly string[] = [], scope = theRelease): string {
  return aggregate('min', within(scope, expr), [...scope.keep, ...by])
}

export function aggregate(operation: string, expr: string, by: readonly string[] = []): string {
  return `${operation}${by.length === 0 ? '' : ` by (${by.join(', ')})`} (${expr})`
}

/** The state of each set as a number: its place in `states`, beginning with 1. */
function indexOf(family: Named, { states }: StateSet, matchers: readonly string[]): string {
  const places = states.map(
    ({ name }, place) => `(${select(family, `state="${name}"`, ...matchers)} == 1) * ${place + 1}`,
  )
  return places.join(' or ')
}

interface StateQuery {
  readonly by?: readonly string[]
  readonly matchers?: readonly string[]
  readonly scope?: Scope
}

/** The state that holds now; of exporters that disagree, the worst. Nothing when no exporter answers. */
export function stateNow(family: Named, set: StateSet, query: StateQuery = {}): string {
  const { by = [], matchers = [], scope = theRelease } = query
  return max(indexOf(family, set, matchers), by, scope)
}

/** The verdict that holds now, and 0 when it has expired: an exporter that is stuck says nothing. */
export function verdictNow(set: StateSet, scope = theRelease): string {
  return aggregate('max', within(scope, unexpired(set)), scope.keep)
}

function unexpired(set: StateSet): string {
  const { name } = verdictFamilies.expiry
  const index = indexOf(verdictFamilies.verdict, set, [])
  // Of the scrape that brought both: by the next one any verdict has expired.
  return `(${index}) * on (${REPLICA}) group_left () max by (${REPLICA}) (${name} > bool timestamp(${name}))`
}

/**
 * The state over time. 0 stands where the exporter is not seen but was within the range: a state timeline would keep
 * painting the last state where series just end.
 */
export function stateOverTime(family: Named, set: StateSet, query: StateQuery = {}): string {
  return orNotSeen(stateNow(family, set, query), anyOf(family, set, query.matchers), query)
}

export function verdictOverTime(set: StateSet, scope = theRelease): string {
  return orNotSeen(verdictNow(set, scope), anyOf(verdictFamilies.verdict, set), { scope })
}

/** One state of a set stands for all: they come and go together. */
function anyOf(family: Named, { states }: StateSet, matchers: readonly string[] = []): string {
  return select(family, `state="${states[0]?.name}"`, ...matchers)
}

/** The expression, and 0 for what `selector` found within the range and does not find now. */
export function orNotSeen(expr: string, selector: string, query: Omit<StateQuery, 'matchers'> = {}): string {
  const { by = [], scope = theRelease } = query
  const seen = everWithin(scope, `max_over_time(${selector}[$__range])`, '$__range')
  return `${expr} or 0 * ${aggregate('max', seen, [...scope.keep, ...by])}`
}

/** When the condition last held, seconds since the epoch, within the last hours. */
export function lastTime(condition: string, by: readonly string[]): string {
  const range = `${LOOKBACK_SECONDS}s`
  const times = `max_over_time(timestamp(${condition})[${range}:15s])`
  return aggregate('max', everWithin(theRelease, times, range), by)
}

/**
 * The samples with a label `release` that no two releases share, so that tables can be joined by it, and a label
 * `cluster` where there is none: `All`, by which the variable of the same name finds what has no cluster.
 */
export function named(expr: string): string {
  const placed = `label_replace(${expr}, "cluster", "All", "cluster", "")`
  return `label_join(${placed}, "release", "/", "cluster", "release_namespace", "release_name")`
}

/** A limit that is in force, as its name under `limits` in the configuration. */
export function limit(name: string): string {
  return max(select(verdictFamilies.limit, `limit="${name}"`))
}
