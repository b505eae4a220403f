import { aliases, apiField, type ApiField, objectShape, type Shape } from './shapes.ts'
import { isObject, scalarText, textAt, type PlainObject } from './objects.ts'
import { billionths, variablesOf } from './variables.ts'
import { shown, type Trust } from './masking.ts'

/** A field in which a live object is not what its manifest says. A word replaces what may be secret. */
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
 * Compares a live Deployment, StatefulSet, Job or Service with its manifest, by what the API server does with a field
 * that is missing on one side: it drops what is empty, false or 0 unless that differs from absent, and adds its defaults.
 * Whatever else only the live object has was added by another hand. Labels and annotations count as the manifest sets
 * them.
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
  const type = textAt(manifest, 'kind')
  compare(manifest, live, { path: '', name: '', shape: objectShape, trust: 'known-field', type }, report)
  return found
}

type Report = (path: string, name: string, expected: unknown, actual: unknown, trust: Trust) => void

interface Place {
  readonly path: string
  /** Name of the field, or key of the map. */
  readonly name: string
  readonly shape: Shape
  readonly trust: Trust
  /** What the API does with the field, and its type of the object or of the entries that are in it. */
  readonly field?: ApiField | undefined
  readonly type?: string | undefined
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

/** Whether the API server drops a value, because it is empty, false or 0 and that is as good as absent. */
function isNothing(value: unknown, { field, type }: Pick<Place, 'field' | 'type'> = {}): boolean {
  if (value === null || value === undefined) return true
  if (Array.isArray(value)) return value.length === 0
  if (isObject(value))
    return Object.entries(value).every(([name, inner]) => {
      const known = apiField(type, name)
      return isNothing(inner, { field: known, type: known?.type })
    })
  if (field?.pointer === true) return value === field.default
  return value === '' || value === false || value === 0
}

function isSame(expected: unknown, actual: unknown, place: Place): boolean {
  const { shape, trust, field } = place
  if (actual === undefined || actual === null) return isNothing(expected, place) && trust === 'known-field'
  if (typeof actual === 'object') return false
  const [wanted, live] = [scalarText(expected), scalarText(actual)]
  if (wanted === live) return true
  if (trust === 'known-field' && isNothing(expected, place) && isFilledIn(actual, field)) return true
  const amount = shape.quantity ? billionths(wanted) : undefined
  return amount !== undefined && amount === billionths(live)
}

/** Whether a value is what the API server puts where nothing was. */
function isFilledIn(value: unknown, field: ApiField | undefined): boolean {
  if (field?.derived === true) return true
  return field?.default !== undefined && isEqual(value, field.default)
}

function isEqual(one: unknown, other: unknown): boolean {
  if (!isObject(one) || !isObject(other)) return scalarText(one) === scalarText(other)
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].every((name) => isEqual(one[name] ?? '', other[name] ?? ''))
}

function compareObjects(expected: PlainObject, actual: unknown, place: Place, report: Report): void {
  const { path, name, shape, trust } = place
  if (!isObject(actual) && shape.free === undefined && shape.only === undefined) {
    if (actual !== undefined || !isNothing(expected, place))
      report(path, name, expected, actual ?? undefined, trust)
    return
  }
  const live = isObject(actual) ? actual : {}
  for (const field of shape.only ?? Object.keys(expected))
    compare(expected[field], live[field], placeOf(field, place), report)
  for (const field of unexpected(expected, live, place)) {
    const inner = placeOf(field, place)
    if (inner.shape.variables || inner.shape.keyOf) compare([], live[field], inner, report)
    else report(inner.path, field, undefined, live[field], inner.trust)
  }
}

/** Fields that only the live object has, though the API server does not set them. */
function unexpected(expected: PlainObject, live: PlainObject, { shape, type }: Place): readonly string[] {
  return Object.keys(live).filter((name) => {
    if (expected[name] !== undefined && expected[name] !== null) return false
    const value = live[name]
    if (shape.closed) return shape.free === true || !isNothing(value)
    const field = apiField(type, name)
    // What this version of the API does not have may have a default in another.
    if (field === undefined || isNothing(value, { field, type: field.type })) return false
    const alias = aliases[name]
    // The value under the other name is compared there.
    if (alias !== undefined) return expected[alias] === undefined
    return !isFilledIn(value, field)
  })
}

function placeOf(field: string, { path, shape, trust, type }: Place): Place {
  const known = apiField(type, field)
  const inner = shape.fields?.[field] ?? (shape.quantity ? { quantity: true as const } : {})
  const dotted = path === '' ? field : `${path}.${field}`
  return {
    path: shape.free ? `${path}[${field}]` : dotted,
    name: field,
    shape: inner,
    trust: inner.hidden ? 'never' : shape.free && !shape.quantity ? 'own-name' : trust,
    field: known,
    type: known?.type,
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
  if (!place.shape.ordered) return
  const [should, is] = [
    [...wanted.keys()].filter((key) => live.has(key)),
    [...live.keys()].filter((key) => wanted.has(key)),
  ]
  if (should.some((key, n) => key !== is[n])) report(place.path, place.name, should, is, place.trust)
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
