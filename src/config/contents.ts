import { createPrivateKey, X509Certificate } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { said, shown, wrong, type Fault } from './faults.ts'
import type { Key } from './keys.ts'
import { readProblem, type ReadFile } from './read.ts'
import type { Environment } from './overlay.ts'
import { at, pathText, type Path, type Tree } from './tree.ts'
import type { Locate } from './validate.ts'

export interface Contents {
  /** Text of a secret or file by the path of its key, e.g. `redis.password`. */
  readonly texts: ReadonlyMap<string, string>
  readonly faults: readonly Fault[]
}

interface Subject {
  readonly tree: Tree
  readonly locate: Locate
  /** The configuration file that relative paths start from; those from outside it start from the working folder. */
  readonly file: string | undefined
  readonly environment: Environment
  readonly readFile: ReadFile
}

/** A fault in what a reference leads to, in words that do not quote it. */
class Unusable extends Error {}

/** Reads everything that the configuration refers to, whatever else may be wrong with it. */
export async function readContents(keys: readonly Key[], subject: Subject): Promise<Contents> {
  const texts = new Map<string, string>()
  const faults: Fault[] = []
  for (const key of keys) {
    if (key.kind !== 'secret' && key.kind !== 'file') continue
    for (const path of placesOf(subject.tree, key.path)) {
      const reference = referenceAt(subject, key, path)
      if (reference === undefined) continue
      const found = await contentOf(subject, key, reference)
      if (typeof found === 'string') texts.set(pathText(path), found)
      else faults.push(found)
    }
  }
  return { texts, faults: [...faults, ...mismatches(subject, texts)] }
}

/** Where a key stands: once for each item of the lists on its way. */
function placesOf(tree: Tree, path: readonly string[]): readonly Path[] {
  const star = path.indexOf('*')
  if (star < 0) return at(tree, path) === undefined ? [] : [path]
  const list = at(tree, path.slice(0, star))
  if (!Array.isArray(list)) return []
  return list.flatMap((item: unknown, index) =>
    placesOf({ item }, ['item', ...path.slice(star + 1)]).map((place) => [
      ...path.slice(0, star),
      index,
      ...place.slice(1),
    ]),
  )
}

interface Reference {
  readonly path: Path
  readonly file?: string
  readonly variable?: string
}

function referenceAt(subject: Subject, key: Key, path: Path): Reference | undefined {
  const place = key.kind === 'secret' ? [...path, 'file'] : path
  const file = at(subject.tree, place)
  const variable = key.kind === 'secret' ? at(subject.tree, [...path, 'env']) : undefined
  if (typeof file === 'string' && file !== '' && variable === undefined)
    return { path: place, file: fromFolder(subject, place, file) }
  if (typeof variable === 'string' && variable !== '' && file === undefined)
    return { path: [...path, 'env'], variable }
  return undefined
}

/** A path that the configuration file names, as seen from the folder of that file. */
export function fromFolder(subject: Pick<Subject, 'file' | 'locate'>, place: Path, path: string): string {
  const { file, locate } = subject
  return file !== undefined && locate(place)?.startsWith(`${file}:`) === true
    ? resolve(dirname(file), path)
    : path
}

async function contentOf(subject: Subject, key: Key, reference: Reference): Promise<string | Fault> {
  const { path, file, variable } = reference
  try {
    if (variable !== undefined) {
      const value = subject.environment[variable]
      if (value === undefined) throw new Unusable('which is not set')
      return usable(key, value)
    }
    const bytes = await subject.readFile(file ?? '')
    return usable(key, decoded(bytes))
  } catch (error) {
    const about = { path, location: subject.locate(path), allowed: allowedContent(key) }
    return wrong(about, `${shown(file ?? variable)}, ${problemOf(error)}`)
  }
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Unusable('which is not UTF-8')
  }
}

function problemOf(error: unknown): string {
  if (error instanceof Unusable) return error.message
  return readProblem(error)
}

function allowedContent(key: Key): string {
  if (key.content === 'certificate') return 'a readable PEM file with certificates'
  if (key.content === 'key') return 'a readable PEM file with a private key that needs no passphrase'
  if (key.content === 'lines') return 'a readable file with one version a line'
  if (isToken(key))
    return `a file or variable that holds one token on one line, of at least ${SHORTEST_TOKEN} characters`
  return 'a file or variable that holds one secret on one line'
}

/** What a reference led to, trimmed and looked at. */
function usable(key: Key, content: string): string {
  const text = content.trim()
  if (text === '') throw new Unusable('which is empty')
  if (key.content === 'certificate') parsed(() => new X509Certificate(text), 'which holds no certificate')
  else if (key.content === 'key') parsed(() => createPrivateKey(text), 'which holds no usable private key')
  else if (key.kind === 'secret') {
    if (/[\u0000-\u001f\u007f]/.test(text)) throw new Unusable('which holds more than one line of text')
    // All secrets but passwords travel in an Authorization header.
    if (key.path.at(-1) !== 'password' && !/^[\u0021-\u007e]+$/.test(text))
      throw new Unusable('which holds characters that no HTTP header can carry')
    if (isToken(key) && text.length < SHORTEST_TOKEN)
      throw new Unusable(`which holds fewer than ${SHORTEST_TOKEN} characters`)
  }
  return text
}

/** Of a random token, 80 bits even if it is written in the letters of base32: nobody guesses it. */
const SHORTEST_TOKEN = 16

/** Whether it opens the exporter; the platform's own secrets are as they are. */
function isToken({ path }: Key): boolean {
  return path[0] === 'tokens' || path.includes('readTokens')
}

function parsed(parse: () => unknown, otherwise: string): void {
  try {
    parse()
  } catch {
    throw new Unusable(otherwise)
  }
}

/** Keys that do not belong to their certificates, and tokens that are the same. */
function mismatches(subject: Subject, texts: ReadonlyMap<string, string>): readonly Fault[] {
  const faults: Fault[] = []
  for (const parent of ['redis.tls', 'postgres.tls', 'http.tls']) {
    const [cert, key] = [texts.get(`${parent}.certFile`), texts.get(`${parent}.keyFile`)]
    if (cert === undefined || key === undefined || belongTogether(cert, key)) continue
    const path = [...parent.split('.'), 'keyFile']
    const about = { path, location: subject.locate(path), allowed: 'the key of the certificate' }
    faults.push(said(about, `${pathText(path)} does not belong to the certificate of certFile`))
  }
  const seen = new Map<string, string>()
  for (const [place, text] of texts) {
    if (!/^tokens\.\d+\.token$/.test(place)) continue
    const first = seen.get(text)
    if (first === undefined) seen.set(text, place)
    else {
      const path = place.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part))
      const about = { path, location: subject.locate(path), allowed: 'a token of its own for each name' }
      faults.push(said(about, `${place} is the same token as ${first}`))
    }
  }
  return faults
}

function belongTogether(cert: string, key: string): boolean {
  try {
    createSecureContext({ cert, key })
    return true
  } catch {
    return false
  }
}
