import { digestPattern, longestReference, readImage } from './image.ts'
import { inKeyOrder } from './lists.ts'
import { components } from './replica.ts'

/**
 * What must arrive: declared with a rollout, or demanded by a question. All of it must, and nothing that is detected ever
 * changes it. Images and digests are by subject: a component, or `component/container`.
 */
export interface Expected {
  readonly images?: Readonly<Record<string, string>>
  /** Of each subject any one will do: an index of several architectures has many. */
  readonly digests?: Readonly<Record<string, readonly string[]>>
  /** Revision of the Helm release, a whole number. */
  readonly revision?: string
  /** Chart with its version, as Helm has it: `caracal-1.9.1`. */
  readonly chart?: string
  readonly appVersion?: string
}

/** What must arrive as it is written in options and parameters: `api=ghcr.io/acme/api:1.9.1`, `api=sha256:…`. */
export interface ExpectedWords {
  readonly image?: readonly string[]
  readonly digest?: readonly string[]
  readonly revision?: string
  readonly chart?: string
  readonly appVersion?: string
}

export type ExpectedField = keyof ExpectedWords

export interface ExpectedFault {
  readonly field: ExpectedField
  readonly value: string
  readonly allowed: string
}

/** Subjects that may be named, and digests of one of them. */
const most = { subjects: 40, digests: 20 }

const subjectAllowed = `COMPONENT or COMPONENT/CONTAINER before the =; components are ${components.join(', ')}`

/** What each field takes. */
export const expectedAllowed: Readonly<Record<ExpectedField, string>> = {
  image: `SUBJECT=REFERENCE with a tag or a digest, each subject once; ${subjectAllowed}`,
  digest: `SUBJECT=sha256: and 64 hexadecimal digits in lower case, up to ${most.digests} for a subject; ${subjectAllowed}`,
  revision: 'a revision of the Helm release: a whole number from 1',
  chart: 'a chart with its version, such as caracal-1.9.1',
  appVersion: '1 to 200 characters without spaces',
}

/** Reads what must arrive. Every fault is reported at once; undefined when nothing is expected. */
export function readExpected(words: ExpectedWords): {
  readonly expected?: Expected
  readonly faults: readonly ExpectedFault[]
} {
  const faults: ExpectedFault[] = []
  const images = new Map<string, string>()
  const digests = new Map<string, string[]>()
  const fault = (field: ExpectedField, value: string, allowed = expectedAllowed[field]) =>
    faults.push({ field, value, allowed })
  for (const text of words.image ?? []) {
    const [subject, value] = splitAt(text)
    const image = subject === undefined ? undefined : readImage(value)
    if (subject === undefined || image === undefined) fault('image', text)
    else if (image.tag === undefined && image.digest === undefined)
      fault(
        'image',
        text,
        `a tag or a digest in the reference, such as ${subject}=${value}:1.9.1`.slice(0, 200),
      )
    else if (images.has(subject) && images.get(subject) !== value)
      fault('image', text, `one image of ${subject}: ${images.get(subject)} was given before`)
    else images.set(subject, value)
  }
  for (const text of words.digest ?? []) {
    const [subject, value] = splitAt(text)
    const known = digests.get(subject ?? '') ?? []
    if (subject === undefined || !digestPattern.test(value) || known.length >= most.digests)
      fault('digest', text)
    else if (!known.includes(value)) digests.set(subject, [...known, value])
  }
  for (const [subject, value] of images) {
    const { digest } = readImage(value) ?? {}
    const listed = digests.get(subject)
    if (digest !== undefined && listed?.includes(digest) === false)
      fault('digest', listed.join(', '), `the digest of the image of ${subject} among them: ${digest}`)
  }
  if (images.size + digests.size > most.subjects)
    fault('image', `${images.size + digests.size} subjects`, `${most.subjects} at most`)
  const { revision, chart, appVersion } = words
  if (revision !== undefined && !/^[1-9]\d{0,9}$/.test(revision)) fault('revision', revision)
  if (chart !== undefined && !/^[A-Za-z0-9][\w.+-]{0,199}$/.test(chart)) fault('chart', chart)
  if (appVersion !== undefined && !/^[\x21-\x7e]{1,200}$/.test(appVersion)) fault('appVersion', appVersion)
  const expected: Expected = {
    ...(images.size > 0 && { images: inKeyOrder(images) }),
    ...(digests.size > 0 && {
      digests: inKeyOrder([...digests].map(([subject, list]) => [subject, list.toSorted()])),
    }),
    ...(revision !== undefined && { revision }),
    ...(chart !== undefined && { chart }),
    ...(appVersion !== undefined && { appVersion }),
  }
  return { faults, ...(Object.keys(expected).length > 0 && { expected }) }
}

/** Subject and value; no subject when it is none. */
function splitAt(text: string): readonly [string | undefined, string] {
  const [, subject = '', value = ''] = /^([^=]{1,120})=(.*)$/s.exec(text) ?? []
  const [, component] = /^([a-z]+)(?:\/[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)?$/.exec(subject) ?? []
  const isKnown = components.some((one) => one === component)
  return [isKnown && value.length <= longestReference ? subject : undefined, value]
}

/** What must arrive, as options and parameters write it. */
export function inExpectedWords({ images, digests, ...rest }: Expected): ExpectedWords {
  return {
    ...rest,
    image: Object.entries(images ?? {}).map(([subject, image]) => `${subject}=${image}`),
    digest: Object.entries(digests ?? {}).flatMap(([subject, list]) =>
      list.map((digest) => `${subject}=${digest}`),
    ),
  }
}

/** Each thing that must arrive by a name of its own, with what it must be. */
function itemsOf({ images, digests, ...rest }: Expected): ReadonlyMap<string, string> {
  const release = Object.entries(rest).map(([field, value]): [string, string] => [field, value])
  return new Map([
    ...Object.entries(images ?? {}).map(([subject, image]): [string, string] => [
      `image of ${subject}`,
      image,
    ]),
    ...Object.entries(digests ?? {}).map(([subject, list]): [string, string] => [
      `digest of ${subject}`,
      list.toSorted().join(', '),
    ]),
    ...release,
  ])
}

/** What `next` says otherwise than `known`, in words; empty when both can be meant. */
export function contradictionsIn(known: readonly Expected[], next: Expected): readonly string[] {
  const before = known.map(itemsOf)
  return [...itemsOf(next)].flatMap(([name, value]) => {
    const other = before.map((items) => items.get(name)).find((one) => one !== undefined && one !== value)
    return other === undefined ? [] : [`${name} was declared as ${other}`]
  })
}

/** Whether `next` says anything that `known` does not. */
export function saysMore(known: readonly Expected[], next: Expected): boolean {
  const said = known.map(itemsOf)
  return [...itemsOf(next)].some(([name, value]) => said.every((items) => items.get(name) !== value))
}

/** Both lists in one order, each entry once, so that replicas agree whichever heard it first. */
export function allExpected(one: readonly Expected[], other: readonly Expected[]): readonly Expected[] {
  const byText = new Map([...one, ...other].map((entry) => [JSON.stringify(entry), entry]))
  return [...byText].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry)
}
