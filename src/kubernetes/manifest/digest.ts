import { createHash } from 'node:crypto'
import { secretsAsKeys } from './documents.ts'
import { annotationOf, isObject, type PlainObject } from './objects.ts'

/**
 * The digest of a manifest, `sha256:` and 64 hex digits. What `helm template` prints has the same one as what Helm
 * stored in the cluster for the same chart, values, release name and namespace.
 *
 * What does not take part: order of objects and of fields, comments, fields that are null, how YAML writes a value; hooks
 * that only `helm test` runs, since `helm template --skip-tests` leaves them out; and values of Secrets, since whoever
 * reads the digest could try short ones until it fits. A changed value of a Secret therefore changes no digest. The other
 * hooks take part: the migration Jobs are among them.
 */
export function digestOf(objects: readonly PlainObject[]): string {
  const lines = secretsAsKeys(objects)
    .filter((object) => !isTestHook(object))
    .map(canonical)
    .toSorted()
  return `sha256:${createHash('sha256').update(lines.join('\n')).digest('hex')}`
}

/** Whether only `helm test` runs it, told as Helm does it. */
function isTestHook(object: PlainObject): boolean {
  return annotationOf(object, 'helm.sh/hook')
    .split(',')
    .some((event) => ['test', 'test-success', 'test-failure'].includes(event.trim().toLowerCase()))
}

/** JSON with sorted fields and without those that are null. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (isObject(value)) {
    const fields = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined)
    const sorted = fields.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return `{${sorted.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(',')}}`
  }
  // JSON would make null of numbers that are not finite.
  return typeof value === 'number' && !Number.isFinite(value)
    ? `"${value}"`
    : (JSON.stringify(value) ?? 'null')
}
