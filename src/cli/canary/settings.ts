import { optionName, type Given } from '../command.ts'
import { textOf } from '../named-file.ts'
import { notAllowed, UsageError } from '../options.ts'
import type { CliProcess } from '../process.ts'
import type { Target } from './asking.ts'
import { canaryOptions, secretOptions } from './options.ts'
import { sourcesOf, type Key, type Source, type Sources } from './sources.ts'

/** Everything that the canary must know before its first request. */
export interface Settings {
  readonly zone: string
  readonly application: string
  readonly secret: string
  readonly resource: string
  readonly scope: string
  readonly path: string
  readonly labels: readonly string[]
  readonly deniedResource: string
  readonly deniedExchangeReason: string
  readonly deniedCallReason: string
  readonly sts: readonly URL[]
  readonly gateway: readonly URL[]
  readonly coordinator: Target
  readonly api: Target
  readonly readerToken: string
  readonly auditWithin: number
  readonly revokedWithin: number
  readonly requestTimeout: number
  readonly ca?: string
}

/** @throws UsageError */
export async function settingsFrom(process: CliProcess, given: Given): Promise<Settings> {
  const sources = await sourcesOf(process, given)
  const { of, text, read } = sources
  const [secret = '', readerToken = ''] = await Promise.all(
    secretOptions.map(({ key, variable }) => secretFrom(text(key), optionName(key), variable, process.env)),
  )
  const ca = text('platformCaFile')
  const application = nameFrom(of('application'))
  const labels = of('label').texts
  return {
    zone: nameFrom(of('zone')),
    application,
    secret,
    readerToken,
    ...addressesFrom(sources),
    resource: wordFrom(of('resource')),
    scope: wordFrom(of('scope')),
    path: pathFrom(of('path')),
    labels: labels.length === 0 ? [application] : labels,
    deniedResource: wordFrom(of('deniedResource')),
    deniedExchangeReason: text('deniedExchangeReason') || 'no_rule_matched',
    deniedCallReason: text('deniedCallReason') || 'mandate_target_mismatch',
    auditWithin: read('auditWithin', canaryOptions.auditWithin) ?? 45_000,
    revokedWithin: read('revokedWithin', canaryOptions.revokedWithin) ?? 10_000,
    requestTimeout: read('requestTimeout', canaryOptions.requestTimeout) ?? 5_000,
    ...(ca !== '' && { ca: await textOf(ca, '--platform-ca-file') }),
  }
}

function addressesFrom({ of }: Sources): Pick<Settings, 'sts' | 'gateway' | 'coordinator' | 'api'> {
  const urls = (key: Key) => of(key).texts.map((text) => urlFrom(text, of(key).name))
  const service = (key: Key): Target => {
    const url = urlFrom(of(key).texts.at(-1) ?? '', of(key).name)
    return { url, name: url.host }
  }
  return {
    sts: urls('sts'),
    gateway: urls('gateway'),
    coordinator: service('coordinator'),
    api: service('api'),
  }
}

function urlFrom(text: string, name: string): URL {
  const url = URL.parse(text)
  const allowed = 'http:// or https:// with host and port, such as http://10.0.0.7:8080'
  // Nothing of an address with a password in it is repeated.
  if (url !== null && (url.username !== '' || url.password !== ''))
    throw new UsageError(`${name} holds a user or password; allowed: ${allowed}`)
  const isPlain = url?.search === '' && url.hash === '' && ['http:', 'https:'].includes(url.protocol)
  if (url === null || !isPlain) throw notAllowed(name, text, allowed)
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}

function nameFrom({ texts, name }: Source): string {
  const text = texts.at(-1) ?? ''
  if (!/^[\w.:-]{1,128}$/.test(text)) throw notAllowed(name, text, '1 to 128 letters, digits and . _ : -')
  return text
}

/** What goes into a header. */
function wordFrom({ texts, name }: Source): string {
  const text = texts.at(-1) ?? ''
  if (!/^[\x21-\x7e]{1,500}$/.test(text)) throw notAllowed(name, text, '1 to 500 visible characters of ASCII')
  return text
}

function pathFrom({ texts, name }: Source): string {
  const text = texts.at(-1) ?? '/'
  if (!/^\/(?!\/)[\x21-\x7e]{0,500}$/.test(text))
    throw notAllowed(name, text, 'a path that begins with one slash, such as /v1/ping')
  if (/^\/(health|ready|metrics(\.json)?)(\?|$)/.test(text))
    throw notAllowed(name, text, 'a path of the resource: the Gateway answers this one itself')
  return text
}

async function secretFrom(
  file: string,
  option: string,
  variable: string,
  env: CliProcess['env'],
): Promise<string> {
  const [text, where] = file === '' ? [env[variable] ?? '', variable] : [await textOf(file, option), option]
  if (!/^[\x21-\x7e]{1,4096}$/.test(text.trim()))
    throw new UsageError(`${where} does not hold one secret on one line`)
  return text.trim()
}
