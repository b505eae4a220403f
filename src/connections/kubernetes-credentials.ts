import { existsSync } from 'node:fs'
import type { KubeConfig } from '@kubernetes/client-node'
import { plain } from '../core/text.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { KubernetesFailure } from './kubernetes-failure.ts'
import { withinOwnTime } from './own-time.ts'

/** Where to find the API server and how to log in. Without a kubeconfig: the pod's service account, or the default one. */
export interface KubernetesSettings {
  /** Path. */
  readonly kubeconfig?: string
  readonly context?: string
}

/** What a connection to the API server is made of; texts are PEM. */
export interface Tls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly passphrase?: string
  readonly servername?: string
}

/** Where the API server is, whom to trust there, and what to show it. */
export interface Login {
  readonly origin: string
  /** What the server's URL has behind its host. */
  readonly prefix: string
  readonly tls: Tls
  readonly headers: Readonly<Record<string, string>>
}

/** The kubelet mounts it into each pod that has a service account. */
const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/** A plug-in may ask a server over the network, and may never end. */
const LOGIN_WITHIN: Millis = 10 * SECOND

/**
 * Reads the configuration. The library is loaded only here: installations without a cluster never pay for it.
 * @throws KubernetesFailure when there is none
 */
export async function readConfig({ kubeconfig, context }: KubernetesSettings): Promise<KubeConfig> {
  const { KubeConfig } = await import('./kube-config.ts')
  const config = new KubeConfig()
  try {
    if (kubeconfig !== undefined) config.loadFromFile(kubeconfig)
    else if (context === undefined && existsSync(SERVICE_ACCOUNT_TOKEN)) config.loadFromCluster()
    else config.loadFromDefault()
  } catch (fault) {
    const where = kubeconfig === undefined ? 'the default kubeconfig' : `the kubeconfig ${kubeconfig}`
    throw noCredentials(`${where} can't be read, ${wordsOf(fault)}`)
  }
  if (context !== undefined) config.setCurrentContext(context)
  return config
}

/**
 * The login as it is now: tokens of files and plug-ins are read again as they expire.
 * @throws KubernetesFailure when it can't be had, or would not be safe
 */
export async function loginFrom(config: KubeConfig): Promise<Login> {
  const { origin, pathname } = serverOf(config)
  const options: LoginOptions = {}
  try {
    await withinOwnTime(config.applyToHTTPSOptions(options), LOGIN_WITHIN, () => {
      throw new Error('it takes too long')
    })
  } catch (fault) {
    const plugIn = config.getCurrentUser()?.exec?.command
    const why =
      typeof plugIn === 'string'
        ? `the plug-in ${plugIn} of the kubeconfig's user gives none; run it by hand to see why`
        : `${wordsOf(fault)}; see the user of the kubeconfig, or the mounted service account`
    const message = plain(`the login for the API server can't be had: ${why}`)
    throw new KubernetesFailure({ unknownReason: 'unauthorized', reason: 'no_token', message })
  }
  const { ca, cert, key, passphrase, servername } = options
  const tls = { ca, cert, key, passphrase, servername }
  const parts = Object.entries(tls).flatMap(([name, value]) => (value ? [[name, String(value)]] : []))
  return {
    origin,
    prefix: pathname.replace(/\/+$/, ''),
    tls: Object.fromEntries(parts) as Tls,
    headers: headersOf(options),
  }
}

/** What the library fills in of the options of a request. */
interface LoginOptions {
  ca?: string | Buffer
  cert?: string | Buffer
  key?: string | Buffer
  passphrase?: string
  servername?: string
  auth?: string
  headers?: Record<string, string>
}

function headersOf({ headers = {}, auth }: LoginOptions): Record<string, string> {
  // A file ends with a line break, which no header may.
  const trimmed = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.trim()])
  const basic = auth === undefined ? {} : { authorization: `Basic ${Buffer.from(auth).toString('base64')}` }
  return { ...basic, ...Object.fromEntries(trimmed) }
}

function serverOf(config: KubeConfig): URL {
  const name = config.getCurrentContext()
  const cluster = config.getCurrentCluster()
  if (cluster === null) {
    const known = config.getContexts().map((context) => context.name)
    const contexts = known.length === 0 ? 'there is none' : `there are ${known.join(', ')}`
    throw noCredentials(`the context ${name ?? '(none)'} names no cluster; ${contexts}`)
  }
  // Without TLS any server could answer, and read the token.
  const url = URL.canParse(cluster.server) ? new URL(cluster.server) : undefined
  if (url?.protocol !== 'https:')
    throw noCredentials(
      `there is no https address of an API server (${url === undefined ? 'none' : `${url.protocol}//${url.host}`}); run in a pod with a service account, or name a kubeconfig`,
    )
  if (cluster.proxyUrl !== undefined && cluster.proxyUrl !== '')
    throw noCredentials('proxy-url of the kubeconfig is not supported; name an address that needs no proxy')
  return url
}

function noCredentials(why: string): KubernetesFailure {
  const message = plain(`there are no credentials for the API server: ${why}`)
  return new KubernetesFailure({ unknownReason: 'not_configured', reason: 'no_credentials', message })
}

/** What went wrong. Parsers quote what they read, which here are tokens and keys: of those only the place is named. */
function wordsOf(fault: unknown): string {
  if (!(fault instanceof Error)) return 'for an unknown reason'
  if (fault.name === 'YAMLException') {
    const { line } = ('mark' in fault && (fault.mark as { line?: unknown } | undefined)) || {}
    return typeof line === 'number' ? `it is no YAML in line ${line + 1}` : 'it is no YAML'
  }
  return fault instanceof SyntaxError ? 'it is no JSON' : fault.message
}
