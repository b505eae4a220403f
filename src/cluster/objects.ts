import type { Instant } from '../core/time.ts'
import { componentOf, nameOf, objectAt, textAt, type PlainObject } from '../manifest/objects.ts'
import type { Identity } from './model.ts'

// Reading what the API server sent, without trusting any of it: what is missing or of another type reads as nothing.

/** Undefined for what has no name or no uid: nobody could say what it is. */
export function identityOf(object: PlainObject): Identity | undefined {
  const metadata = objectAt(object, 'metadata')
  const name = nameOf(object)
  const uid = textAt(metadata, 'uid')
  if (name === '' || uid === '') return undefined
  return {
    name,
    uid,
    component: componentOf(object),
    createdAt: instantAt(metadata, 'creationTimestamp') ?? 0,
  }
}

/** By the clock of the API server. */
export function instantAt(object: PlainObject, field: string): Instant | undefined {
  const at = Date.parse(textAt(object, field))
  return Number.isFinite(at) ? at : undefined
}

/** A count; 0 for anything that is none. */
export function countAt(object: PlainObject, field: string): number {
  const value = object[field]
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0
}

/** The uid of whoever controls the object. */
export function controllerOf(object: PlainObject): string | undefined {
  const references = objectAt(object, 'metadata')['ownerReferences']
  const owners: readonly unknown[] = Array.isArray(references) ? references : []
  for (const owner of owners)
    if (typeof owner === 'object' && owner !== null && 'controller' in owner && owner.controller === true) {
      const uid = textAt(owner as PlainObject, 'uid')
      if (uid !== '') return uid
    }
  return undefined
}

/** Number that the API server gives each change of an object; -1 when it gives none. */
export function versionOf(object: PlainObject): number {
  const version = Number(textAt(objectAt(object, 'metadata'), 'resourceVersion') || Number.NaN)
  return Number.isFinite(version) ? version : -1
}
