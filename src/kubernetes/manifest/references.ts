import { componentOf, nameOf, objectAt, objectsAt, podSpecOf, textAt, type PlainObject } from './objects.ts'

/** A Secret that pods can't start without, unless it is optional. */
export interface SecretReference {
  readonly secret: string
  /** Absent when the Secret as a whole is meant. */
  readonly key?: string
  readonly optional: boolean
}

/** What refers to Secrets: a component, or the name of an object that is part of none. */
export interface SecretUser {
  readonly name: string
  readonly references: readonly SecretReference[]
}

/** The objects that refer to Secrets, by their component. */
export function secretUsers(objects: readonly PlainObject[]): readonly SecretUser[] {
  return objects.flatMap((object) => {
    const references = secretReferences(object)
    return references.length === 0 ? [] : [{ name: componentOf(object) || nameOf(object), references }]
  })
}

/**
 * Every Secret that the pods of a workload, Job or CronJob refer to: in environment variables, volumes, their mounts and
 * for pulling images; of a ServiceAccount those that its pods pull images with. One that is referred to twice in the same
 * way is named once.
 */
export function secretReferences(object: PlainObject): readonly SecretReference[] {
  const spec = object['kind'] === 'ServiceAccount' ? object : podSpecOf(jobOf(object))
  const containers = [...objectsAt(spec, 'initContainers'), ...objectsAt(spec, 'containers')]
  const volumes = objectsAt(spec, 'volumes')
  const all = [
    ...containers.flatMap(ofContainer),
    ...volumes.flatMap(ofVolume),
    ...containers.flatMap((container) => ofMounts(container, volumes)),
    ...objectsAt(spec, 'imagePullSecrets').map((entry) => reference(textAt(entry, 'name'), '', {})),
  ]
  const named = all.filter(({ secret }) => secret !== '')
  return [
    ...new Map(
      named.map((entry) => [`${entry.secret}\n${entry.key ?? ''}\n${entry.optional}`, entry]),
    ).values(),
  ]
}

/** What a CronJob starts; anything else as it is. */
function jobOf(object: PlainObject): PlainObject {
  const job = objectAt(objectAt(object, 'spec'), 'jobTemplate')
  return 'spec' in job ? job : object
}

function reference(secret: string, key: string, { optional }: PlainObject): SecretReference {
  return { secret, ...(key !== '' && { key }), optional: optional === true }
}

function ofContainer(container: PlainObject): readonly SecretReference[] {
  const single = objectsAt(container, 'env').map((variable) =>
    objectAt(objectAt(variable, 'valueFrom'), 'secretKeyRef'),
  )
  const whole = objectsAt(container, 'envFrom').map((source) => objectAt(source, 'secretRef'))
  return [
    ...single.map((source) => reference(textAt(source, 'name'), textAt(source, 'key'), source)),
    ...whole.map((source) => reference(textAt(source, 'name'), '', source)),
  ]
}

function ofVolume(volume: PlainObject): readonly SecretReference[] {
  const own = objectAt(volume, 'secret')
  const projected = objectsAt(objectAt(volume, 'projected'), 'sources').map((source) =>
    objectAt(source, 'secret'),
  )
  return [
    ...ofItems(textAt(own, 'secretName'), own),
    ...projected.flatMap((source) => ofItems(textAt(source, 'name'), source)),
    ...ofDriver(volume),
  ]
}

/** The login of a storage driver, by the names that the API's sources of volumes have for it. */
function ofDriver({ secret: _, ...volume }: PlainObject): readonly SecretReference[] {
  return Object.keys(volume).flatMap((kind) => {
    const source = objectAt(volume, kind)
    const logins = ['nodePublishSecretRef', 'secretRef'].map((field) =>
      textAt(objectAt(source, field), 'name'),
    )
    return [...logins, textAt(source, 'secretName')].map((name) => reference(name, '', {}))
  })
}

/** A mount of one file of a Secret: without its key, the container can't be made. */
function ofMounts(container: PlainObject, volumes: readonly PlainObject[]): readonly SecretReference[] {
  return objectsAt(container, 'volumeMounts').flatMap((mount) => {
    const [key = ''] = textAt(mount, 'subPath').split('/')
    const volume = volumes.find(({ name }) => name === mount['name'])
    const source = volume === undefined ? {} : objectAt(volume, 'secret')
    if (key === '' || objectsAt(source, 'items').length > 0) return []
    return [reference(textAt(source, 'secretName'), key, source)]
  })
}

/** The keys that a volume picks, or the whole Secret when it picks none. */
function ofItems(secret: string, source: PlainObject): readonly SecretReference[] {
  const items = objectsAt(source, 'items')
  if (items.length === 0) return [reference(secret, '', source)]
  return items.map((item) => reference(secret, textAt(item, 'key'), source))
}
