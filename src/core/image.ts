/** What a reference to a container image says, by the grammar of the distribution specification. */
export interface ImageReference {
  /** Last part of the repository's path: it is what a mirror of the registry keeps. */
  readonly name: string
  /** Absent where the reference has a digest alone. */
  readonly tag?: string
  readonly digest?: string
}

export const digestPattern = /^sha256:[0-9a-f]{64}$/

const part = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
/** A host is known by a dot, a port or `localhost`; what else stands before the first slash is a path. */
const host =
  '(?:localhost|[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+|[A-Za-z0-9-]+(?=:[0-9])|\\[[0-9a-fA-F:]+\\])(?::[0-9]{1,5})?'
const reference = new RegExp(
  `^(?:${host}/)?(?:${part}/)*(?<name>${part})(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$`,
)

/** Longest reference that is read, in characters. */
export const longestReference = 300

/** Reads a reference; undefined when it is none. A registry's host and port are part of it, and never a tag. */
export function readImage(text: string): ImageReference | undefined {
  if (text.length > longestReference) return undefined
  const { name, tag, digest } = reference.exec(text)?.groups ?? {}
  if (name === undefined) return undefined
  return { name, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) }
}

/** The reference as a container runtime takes it: without tag and digest the tag is `latest`. */
export function pulledAs(image: ImageReference): ImageReference {
  return image.tag === undefined && image.digest === undefined ? { ...image, tag: 'latest' } : image
}

/**
 * Whether two references can mean one image: a mirror keeps name and tag, and what resolves a tag adds a digest. Only
 * what both say is compared.
 */
export function canBeOne(one: ImageReference, other: ImageReference): boolean {
  const isAlike = (a: string | undefined, b: string | undefined) =>
    a === undefined || b === undefined || a === b
  return one.name === other.name && isAlike(one.tag, other.tag) && isAlike(one.digest, other.digest)
}

/**
 * What a container status reports as `imageID`. `content` is the digest that the image was pulled by: of a manifest, or of
 * an index of several architectures. `configuration` is the image's own id, which is all that a runtime knows of an image
 * that was loaded into it; no registry knows that.
 */
export interface ImageId {
  readonly kind: 'content' | 'configuration'
  readonly digest: string
}

/** Reads `docker-pullable://repo@sha256:…`, `repo@sha256:…`, `docker://sha256:…` and `sha256:…`; undefined for all else. */
export function readImageId(text: string): ImageId | undefined {
  const [, digest] = /(?:^|@|:\/\/)(sha256:[0-9a-f]{64})$/.exec(text) ?? []
  if (digest === undefined) return undefined
  return { kind: text.includes('@') ? 'content' : 'configuration', digest }
}

/** A digest as a person reads it. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12)
}
