import { readFile } from 'node:fs/promises'
import type { KubeConfig } from '@kubernetes/client-node'
import { Agent } from 'undici'
import { KubernetesFailure } from './kubernetes-failure.ts'

/** Where to find the API server and how to log in. Without a kubeconfig: the pod's service account, or the default one. */
export interface KubernetesSettings {
  /** Path. */
  readonly kubeconfig?: string
  readonly context?: string
}

/** A way to the API server: its address, connections that trust only its authority, and fresh headers. */
export interface Session {
  readonly origin: string
  /** What the server's URL has behind its host. */
  readonly prefix: string
  readonly agent: Agent
  /** Headers that log in; tokens of files and plug-ins are read again as they expire. */
  headers(): Promise<Record<string, string>>
}

/**
 * Reads the credentials and prepares connections; dials nothing. The library is loaded only here: most installations
 * without a cluster never pay for it.
 * @throws KubernetesFailure when there are none
 */
export async function openSession(settings: KubernetesSettings): Promise<Session> {
  try {
    const config = await configOf(settings)
    const cluster = config.getCurrentCluster()
    if (cluster === null) throw new Error('its current context names no cluster')
    const url = new URL(cluster.server)
    return {
      origin: url.origin,
      prefix: url.pathname.replace(/\/+$/, ''),
      agent: new Agent({
        // A watch of each kind, and a few requests beside them.
        connections: 24,
        allowH2: false,
        pipelining: 1,
        // Deadlines are ours; these are nets below them.
        headersTimeout: 30_000,
        bodyTimeout: 0,
        connect: { timeout: 2_500, ...(await tlsOf(config)) },
      }),
      headers: () => loginOf(config),
    }
  } catch (fault) {
    if (fault instanceof KubernetesFailure) throw fault
    throw new KubernetesFailure(
      {
        unknownReason: 'not_configured',
        reason: 'no_credentials',
        message: `there are no credentials for the API server: ${textOf(fault)}`,
      },
      { cause: fault },
    )
  }
}

async function configOf({ kubeconfig, context }: KubernetesSettings): Promise<KubeConfig> {
  const { KubeConfig } = await import('./kube-config.ts')
  const config = new KubeConfig()
  if (kubeconfig === undefined) config.loadFromDefault()
  else config.loadFromFile(kubeconfig)
  if (context !== undefined) config.setCurrentContext(context)
  return config
}

async function tlsOf(config: KubeConfig) {
  const cluster = config.getCurrentCluster()
  const user = config.getCurrentUser()
  const [ca, cert, key] = await Promise.all([
    pem(cluster?.caData, cluster?.caFile),
    pem(user?.certData, user?.certFile),
    pem(user?.keyData, user?.keyFile),
  ])
  return {
    // Never less, whatever the kubeconfig says: a foreign API server could open every gate.
    rejectUnauthorized: true,
    ...(cluster?.tlsServerName !== undefined && { servername: cluster.tlsServerName }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  }
}

async function pem(data: string | undefined, file: string | undefined): Promise<Buffer | undefined> {
  if (data !== undefined && data !== '') return Buffer.from(data, 'base64')
  return file === undefined || file === '' ? undefined : readFile(file)
}

async function loginOf(config: KubeConfig): Promise<Record<string, string>> {
  const headers: Record<string, string> = {}
  try {
    // The library asks only for these two of what its generated clients pass.
    const request = {
      setHeaderParam: (name: string, value: string) => void (headers[name] = value),
      setDispatcher: () => {},
    }
    await config.applySecurityAuthentication(
      request as unknown as Parameters<KubeConfig['applySecurityAuthentication']>[0],
    )
    return headers
  } catch (fault) {
    throw new KubernetesFailure(
      {
        unknownReason: 'unauthorized',
        reason: 'no_token',
        message: `the token for the API server can't be had: ${textOf(fault)}`,
      },
      { cause: fault },
    )
  }
}

function textOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault)
}
