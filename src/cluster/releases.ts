import type { Blindness } from '../core/observation.ts'
import { labelOf, objectAt, textAt, type PlainObject } from '../manifest/objects.ts'
import { releaseContent } from './helm-release.ts'
import type { ReleaseContent, ReleaseSecret } from './model.ts'
import { identityOf, versionOf } from './objects.ts'

/** A release Secret before it is read; reading each of them would cost more than all else together. */
export interface SealedRelease extends Omit<ReleaseSecret, 'content'> {
  /** What Helm stored, as the API server gives it. */
  readonly data: string
  readonly version: number
}

/** Statuses of a revision that was rolled out once. */
const rolledOut = new Set(['deployed', 'superseded'])

/** Of revisions that were rolled out, the newest are read: the one in force, and one to go back to. */
const READ = 2

const unread: Blindness = {
  unknownReason: 'not_configured',
  reason: 'not_read',
  message: 'only the newest revision and those that it could be gone back to are read',
}

export function reduceRelease(object: PlainObject): SealedRelease | undefined {
  const identity = identityOf(object)
  const revision = Number(labelOf(object, 'version'))
  if (identity === undefined || !Number.isSafeInteger(revision) || revision < 1) return undefined
  return {
    ...identity,
    revision,
    status: labelOf(object, 'status') || 'unknown',
    data: textAt(objectAt(object, 'data'), 'release'),
    version: versionOf(object),
  }
}

/** Reads the newest of them; each once. */
export function openReleases(): (sealed: readonly SealedRelease[]) => readonly ReleaseSecret[] {
  const contents = new WeakMap<SealedRelease, ReleaseContent | Blindness>()
  return (sealed) => {
    const [latest, ...earlier] = sealed.toSorted((a, b) => b.revision - a.revision)
    const candidates = earlier.filter(({ status }) => rolledOut.has(status)).slice(0, READ)
    const newest = new Set([latest, ...candidates])
    return sealed.map((release) => {
      const { data, version: _, ...rest } = release
      if (!newest.has(release)) return { ...rest, content: unread }
      const content = contents.get(release) ?? releaseContent(data)
      contents.set(release, content)
      return { ...rest, content }
    })
  }
}
