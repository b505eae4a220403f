import { isObject, objectAt, type PlainObject, scalarText, textAt } from './objects.ts'

/** An environment variable: its text, or in words where its value comes from. */
interface Variable {
  readonly value: string
  readonly isReference: boolean
}

/** The variables of a container by name. Of a name that is given twice the last one counts. */
export function variablesOf(list: unknown): ReadonlyMap<string, Variable> {
  const entries = Array.isArray(list) ? list.filter(isObject) : []
  return new Map(entries.map((entry) => [textAt(entry, 'name'), variableOf(entry)]))
}

function variableOf(entry: PlainObject): Variable {
  const source = entry['valueFrom']
  if (isObject(source) && Object.keys(source).length > 0)
    return { value: referenceOf(source), isReference: true }
  return { value: scalarText(entry['value']), isReference: false }
}

function referenceOf(source: PlainObject): string {
  const secret = objectAt(source, 'secretKeyRef')
  if (secret['key'] !== undefined) return keyOf('Secret', secret)
  const settings = objectAt(source, 'configMapKeyRef')
  if (settings['key'] !== undefined) return keyOf('ConfigMap', settings)
  const field = objectAt(source, 'fieldRef')
  if (field['fieldPath'] !== undefined) return `field ${textAt(field, 'fieldPath')}`
  const resource = objectAt(source, 'resourceFieldRef')
  if (resource['resource'] !== undefined) return resourceOf(resource)
  return Object.keys(source).join(' and ')
}

function keyOf(kind: string, source: PlainObject): string {
  const optional = source['optional'] === true ? 'optional ' : ''
  return `${optional}key ${textAt(source, 'key')} of ${kind} ${textAt(source, 'name')}`
}

function resourceOf(source: PlainObject): string {
  const divisor = billionths(scalarText(source['divisor'])) ?? 0n
  const of = textAt(source, 'containerName')
  // 0 means 1.
  const by = divisor === 0n || divisor === 1_000_000_000n ? '' : ` by ${scalarText(source['divisor'])}`
  return `${textAt(source, 'resource')}${of === '' ? '' : ` of container ${of}`}${by}`
}

/** Powers of ten of the decimal suffixes. */
const decimal: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}
/** Powers of 1024. */
const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const form = /^([+-]?)(\d*)(?:\.(\d*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?$/
// The API server keeps nothing below a billionth.
const PRECISION = 9

/** A quantity of Kubernetes in billionths; undefined when the text is none. `1`, `1000m` and `1e0` are the same. */
export function billionths(quantity: string): bigint | undefined {
  const match = quantity.length > 60 ? null : form.exec(quantity)
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', suffix = '', exponent] = match
  if (whole === '' && fraction === '') return undefined
  const powerOf1024 = Math.max(binary.indexOf(suffix), 0)
  const powerOf10 = exponent === undefined ? (decimal[suffix] ?? 0) : Number(exponent)
  const digits = BigInt(whole + fraction) * 1024n ** BigInt(powerOf1024)
  const shift = powerOf10 - fraction.length + PRECISION
  const value = shift >= 0 ? digits * 10n ** BigInt(shift) : roundedUp(digits, 10n ** BigInt(-shift))
  return sign === '-' ? -value : value
}

function roundedUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by
}
