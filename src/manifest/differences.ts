import { isObject, scalarText, type PlainObject } from './objects.ts'
import { billionths } from './quantity.ts'
import { defaultedWhenEmpty, objectShape, type Shape } from './shapes.ts'
import { shown, type Trust } from './showing.ts'
import { variablesOf } from './variables.ts'

/** A field in which a live object is not what its manifest says. What may be secret is told by a word only. */
export interface Difference {
  /** E.g. `containers[api].env[LOG_LEVEL]`; fields of the pod template are written without `spec.template.spec`. */
  readonly path: string
  readonly expected: string
  readonly actual: string
}

export interface Comparison {
  /** An autoscaler decides how many replicas there are, so the manifest's number means nothing. */
  readonly ownedByAutoscaler: boolean
}

/**
 * Compares a live Deployment, StatefulSet, Job or Service with its manifest. Only what the manifest sets counts, so
 * defaults of the API server are no differences; but what the API server never adds by itself (containers, environment
 * variables, ports, volumes and their mounts, commands, selectors) must not be there without the manifest either.
 */
export function differences(
  manifest: PlainObject,
  live: PlainObject,
  { ownedByAutoscaler }: Comparison,
): readonly Difference[] {
  const found: Difference[] = []
  const report: Report = (path, name, expected, actual, trust) => {
    if (ownedByAutoscaler && path === 'spec.replicas') return
    found.push({ path: shortened(path), ...shown(name, expected, actual, trust) })
  }
  compare(manifest, live, { path: '', name: '', shape: objectShape, trust: 'known-field' }, report)
  return found
}

type Report = (path: string, name: string, expected: unknown, actual: unknown, trust: Trust) => void

interface Place {
  readonly path: string
  /** Name of the field, or key of the map. */
  readonly name: string
  readonly shape: Shape
  readonly trust: Trust
}

function shortened(path: string): string {
  return path
    .replace(/^spec\.template\.(?:spec\.)?/, '')
    .replace(/^metadata\./, path.startsWith('spec.') ? 'template.' : '')
}

function compare(expected: unknown, actual: unknown, place: Place, report: Report): void {
  if (expected === null || expected === undefined) return
  if (place.shape.variables) return compareVariables(expected, actual, place, report)
  if (Array.isArray(expected)) return compareLists(expected, actual, place, report)
  if (isObject(expected)) return compareObjects(expected, actual, place, report)
  if (!isSame(expected, actual, place))
    report(place.path, place.name, expected, actual ?? undefined, place.trust)
}

/** The API server drops what is empty, false or 0. */
function isNothing(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (isObject(value)) return Object.values(value).every(isNothing)
  return value === null || value === undefined || value === '' || value === false || value === 0
}

function isSame(expected: unknown, actual: unknown, { name, shape, trust }: Place): boolean {
  if (actual === undefined || actual === null) return isNothing(expected) && trust === 'known-field'
  if (typeof actual === 'object') return false
  const [wanted, live] = [scalarText(expected), scalarText(actual)]
  if (wanted === live) return true
  if (trust === 'known-field' && (wanted === '' || wanted === '0') && defaultedWhenEmpty.has(name))
    return true
  const amount = shape.quantity ? billionths(wanted) : undefined
  return amount !== undefined && amount === billionths(live)
}

function compareObjects(expected: PlainObject, actual: unknown, place: Place, report: Report): void {
  const { path, name, shape, trust } = place
  if (!isObject(actual) && shape.free === undefined && shape.only === undefined) {
    if (actual !== undefined || !isNothing(expected)) report(path, name, expected, actual ?? undefined, trust)
    return
  }
  const live = isObject(actual) ? actual : {}
  for (const field of shape.only ?? Object.keys(expected))
    compare(expected[field], live[field], placeOf(field, place), report)
  for (const field of unexpected(expected, live, shape)) {
    const inner = placeOf(field, place)
    if (inner.shape.variables || inner.shape.keyOf) compare([], live[field], inner, report)
    else report(inner.path, field, undefined, live[field], inner.trust)
  }
}

/** Fields that only the live object has, though the API server does not set them. */
function unexpected(expected: PlainObject, live: PlainObject, shape: Shape): readonly string[] {
  const candidates = shape.closed ? Object.keys(live) : (shape.neverDefaulted ?? [])
  const isMissing = (field: string) => expected[field] === undefined || expected[field] === null
  return candidates.filter((field) => isMissing(field) && (shape.free || !isNothing(live[field])))
}

function placeOf(field: string, { path, shape, trust }: Place): Place {
  const inner = shape.fields?.[field] ?? (shape.quantity ? { quantity: true as const } : {})
  const dotted = path === '' ? field : `${path}.${field}`
  return {
    path: shape.free ? `${path}[${field}]` : dotted,
    name: field,
    shape: inner,
    trust: inner.hidden ? 'never' : shape.free && !shape.quantity ? 'own-name' : trust,
  }
}

function compareLists(expected: readonly unknown[], actual: unknown, place: Place, report: Report): void {
  const { path, name, shape } = place
  const live: readonly unknown[] = Array.isArray(actual) ? actual : []
  if (shape.keyOf !== undefined) return compareByKey(expected, live, shape.keyOf, place, report)
  if (expected.length === live.length && expected.some((entry) => typeof entry === 'object')) {
    for (const [index, entry] of expected.entries())
      compare(entry, live[index], { ...place, path: `${path}[${index}]`, shape: shape.entry ?? {} }, report)
    return
  }
  // A list of texts is mostly a command.
  if (
    expected.length !== live.length ||
    expected.some((entry, index) => String(entry) !== String(live[index]))
  )
    report(path, name, expected, Array.isArray(actual) ? actual : undefined, 'own-name')
}

function compareByKey(
  expected: readonly unknown[],
  actual: readonly unknown[],
  keyOf: (entry: PlainObject) => string,
  place: Place,
  report: Report,
): void {
  const live = new Map(actual.filter(isObject).map((entry) => [keyOf(entry), entry]))
  const wanted = new Map(expected.filter(isObject).map((entry) => [keyOf(entry), entry]))
  for (const [key, entry] of wanted) {
    const inner = { ...place, path: `${place.path}[${key}]`, name: key, shape: place.shape.entry ?? {} }
    const found = live.get(key)
    if (found === undefined) report(inner.path, key, entry, undefined, place.trust)
    else compareObjects(entry, found, inner, report)
  }
  for (const [key, entry] of live)
    if (!wanted.has(key)) report(`${place.path}[${key}]`, key, undefined, entry, place.trust)
}

function compareVariables(expected: unknown, actual: unknown, { path }: Place, report: Report): void {
  const wanted = variablesOf(expected)
  const live = variablesOf(actual)
  for (const name of new Set([...wanted.keys(), ...live.keys()])) {
    const [is, should] = [live.get(name), wanted.get(name)]
    if (is?.value === should?.value && is?.isReference === should?.isReference) continue
    // Where a value comes from is no secret, but what was put in the place of a Secret's key may be its value.
    const isOverridden = should?.isReference === true && is?.isReference === false
    const trust = should?.isReference === true ? 'known-field' : 'own-name'
    report(`${path}[${name}]`, name, should?.value, isOverridden ? 'plain text' : is?.value, trust)
  }
}
