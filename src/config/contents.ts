import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import * as z from 'zod'
import { about, coded, evenIfFaulty } from './fields.ts'
import { readProblem, type ReadFile } from './files.ts'
import { REDACTED, Secret } from './secret.ts'
import { shownFields } from './shown.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Where the texts are that a configuration refers to. */
export interface Places {
  readonly readFile: ReadFile
  readonly environment: Environment
  /** Nothing that the configuration refers to is read: neither a file nor a variable that holds a secret. */
  readonly syntaxOnly?: boolean
  /** Of that only what is no secret and no certificate is read: nothing is judged by those. */
  readonly withoutSecrets?: boolean
}

/** What is wrong with the content of a file or variable, in words that do not quote it. */
class Unusable extends Error {}

/** A kind of content: what is held of the text of a file or variable, and what is shown of that. */
interface Content<Held> {
  readonly allowed: string
  /** Takes the trimmed text. @throws Unusable */
  readonly hold: (text: string) => Held
  readonly show: (held: Held) => unknown
  /** What is held in place of a text that was not read; nothing is found wrong with it. */
  readonly unread: () => Held
  /** Whether it is neither a secret nor a certificate. */
  readonly isPlain?: true
}

interface FileContent<Held> extends Content<Held> {
  /** What the key itself must be. */
  readonly path: string
}

export const certificate: FileContent<string> = {
  path: 'the path of a PEM file with certificates',
  allowed: 'a readable PEM file with certificates',
  hold(text) {
    usable(() => new X509Certificate(text), 'which holds no certificate')
    return text
  },
  show: () => '<certificate>',
  unread: () => '',
}

export const privateKey: FileContent<Secret> = {
  path: 'the path of a PEM file with a private key',
  allowed: 'a readable PEM file with a private key that needs no passphrase',
  hold(text) {
    usable(() => createPrivateKey(text), 'which holds no usable private key')
    return new Secret(text)
  },
  show: () => REDACTED,
  unread: () => new Secret(''),
}

/** Blank lines and those that begin with # say nothing. */
export const lines: FileContent<readonly string[]> = {
  path: 'the path of a text file',
  allowed: 'a readable file with one version a line',
  hold: (text) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#')),
  show: (held) => held,
  unread: () => [],
  isPlain: true,
}

export const password: Content<Secret> = {
  allowed: 'a file or variable that holds one secret on one line',
  hold(text) {
    if (/[\u0000-\u001f\u007f]/.test(text)) throw new Unusable('which holds more than one line of text')
    return new Secret(text)
  },
  show: () => REDACTED,
  // No two are the same: which of them are is not known.
  unread: () => new Secret(randomUUID()),
}

/** A secret that travels in an Authorization header. */
export const bearer: Content<Secret> = {
  ...password,
  hold(text) {
    const secret = password.hold(text)
    if (!/^[\u0021-\u007e]+$/.test(text))
      throw new Unusable('which holds characters that no HTTP header can carry')
    return secret
  },
}

/** Of a random token, 80 bits even if it is written in the letters of base32: too many to guess. */
const SHORTEST_TOKEN = 16

/** A bearer that opens the exporter; the platform's own secrets are as they are. */
export const token: Content<Secret> = {
  ...bearer,
  allowed: `a file or variable that holds one token on one line, of at least ${SHORTEST_TOKEN} characters`,
  hold(text) {
    const secret = bearer.hold(text)
    if (text.length < SHORTEST_TOKEN)
      throw new Unusable(`which holds fewer than ${SHORTEST_TOKEN} characters`)
    return secret
  },
}

function usable(parse: () => unknown, otherwise: string): void {
  try {
    parse()
  } catch {
    throw new Unusable(otherwise)
  }
}

/** Reads now, or notes why that is not possible; `path` leads from the key to the reference. */
async function contentOf<Held>(
  { hold, allowed }: Content<Held>,
  read: () => string | Promise<string>,
  path: readonly string[],
  issues: z.core.$ZodRawIssue[],
): Promise<Held> {
  try {
    const text = (await read()).trim()
    if (text === '') throw new Unusable('which is empty')
    return hold(text)
  } catch (error) {
    const problem = error instanceof Unusable ? error.message : readProblem(error)
    issues.push({ code: 'custom', path: [...path], message: allowed, params: { problem }, input: path })
    return z.NEVER
  }
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Unusable('which is not UTF-8')
  }
}

const SECRET_ALLOWED =
  'exactly one of { file: <path> } and { env: <NAME> }; a secret is never written into the configuration'

const reference = z.union(
  [
    z.strictObject({ file: z.string().min(1).describe('Path of a file that holds nothing else.') }),
    z.strictObject({
      env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
        .describe('Name of an environment variable.'),
    }),
  ],
  { error: SECRET_ALLOWED },
)

/** Makes the fields that refer to a file or variable and hold what is there. */
export function contentFields({ readFile, environment, syntaxOnly = false, withoutSecrets = false }: Places) {
  const held: typeof contentOf = (content, ...rest) =>
    syntaxOnly || (withoutSecrets && content.isPlain !== true)
      ? Promise.resolve(content.unread())
      : contentOf(content, ...rest)

  async function textOf(path: string): Promise<string> {
    return decoded(await readFile(path))
  }

  function variable(name: string): string {
    const text = environment[name]
    if (text === undefined) throw new Unusable('which is not set')
    return text
  }

  /** The path of a file whose content becomes part of the configuration. */
  function file<Held>(description: string, content: FileContent<Held>) {
    const error = content.path
    return z
      .codec(z.string({ error }).min(1, { error }), z.custom<Held>(), {
        decode: (path, { issues }) => held(content, () => textOf(path), [], issues),
        encode: (value) => content.show(value as Held) as string,
      })
      .meta(about(description, error, 'file'))
  }

  /** The place of a secret. The secret itself is never part of the configuration. */
  function secret(description: string, content: Content<Secret>) {
    return z
      .codec(reference, z.instanceof(Secret), {
        decode: (place, { issues }) =>
          'file' in place
            ? held(content, () => textOf(place.file), ['file'], issues)
            : held(content, () => variable(place.env), ['env'], issues),
        encode: () => REDACTED as never,
      })
      .meta(about(description, SECRET_ALLOWED, 'secret'))
  }

  return { file, secret }
}

export type ContentFields = ReturnType<typeof contentFields>

type Contents<Fields> = {
  [Key in keyof Fields as Key extends `${infer Name}File` ? Name : Key]: Fields[Key]
}

/** A mapping that holds the contents of its files under their names: `caFile` gives `ca`. */
export function withContents<Shape extends z.ZodRawShape>(wire: z.ZodObject<Shape, z.core.$strict>) {
  return coded(
    wire,
    (written) =>
      Object.fromEntries(
        Object.entries(written).map(([key, value]) => [key.replace(/File$/, ''), value]),
      ) as Contents<z.output<typeof wire>>,
    (held) => shownFields(wire.shape, held),
  )
}

/** Files of TLS, of which a key must belong to its certificate. */
export function tlsFiles<Shape extends z.ZodRawShape>(wire: z.ZodObject<Shape, z.core.$strict>) {
  return withContents(wire.superRefine(keyOfCertificate, evenIfFaulty))
}

function keyOfCertificate(written: object, context: z.RefinementCtx): void {
  const { certFile: cert, keyFile: key } = written as Record<string, unknown>
  if (typeof cert !== 'string' || cert === '' || !(key instanceof Secret)) return
  try {
    createSecureContext({ cert, key: key.reveal() })
  } catch {
    const params = { says: 'does not belong to the certificate of certFile' }
    context.addIssue({ code: 'custom', path: ['keyFile'], message: 'the key of the certificate', params })
  }
}
