import { createHash } from 'node:crypto'
import { type Document, isCollection, isScalar, LineCounter, parseAllDocuments, visit } from 'yaml'
import { byText } from '../../core/lists.ts'
import { annotationOf, isObject, objectAt, type PlainObject, textAt, canonical } from './objects.ts'
import { asHelmReads } from './yaml-tags.ts'

/** Forty times the platform's own manifest. Parsing that much takes half a second. */
const TEXT_LIMIT = 2 * 1024 * 1024
const OBJECT_LIMIT = 2000
/** A pod template is 12 deep, a schema of a custom resource 40. */
const DEPTH_LIMIT = 100
/** Values in one document, counted as often as aliases repeat them. */
const VALUE_LIMIT = 200_000

/** A manifest that can't be taken as it is. Its message names the place and quotes nothing. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError'
}

/**
 * The Kubernetes objects in the text of one or many YAML documents, in their order: empty documents dropped, lists
 * taken apart, Secrets without their values.
 * @throws ManifestError when the text is too large, or a document is broken, too deep or no object with a kind
 */
export function documents(text: string): readonly PlainObject[] {
  if (text.length > TEXT_LIMIT)
    throw new ManifestError(`the manifest is larger than ${TEXT_LIMIT / 1024 / 1024} MiB`)
  const lines = new LineCounter()
  const objects = parsed(text, lines).flatMap((document, index) => {
    const place = placeOf(document, index, lines)
    const value = valueOf(document, place, lines)
    return value === null ? [] : flattened(value, place)
  })
  if (objects.length > OBJECT_LIMIT)
    throw new ManifestError(`the manifest has ${objects.length} objects, more than ${OBJECT_LIMIT}`)
  return objects.map(secretAsKeys)
}

/**
 * The same objects, with the values of Secrets gone: `data` and `stringData` become the sorted list `keys`. What kubectl
 * remembers of an earlier form goes as well.
 */
export function secretsAsKeys(objects: readonly PlainObject[]): readonly PlainObject[] {
  return objects.map(secretAsKeys)
}

function secretAsKeys(object: PlainObject): PlainObject {
  if (object['kind'] !== 'Secret') return object
  const { data: _, stringData: __, ...rest } = object
  const keys = ['data', 'stringData'].flatMap((field) => Object.keys(objectAt(object, field)))
  const known = Array.isArray(object['keys']) ? object['keys'].map(String) : []
  const { annotations: own, ...metadata } = objectAt(object, 'metadata')
  const { 'kubectl.kubernetes.io/last-applied-configuration': ___, ...annotations } = isObject(own) ? own : {}
  return {
    ...rest,
    metadata: { ...metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
    keys: [...new Set([...known, ...keys])].toSorted(byText),
  }
}

function parsed(text: string, lineCounter: LineCounter): readonly Document[] {
  return [
    // A mark of the byte order is no part of the text.
    ...parseAllDocuments(text.replace(/^\uFEFF/, ''), {
      version: '1.1',
      customTags: asHelmReads,
      uniqueKeys: false,
      // Their message quotes the text, which may be a password.
      prettyErrors: false,
      logLevel: 'silent',
      lineCounter,
    }),
  ] as Document[]
}

function placeOf({ contents }: Document, index: number, lines: LineCounter): string {
  const at = contents?.range?.[0]
  return `document ${index + 1}${at === undefined ? '' : ` (line ${lines.linePos(at).line})`}`
}

/** @throws ManifestError when it is broken or too deep */
function valueOf(document: Document, place: string, lines: LineCounter): unknown {
  const [fault] = document.errors
  if (fault !== undefined) {
    const code = fault.code.toLowerCase().replaceAll('_', ' ')
    throw new ManifestError(`${place} is not YAML: ${code} in line ${lines.linePos(fault.pos[0]).line}`)
  }
  visit(document, {
    Pair(_, { key }) {
      if (isCollection(key) || (isScalar(key) && key.value === null))
        throw new ManifestError(`${place} has a key that is no text`)
    },
  })
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 100 })
  } catch {
    throw new ManifestError(`${place} has an alias without its anchor, or aliases that grow without bound`)
  }
  measure(value, place, { left: VALUE_LIMIT }, 0)
  return value ?? null
}

// Aliases make one value appear in many places, even inside itself.
function measure(value: unknown, place: string, values: { left: number }, depth: number): void {
  if (depth > DEPTH_LIMIT) throw new ManifestError(`${place} is nested more than ${DEPTH_LIMIT} deep`)
  values.left -= 1
  if (values.left < 0) throw new ManifestError(`${place} has more than ${VALUE_LIMIT} values`)
  if (typeof value !== 'object' || value === null) return
  for (const inner of Object.values(value)) measure(inner, place, values, depth + 1)
}

/** @throws ManifestError when it is no object, or has no kind */
function flattened(value: unknown, place: string): readonly PlainObject[] {
  if (!isObject(value)) throw new ManifestError(`${place} is not an object`)
  const kind = textAt(value, 'kind')
  if (kind === '') throw new ManifestError(`${place} has no kind: is it a manifest?`)
  const items = value['items']
  if (!kind.endsWith('List') || !Array.isArray(items)) return [value]
  // Items of a typed list may leave out what the list says.
  const type = kind === 'List' ? {} : { apiVersion: value['apiVersion'], kind: kind.slice(0, -'List'.length) }
  return items.flatMap((item) => flattened(isObject(item) ? { ...type, ...item } : item, place))
}

/**
 * The digest of a manifest, `sha256:` and 64 hex digits. What `helm template` prints has the same one as what Helm
 * stored in the cluster for the same chart, values, release name and namespace.
 *
 * What does not take part: order of objects and of fields, comments, fields that are null, how YAML writes a value; hooks
 * that only `helm test` runs, since `helm template --skip-tests` leaves them out; and values of Secrets, since a
 * reader of the digest could try short ones until it fits. A changed value of a Secret therefore changes no digest. The other
 * hooks take part: the migration Jobs are among them.
 */
export function digestOf(objects: readonly PlainObject[]): string {
  const lines = secretsAsKeys(objects)
    .filter((object) => !isTestHook(object))
    .map((object) => canonical(object))
    .toSorted()
  return `sha256:${createHash('sha256').update(lines.join('\n')).digest('hex')}`
}

/** Whether only `helm test` runs it, as Helm itself decides it. */
function isTestHook(object: PlainObject): boolean {
  return annotationOf(object, 'helm.sh/hook')
    .split(',')
    .some((event) => ['test', 'test-success', 'test-failure'].includes(event.trim().toLowerCase()))
}
