import { promises } from 'node:fs'
import { codeOf } from '../core/text.ts'
import { inExpectedWords } from '../core/expected.ts'
import { UsageError, valueOf, type Given } from './arguments.ts'
import type { Demands } from './answer.ts'
import { defaultUrl } from './command.ts'
import type { Endpoint } from './http.ts'
import type { CliProcess } from './process.ts'
import { printable } from './text.ts'

/** Where to ask, from flags and environment. A file that cannot be read is a fault now rather than at each request. */
export async function endpointFrom(given: Given, env: CliProcess['env']): Promise<Endpoint> {
  const url = addressFrom(valueOf(given, 'url') ?? nonEmpty(env['CARACAL_GATE_URL']) ?? defaultUrl)
  const caFile = valueOf(given, 'ca-file')
  if (caFile !== undefined && url.protocol !== 'https:')
    throw new UsageError('--ca-file is for an https address, and this one is http')
  const ca = caFile === undefined ? undefined : await textOf(caFile, '--ca-file')
  if (ca?.includes('-----BEGIN CERTIFICATE-----') === false)
    throw new UsageError('--ca-file holds no PEM certificate')
  const token = tokenFrom(valueOf(given, 'token-file'), nonEmpty(env['CARACAL_GATE_TOKEN']))
  try {
    await token()
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
  return { url, token, ...(ca !== undefined && { ca }) }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function addressFrom(text: string): URL {
  const wanted = 'allowed: http:// or https:// with host, port and path, such as http://127.0.0.1:9465'
  const url = URL.parse(text)
  // Nothing of an address with a password in it is repeated.
  if (url !== null && (url.username !== '' || url.password !== ''))
    throw new UsageError('the address holds a user or password; give a token with --token-file instead')
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new UsageError(`the address is "${printable(text, 80)}"; ${wanted}`)
  if (url.search !== '' || url.hash !== '')
    throw new UsageError(`the address has a query or fragment; ${wanted}`)
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}

function tokenFrom(file: string | undefined, value: string | undefined): () => Promise<string | undefined> {
  if (file !== undefined) return async () => headerSafe(await textOf(file, '--token-file'), '--token-file')
  return async () => (value === undefined ? undefined : headerSafe(value, 'CARACAL_GATE_TOKEN'))
}

function headerSafe(text: string, where: string): string {
  const token = text.trim()
  if (!/^[\x21-\x7e]{1,4096}$/.test(token))
    throw new UsageError(`${where} does not hold one token on one line`)
  return token
}

async function textOf(file: string, option: string): Promise<string> {
  try {
    return await promises.readFile(file, 'utf8')
  } catch (error) {
    const code = codeOf(error) ?? 'no access'
    throw new UsageError(`${option}: ${printable(file, 200)} cannot be read (${code})`)
  }
}

/** The path of a question about the verdict. */
export function pathOf(demands: Demands, poll?: { readonly wait: number; readonly index: string }): string {
  const query = new URLSearchParams()
  if (demands.rollout !== undefined) query.set('rollout', demands.rollout)
  if (demands.steady !== undefined) query.set('steady', `${demands.steady}ms`)
  if (demands.maxAge !== undefined) query.set('maxAge', `${demands.maxAge}ms`)
  if (demands.phase !== undefined) query.set('phase', demands.phase)
  for (const [name, value] of wordsOf(demands)) query.append(name, value)
  if (poll !== undefined) {
    query.set('wait', `${Math.floor(poll.wait)}ms`)
    query.set('index', poll.index)
  }
  return query.size === 0 ? 'gates' : `gates?${query.toString()}`
}

function wordsOf({ expected = {} }: Demands): readonly (readonly [string, string])[] {
  return Object.entries(inExpectedWords(expected)).flatMap(([name, given]) =>
    [given].flat().map((value: string) => [name, value] as const),
  )
}

/** The id of a rollout as the exporter takes it. */
export function rolloutFrom(given: Given): { readonly rollout?: string } {
  const rollout = valueOf(given, 'rollout')
  if (rollout !== undefined && rollout.length > 200)
    throw new UsageError('--rollout is too long; allowed: 1 to 200 characters')
  return rollout === undefined ? {} : { rollout }
}
