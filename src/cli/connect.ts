import { messageOf } from '../core/text.ts'
import type { Values } from './command.ts'
import type { Endpoint } from './http.ts'
import { textOf } from './named-file.ts'
import { path, text, UsageError } from './options.ts'
import type { CliProcess } from './process.ts'
import { printable, quoted } from './text.ts'

const defaultUrl = 'http://127.0.0.1:9465'

/** The options of every command that asks an exporter. */
export const connection = {
  url: text('URL', `address of the exporter; or CARACAL_GATE_URL (default ${defaultUrl})`),
  tokenFile: path('FILE', 'bearer token, read anew for each request; or CARACAL_GATE_TOKEN'),
  caFile: path('FILE', 'PEM certificate authorities to trust for https, instead of the system’s'),
}

/** Options with which a following command reaches the same exporter, each with a blank before it. */
export interface Reach {
  readonly read: string
  /** Those of a command that needs a token. */
  readonly write: string
}

export function reachFrom(
  { url, tokenFile, caFile }: Values<typeof connection>,
  env: CliProcess['env'],
): Reach {
  const given = [
    ['--url', url],
    ['--ca-file', caFile],
    ['--token-file', tokenFile],
  ] as const
  const read = given
    .flatMap(([name, value]) => (value === undefined ? [] : [` ${name} ${quoted(value)}`]))
    .join('')
  const hasToken = tokenFile !== undefined || nonEmpty(env['CARACAL_GATE_TOKEN']) !== undefined
  return { read, write: hasToken ? read : `${read} --token-file FILE` }
}

/**
 * Where to ask, from options and environment.
 * @throws UsageError for a file that cannot be read, too: now, and not at each request
 */
export async function endpointFrom(
  { url: address, tokenFile, caFile }: Values<typeof connection>,
  env: CliProcess['env'],
): Promise<Endpoint> {
  const url = addressFrom(address ?? nonEmpty(env['CARACAL_GATE_URL']) ?? defaultUrl)
  if (caFile !== undefined && url.protocol !== 'https:')
    throw new UsageError('--ca-file is for an https address, and this one is http')
  const ca = caFile === undefined ? undefined : () => authorityFrom(caFile)
  await ca?.()
  const token = tokenFrom(tokenFile, nonEmpty(env['CARACAL_GATE_TOKEN']))
  try {
    await token()
  } catch (error) {
    throw new UsageError(messageOf(error))
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

/** @throws UsageError */
async function authorityFrom(file: string): Promise<string> {
  const pem = await textOf(file, '--ca-file')
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new UsageError('--ca-file holds no PEM certificate')
  return pem
}

function headerSafe(text: string, where: string): string {
  const token = text.trim()
  if (!/^[\x21-\x7e]{1,4096}$/.test(token))
    throw new UsageError(`${where} does not hold one token on one line`)
  return token
}
