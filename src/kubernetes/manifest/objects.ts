import { byText } from '../../core/lists.ts'

/** An object as YAML or JSON holds it: text, numbers, booleans, null, lists and further objects. */
export type PlainObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object under a field; empty when there is none. */
export function objectAt(object: PlainObject, field: string): PlainObject {
  const value = object[field]
  return isObject(value) ? value : {}
}

/** The objects in the list under a field; whatever else is in it is left out. */
export function objectsAt(object: PlainObject, field: string): readonly PlainObject[] {
  const value = object[field]
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** The text under a field; empty when there is none. */
export function textAt(object: PlainObject, field: string): string {
  const value = object[field]
  return typeof value === 'string' ? value : ''
}

/** A scalar as text; empty for anything else. */
export function scalarText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : ''
}

export function nameOf(object: PlainObject): string {
  return textAt(objectAt(object, 'metadata'), 'name')
}

export function labelOf(object: PlainObject, label: string): string {
  return textAt(objectAt(objectAt(object, 'metadata'), 'labels'), label)
}

export function annotationOf(object: PlainObject, annotation: string): string {
  return textAt(objectAt(objectAt(object, 'metadata'), 'annotations'), annotation)
}

/** The label `app.kubernetes.io/component`; empty when the object has none. */
export function componentOf(object: PlainObject): string {
  return labelOf(object, 'app.kubernetes.io/component')
}

/** The specification of the pods of a Deployment, StatefulSet or Job, or of a pod; empty for anything else. */
export function podSpecOf(object: PlainObject): PlainObject {
  const spec = objectAt(object, 'spec')
  const template = objectAt(objectAt(spec, 'template'), 'spec')
  return 'containers' in template ? template : 'containers' in spec ? spec : {}
}

/** JSON with its fields in order; `keepsNull` says whether fields that are null count. */
export function canonical(value: unknown, keepsNull = false): string {
  if (Array.isArray(value)) return `[${value.map((one) => canonical(one, keepsNull)).join(',')}]`
  if (isObject(value)) {
    const fields = Object.entries(value)
      .filter(([, inner]) => inner !== undefined && (keepsNull || inner !== null))
      .toSorted(([a], [b]) => byText(a, b))
    return `{${fields.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner, keepsNull)}`).join(',')}}`
  }
  // JSON would make null of numbers that are not finite.
  return typeof value === 'number' && !Number.isFinite(value)
    ? `"${value}"`
    : (JSON.stringify(value) ?? 'null')
}
