import { workloadDrift } from '../rules/signals.ts'
import type { Autoscaler, Cluster, Kinds, ReleaseContent, ReleaseSecret } from '../kubernetes/model.ts'
import { read } from '../core/signal.ts'
import { differences, type Difference } from '../kubernetes/manifest/differences.ts'
import {
  componentOf,
  labelOf,
  nameOf,
  objectAt,
  textAt,
  type PlainObject,
} from '../kubernetes/manifest/objects.ts'
import { ABSENT, DIFFERS } from '../kubernetes/manifest/masking.ts'
import { ProbeError, blindLook, type Look } from './probe.ts'
import { seenNow } from './cluster-watch.ts'

/** Kept free for what else stands in a message, which is cut at 300 characters. */
const DETAIL_LIMIT = 240

/** What is different about one object; `name` is as `Deployment/api`. */
interface Drift {
  readonly component: string
  readonly name: string
  readonly fields: readonly string[]
}

/**
 * How many fields of the live objects of each component differ from the manifest of a release.
 *
 * Compared are Deployments, StatefulSets and Services in every field that the manifest sets; of autoscalers whether they
 * exist and what they scale. Other kinds are not read from the cluster and not compared, nor are objects without the
 * label `app.kubernetes.io/instance` of the release or in another namespace. An object without the label
 * `app.kubernetes.io/component` counts by its name.
 */
export function driftOf(
  { name, content }: ReleaseSecret & { readonly content: ReleaseContent },
  cluster: Cluster,
): Look {
  try {
    const live = liveObjects(cluster)
    const drifts = content.objects
      .filter(isWatched(releaseOf(name), live))
      .map((object) => drift(object, content, live))
    const components = Map.groupBy(drifts, ({ component }) => component)
    return { readings: [...components].map(([component, own]) => reading(component, own)) }
  } catch (fault) {
    if (!(fault instanceof ProbeError)) throw fault
    return blindLook([workloadDrift], {}, fault)
  }
}

function reading(component: string, drifts: readonly Drift[]): Look['readings'][number] {
  const changed = drifts.filter(({ fields }) => fields.length > 0)
  const count = changed.reduce((sum, { fields }) => sum + fields.length, 0)
  return read(workloadDrift, { component }, count, count === 0 ? undefined : listed(changed))
}

/** As many as a message has room for, and how many more there are. */
function listed(drifts: readonly Drift[]): string {
  const all = drifts.flatMap(({ name, fields }) => fields.map((field) => `${name} ${field}`))
  const [first = '', ...rest] = all
  let text = first
  for (const [index, next] of rest.entries()) {
    if (text.length + next.length > DETAIL_LIMIT) return `${text}; and ${rest.length - index} more`
    text += `; ${next}`
  }
  return text
}

interface Live {
  /** By kind and name, as `Service/api`. */
  readonly sources: ReadonlyMap<string, PlainObject>
  readonly autoscalers: readonly Autoscaler[]
  /** The namespace of the release; undefined when it holds nothing. */
  readonly namespace: string | undefined
}

/** @throws ProbeError when a kind that is compared can't be seen */
function liveObjects(cluster: Cluster): Live {
  const workloads: readonly Kinds['workloads'][] = seenNow(cluster, 'workloads')
  const sources = new Map<string, PlainObject>()
  for (const { kind, name, source } of workloads) sources.set(`${kind}/${name}`, source)
  for (const { name, source } of seenNow(cluster, 'services')) sources.set(`Service/${name}`, source)
  const [any = {}] = sources.values()
  const namespace = textAt(objectAt(any, 'metadata'), 'namespace')
  return {
    sources,
    autoscalers: seenNow(cluster, 'autoscalers'),
    namespace: namespace === '' ? undefined : namespace,
  }
}

/** The name of the release by the name of its Secret, `sh.helm.release.v1.<name>.v<revision>`. */
function releaseOf(secret: string): string {
  return secret.replace(/^sh\.helm\.release\.v1\./, '').replace(/\.v\d+$/, '')
}

const AUTOSCALER = 'HorizontalPodAutoscaler'
const compared = new Set(['Deployment', 'StatefulSet', 'Service', AUTOSCALER])

/** Whether the cluster's watches would show an object of the manifest if it were there. */
function isWatched(release: string, { namespace }: Live): (object: PlainObject) => boolean {
  return (object) => {
    const own = textAt(objectAt(object, 'metadata'), 'namespace')
    return (
      compared.has(textAt(object, 'kind')) &&
      labelOf(object, 'app.kubernetes.io/instance') === release &&
      (own === '' || namespace === undefined || own === namespace)
    )
  }
}

function drift(object: PlainObject, { objects }: ReleaseContent, live: Live): Drift {
  const kind = textAt(object, 'kind')
  const name = `${kind}/${nameOf(object)}`
  const component = componentOf(object) || nameOf(object)
  const fields = kind === AUTOSCALER ? ofAutoscaler(object, live) : ofObject(object, name, objects, live)
  return { component, name, fields: fields ?? ['is missing'] }
}

interface ScaleTarget {
  readonly kind: string
  readonly name: string
}

function scaledBy(autoscaler: PlainObject): ScaleTarget {
  const target = objectAt(objectAt(autoscaler, 'spec'), 'scaleTargetRef')
  return { kind: textAt(target, 'kind'), name: textAt(target, 'name') }
}

/** Undefined when it does not exist. */
function ofAutoscaler(object: PlainObject, { autoscalers }: Live): readonly string[] | undefined {
  const live = autoscalers.find(({ name }) => name === nameOf(object))
  if (live === undefined) return undefined
  const expected = scaledBy(object)
  const isSame = live.target.kind === expected.kind && live.target.name === expected.name
  return isSame
    ? []
    : [`scales ${live.target.kind}/${live.target.name} instead of ${expected.kind}/${expected.name}`]
}

interface Compared {
  readonly manifest: PlainObject
  readonly ownedByAutoscaler: boolean
  readonly fields: readonly string[]
}

// Objects never change: another version of one is another object. Most looks find nothing that is new.
const known = new WeakMap<PlainObject, Compared>()

/** Undefined when it does not exist. */
function ofObject(
  manifest: PlainObject,
  name: string,
  objects: readonly PlainObject[],
  { sources, autoscalers }: Live,
): readonly string[] | undefined {
  const source = sources.get(name)
  if (source === undefined) return undefined
  const targets = [
    ...autoscalers.map(({ target }) => target),
    ...objects.filter((object) => object['kind'] === AUTOSCALER).map(scaledBy),
  ]
  const ownedByAutoscaler = targets.some((target) => `${target.kind}/${target.name}` === name)
  const before = known.get(source)
  if (before?.manifest === manifest && before.ownedByAutoscaler === ownedByAutoscaler) return before.fields
  const fields = differences(manifest, source, { ownedByAutoscaler }).map(inWords)
  known.set(source, { manifest, ownedByAutoscaler, fields })
  return fields
}

function inWords({ path, expected, actual }: Difference): string {
  if (expected === ABSENT) return `${path} was added`
  if (actual === ABSENT)
    return expected === DIFFERS ? `${path} is missing` : `${path} is missing, it should be ${expected}`
  return expected === DIFFERS ? `${path} differs` : `${path} is ${actual} instead of ${expected}`
}
