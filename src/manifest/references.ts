import { objectAt, objectsAt, podSpecOf, textAt, type PlainObject } from './objects.ts'

/** A Secret that pods can't start without, unless it is optional. */
export interface SecretReference {
  readonly secret: string
  /** Absent when the Secret as a whole is meant. */
  readonly key?: string
  readonly optional: boolean
}

/**
 * Every Secret that the pods of a Deployment, StatefulSet or Job refer to: in environment variables, volumes and for
 * pulling images. One that is referred to twice in the same way is named once.
 */
export function secretReferences(workload: PlainObject): readonly SecretReference[] {
  const spec = podSpecOf(workload)
  const containers = [...objectsAt(spec, 'initContainers'), ...objectsAt(spec, 'containers')]
  const all = [
    ...containers.flatMap(ofContainer),
    ...objectsAt(spec, 'volumes').flatMap(ofVolume),
    ...objectsAt(spec, 'imagePullSecrets').map((entry) => reference(textAt(entry, 'name'), '', {})),
  ]
  const named = all.filter(({ secret }) => secret !== '')
  return [
    ...new Map(
      named.map((entry) => [`${entry.secret}\n${entry.key ?? ''}\n${entry.optional}`, entry]),
    ).values(),
  ]
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
  ]
}

/** The keys that a volume picks, or the whole Secret when it picks none. */
function ofItems(secret: string, source: PlainObject): readonly SecretReference[] {
  const items = objectsAt(source, 'items')
  if (items.length === 0) return [reference(secret, '', source)]
  return items.map((item) => reference(secret, textAt(item, 'key'), source))
}
