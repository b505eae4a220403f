import { plain } from '../core/text.ts'
import { isObject, objectAt, textAt, type PlainObject } from './manifest/objects.ts'

/** A description is the text of an error, which may be long; as much as a line on a page takes. */
const LONGEST = 240

/** Below that a value stands in too many words, and is no secret that anybody chose. */
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

/** Whether Helm says that the revision failed. It goes on saying so when a failed rollback marks it as superseded. */
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
