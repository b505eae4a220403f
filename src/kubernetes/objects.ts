import type { Instant } from '../core/time.ts'
import { plain } from '../core/text.ts'
import { componentOf, nameOf, objectAt, objectsAt, textAt, type PlainObject } from './manifest/objects.ts'
import type { Identity } from './model.ts'

// Reading what the API server sent, without trusting any of it: what is missing or of another type reads as nothing.

/** Longest text of a kubelet or controller that is kept. */
const MESSAGE_LIMIT = 200

/** Undefined for what lacks a name, a uid or the time of its making, which the API server gives to every object. */
export function identityOf(object: PlainObject): Identity | undefined {
  const metadata = objectAt(object, 'metadata')
  const name = nameOf(object)
  const uid = textAt(metadata, 'uid')
  const createdAt = instantAt(metadata, 'creationTimestamp')
  if (name === '' || uid === '' || createdAt === undefined) return undefined
  return { name, uid, component: componentOf(object), createdAt }
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

/** The uid of what controls the object, and its kind and name as `Deployment/caracal-api`; empty where nothing does. */
export function controllerOf(object: PlainObject): { readonly owner?: string; readonly ownedBy?: string } {
  const owners = objectsAt(objectAt(object, 'metadata'), 'ownerReferences')
  const controller = owners.find((owner) => owner['controller'] === true) ?? {}
  const [owner, kind, name] = ['uid', 'kind', 'name'].map((field) => textAt(controller, field))
  return owner === undefined || owner === '' ? {} : { owner, ownedBy: bounded(`${kind}/${name}`) }
}

/** The uid; empty when there is none. Of what has neither that nor a name, no later event could be told. */
export function uidOf(object: PlainObject): string {
  return textAt(objectAt(object, 'metadata'), 'uid')
}

/** Number that the API server gives each change of an object, counting up over all objects; -1 when it gives none. */
export function versionOf(object: PlainObject): number {
  return versionNumber(textAt(objectAt(object, 'metadata'), 'resourceVersion'))
}

export function versionNumber(version: string): number {
  return /^\d{1,15}$/.test(version) ? Number(version) : -1
}

/** Whether a version comes after another. Where that can't be told, what arrives later is. */
export function isLater(version: number, than: number): boolean {
  return version < 0 || than < 0 || version > than
}

/** Text of a kubelet or controller, on one line and not too long. */
export function bounded(text: string): string {
  return plain(text, MESSAGE_LIMIT)
}
