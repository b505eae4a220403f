import { isObject, objectAt, scalarText, textAt, type PlainObject } from './objects.ts'
import { billionths } from './quantity.ts'

/** An environment variable: its text, or in words where its value comes from. */
export interface Variable {
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
  // 0 stands for 1.
  const by = divisor === 0n || divisor === 1_000_000_000n ? '' : ` by ${scalarText(source['divisor'])}`
  return `${textAt(source, 'resource')}${of === '' ? '' : ` of container ${of}`}${by}`
}
