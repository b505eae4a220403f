import { differences } from '../../../../src/kubernetes/manifest/differences.ts'
import type { PlainObject } from '../../../../src/kubernetes/manifest/objects.ts'
import { asServed, manifestOfApp } from './small-app.ts'

export const own = { ownedByAutoscaler: false }
export type Path = readonly (string | number)[]

/** A copy in which one value is another; undefined takes it away. */
export function changed(object: PlainObject, path: Path, value: unknown): PlainObject {
  const copy = structuredClone(object) as Record<string | number, unknown>
  let inner = copy
  for (const step of path.slice(0, -1)) inner = inner[step] as Record<string | number, unknown>
  const last = path.at(-1) ?? ''
  if (value === undefined && Array.isArray(inner)) inner.splice(Number(last), 1)
  else if (value === undefined) delete inner[last]
  else inner[last] = value
  return copy
}

export const pod: Path = ['spec', 'template', 'spec']
export const container: Path = [...pod, 'containers', 0]
export const env: Path = [...container, 'env']

/** Differences after somebody changed the live StatefulSet, as `path: expected -> actual`. */
export function drift(path: Path, value: unknown, manifest = manifestOfApp): readonly string[] {
  const live = changed(asServed(manifest), path, value)
  return differences(manifest, live, own).map(
    (difference) => `${difference.path}: ${difference.expected} -> ${difference.actual}`,
  )
}

function valueAt(object: PlainObject, path: Path): unknown {
  return path.reduce<unknown>((inner, step) => (inner as Record<string | number, unknown>)[step], object)
}

export function reversed(path: Path): unknown {
  return (valueAt(asServed(manifestOfApp), path) as unknown[]).toReversed()
}

/** The places of all scalars. */
export function leaves(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return value === null ? [] : [path]
  return Object.entries(value).flatMap(([name, inner]) =>
    leaves(inner, [...path, Array.isArray(value) ? Number(name) : name]),
  )
}

/** As far as a path goes in the live object, where empty fields are gone. */
export function existing(path: Path): Path {
  let inner: unknown = asServed(manifestOfApp)
  const length = path.findIndex((step) => {
    inner =
      typeof inner === 'object' && inner !== null
        ? (inner as Record<string | number, unknown>)[step]
        : undefined
    return inner === undefined
  })
  return length < 0 ? path : path.slice(0, length + 1)
}

/** Identity is what an object was found by, and what stands for the default may be anything. */
export function isCompared(path: Path): boolean {
  const value = valueAt(manifestOfApp, path)
  const isIdentity = path.length < 3 && path[0] !== 'spec'
  const isDefault = ['imagePullPolicy', 'timeoutSeconds'].includes(String(path.at(-1)))
  return !isIdentity && !isDefault && value !== ''
}
