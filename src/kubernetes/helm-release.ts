import { gunzipSync } from 'node:zlib'
import type { Unavailable } from '../core/observation.ts'
import { codeOf, plain } from '../core/text.ts'
import type { Instant } from '../core/time.ts'
import { digestOf, documents, ManifestError } from './manifest/documents.ts'
import {
  componentOf,
  isObject,
  nameOf,
  objectAt,
  objectsAt,
  type PlainObject,
  textAt,
} from './manifest/objects.ts'
import { type SecretUser, secretUsers } from './manifest/references.ts'
import type { ReleaseContent } from './model.ts'

// A Secret holds at most 1 MiB; in base64 that is a third more.
const PACKED_LIMIT = 2 * 1024 * 1024
/** Unpacking and parsing this much takes a tenth of a second; the platform's own release is 0.4 MB. */
const UNPACKED_LIMIT = 32 * 1024 * 1024

/**
 * Reads what Helm 3 and 4 keep of a revision in a Secret: base64 of base64 of gzip of JSON; before Helm 3.0 was
 * released, without gzip. Never throws.
 * @param data value of `data.release` as the API server gives it
 * @returns the release without any value of a Secret, or why it can't be read and what fixes it
 */
export function releaseContent(data: string): ReleaseContent | Unavailable {
  try {
    return contentOf(parsed(unpacked(data)))
  } catch (fault) {
    if (fault instanceof Unreadable) return fault.unavailable
    if (fault instanceof ManifestError)
      return unreadable('manifest_unreadable', fault.message, 'see helm get manifest and helm get hooks')
        .unavailable
    throw fault
  }
}

class Unreadable extends Error {
  readonly unavailable: Unavailable

  constructor(reason: string, message: string) {
    super(message)
    this.unavailable = { unknownReason: 'malformed', reason: `release_${reason}`, message }
  }
}

const STORE_ANEW = 'upgrade with Helm once more, which stores it anew'

function unreadable(reason: string, what: string, fix: string = STORE_ANEW): Unreadable {
  return new Unreadable(reason, `the Helm release can't be read: ${what}; ${fix}`)
}

const base64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/

/** @throws Unreadable when it is not what Helm writes */
function unpacked(data: string): Buffer {
  if (data.length > PACKED_LIMIT) throw tooLarge()
  const inner = Buffer.from(data, 'base64').toString('latin1')
  if (inner === '' || !base64.test(data) || !base64.test(inner))
    throw unreadable('not_base64', 'its Secret does not hold base64 in base64', 'see who wrote that Secret')
  const packed = Buffer.from(inner, 'base64')
  if (!isGzip(packed)) return packed
  try {
    return gunzipSync(packed, { maxOutputLength: UNPACKED_LIMIT })
  } catch (fault) {
    throw ofGunzip(fault)
  }
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

function tooLarge(): Unreadable {
  const what = `it is larger than ${UNPACKED_LIMIT / 1024 / 1024} MiB`
  return unreadable('too_large', what, 'leave files that no template needs out of the chart (.helmignore)')
}

function ofGunzip(fault: unknown): unknown {
  const code = codeOf(fault)
  if (code === 'ERR_BUFFER_TOO_LARGE') return tooLarge()
  if (code === 'Z_BUF_ERROR') return unreadable('truncated', 'its end is missing')
  if (code === 'Z_DATA_ERROR') return unreadable('corrupt', 'its checksum or its compression is broken')
  return fault
}

/** @throws Unreadable when it is no JSON object */
function parsed(bytes: Buffer): PlainObject {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    // Helm 2 stored protocol buffers.
    throw unreadable(
      'not_json',
      'it holds no JSON, so neither Helm 3 nor Helm 4 wrote it',
      'migrate a release of Helm 2 with the plugin 2to3',
    )
  }
  if (!isObject(value)) throw incomplete(['chart.metadata', 'manifest'])
  return value
}

function incomplete(fields: readonly string[]): Unreadable {
  return unreadable('incomplete', `it lacks ${fields.join(', ')}`)
}

/** @throws Unreadable when a field that every Helm writes is missing; ManifestError when a manifest is broken */
function contentOf(release: PlainObject): ReleaseContent {
  const chart = objectAt(release, 'chart')
  const metadata = objectAt(chart, 'metadata')
  const name = textAt(metadata, 'name')
  const version = textAt(metadata, 'version')
  const manifest = release['manifest']
  const lacking = [
    ...(name === '' ? ['chart.metadata.name'] : []),
    ...(version === '' ? ['chart.metadata.version'] : []),
    ...(typeof manifest === 'string' ? [] : ['manifest']),
  ]
  if (typeof manifest !== 'string' || lacking.length > 0) throw incomplete(lacking)
  const objects = documents(manifest)
  const hooks = objectsAt(release, 'hooks')
  // Together, so that many of them are bounded as one.
  const hookObjects = documents(hooks.map((hook) => textAt(hook, 'manifest')).join('\n---\n'))
  return {
    chart: `${name}-${version}`,
    appVersion: textAt(metadata, 'appVersion'),
    description: describedBy(release),
    digest: digestOf([...objects, ...hookObjects]),
    objects,
    hookJobs: hookObjects.filter((object) => object['kind'] === 'Job').map((job) => hookJob(job, hooks)),
    hookReferences: hookReferences(hooks, hookObjects),
    hasValues: [objectAt(release, 'config'), objectAt(chart, 'values')].some(
      (values) => Object.keys(values).length > 0,
    ),
  }
}

/** Hooks that a change of the release waits for. Those of `helm test` and of the end are none. */
const changing = /^(pre|post)-(upgrade|rollback)$/

/** One that says nothing of its events is taken for any. */
function hookReferences(
  hooks: readonly PlainObject[],
  objects: readonly PlainObject[],
): readonly SecretUser[] {
  const others = hooks.filter(
    ({ events }) => Array.isArray(events) && !events.some((event) => changing.test(String(event))),
  )
  const isOther = (object: PlainObject) =>
    others.some((hook) => hook['kind'] === object['kind'] && hook['name'] === nameOf(object))
  // They are there while the hooks run, and often gone afterwards.
  const made = new Set(objects.filter(({ kind }) => kind === 'Secret').map(nameOf))
  return secretUsers(objects.filter((object) => !isOther(object))).map(({ name, references }) => ({
    name,
    references: references.filter(({ secret }) => !made.has(secret)),
  }))
}

const phases = ['Unknown', 'Running', 'Succeeded', 'Failed'] as const

function hookJob(job: PlainObject, hooks: readonly PlainObject[]): ReleaseContent['hookJobs'][number] {
  const name = nameOf(job)
  const hook = hooks.find((entry) => entry['kind'] === 'Job' && entry['name'] === name) ?? {}
  const lastRun = objectAt(hook, 'last_run')
  const completedAt = instantOf(textAt(lastRun, 'completed_at'))
  return {
    name,
    component: componentOf(job),
    phase: phases.find((known) => known === lastRun['phase']) ?? '',
    ...(completedAt !== undefined && { completedAt }),
  }
}

/** Helm writes the first year for what has not happened yet. */
function instantOf(text: string): Instant | undefined {
  const at = Date.parse(text)
  return Number.isFinite(at) && at > 0 ? at : undefined
}

/** A description is the text of an error, which may be long; as much as a line on a page takes. */
const LONGEST = 240

/** A shorter value occurs in too many words, and is no secret of any use. */
const SHORTEST = 4

/** How the API server and Go repeat a value that they refuse; an object or a list goes to the end of the text. */
const refusedValue = /((?:Invalid|Unsupported|Duplicate) value: )(?:"(?:[^"\\]|\\.)*"|[{[].*|\S+)/gs
const goValue = /(!!\w+ )`[^`]*`/g
/** User and password of an address. */
const login = /:\/\/[^\s/@"]*@/g
const secretName = /pass|secret|token|key|credential|dsn|auth/i

/**
 * What Helm says of a revision: one line of at most 240 characters, without values that the API server refused, logins of
 * addresses, and values whose name says that they are secret.
 * @param release as it is stored
 */
export function describedBy(release: PlainObject): string {
  const text = textAt(objectAt(release, 'info'), 'description')
  const secrets = secretsIn(objectAt(release, 'config'), false).toSorted((a, b) => b.length - a.length)
  const masked = secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
  return plain(
    masked.replace(refusedValue, '$1***').replace(goValue, '$1***').replace(login, '://***@'),
    LONGEST,
  )
}

/** Whether Helm says that the revision failed. It still says so when a failed rollback marks it as superseded. */
export function saysFailed(description: string): boolean {
  return /^(?:Upgrade|Rollback|Release|Install) "[^"]*" failed\b/.test(description)
}

/** Every text below a name that says that it is secret. */
function secretsIn(value: unknown, isSecret: boolean): readonly string[] {
  if (typeof value === 'string') return isSecret && value.length >= SHORTEST ? [value] : []
  if (Array.isArray(value)) return value.flatMap((item: unknown) => secretsIn(item, isSecret))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, inner]) => secretsIn(inner, isSecret || secretName.test(name)))
}
