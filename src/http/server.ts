import { Server as SecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { SECOND, type Millis } from '../core/time.ts'
import type { PublishContext } from './context.ts'
import { httpInterface } from './http-interface.ts'

/** PEM texts. */
export interface Tls {
  readonly cert: string
  readonly key: string
}

export interface ListenOptions {
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number }
  /** PEM texts; plain HTTP without them. */
  readonly tls?: Tls
  /** Connections at once; 2,000 without it. */
  readonly connections?: number
}

export interface Server {
  /** Base URL by which this machine reaches it. */
  readonly url: string
  /**
   * Shows another certificate to clients that connect from now on; those that are connected keep theirs.
   * @throws when the server speaks no TLS, or the certificate and key are no pair
   */
  renewCertificate(tls: Tls): void
  /** Answers those who wait, lets requests in flight end, and cuts what is still open after two seconds. */
  close(): Promise<void>
}

/** What is asked is answered in milliseconds; longer only lasts what a client does not send, or keeps open unused. */
const CLOSE_WITHIN: Millis = 2 * SECOND

/**
 * Connections that the system keeps until they are accepted, which happens one a turn. What is more than these has its
 * first packet dropped and comes again after a second, a health check too; Linux caps it at net.core.somaxconn, 4,096.
 */
const BACKLOG = 4_096

/**
 * Serves the interface.
 * @throws when the address can't be listened on, or the certificate and key are no pair
 */
export async function startServer(context: PublishContext, options: ListenOptions): Promise<Server> {
  const { listen, tls, connections } = options
  const app = await httpInterface(context, {
    ...(tls !== undefined && { tls }),
    ...(connections !== undefined && { connections }),
  })
  await app.listen({ ...listen, backlog: BACKLOG })
  return {
    url: urlOf(app, tls !== undefined),
    renewCertificate: (renewed) => renewCertificate(app, renewed),
    close: () => close(app),
  }
}

function renewCertificate({ server }: FastifyInstance, tls: Tls): void {
  if (!(server instanceof SecureServer)) throw new Error('the server speaks no TLS')
  server.setSecureContext({ ...tls })
}

function urlOf(app: FastifyInstance, secure: boolean): string {
  const { address, family, port } = app.server.address() as AddressInfo
  const reachable = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address
  const host = family === 'IPv6' ? `[${reachable}]` : reachable
  return `${secure ? 'https' : 'http'}://${host}:${port}`
}

async function close(app: FastifyInstance): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), CLOSE_WITHIN)
  try {
    await app.close()
  } finally {
    clearTimeout(cut)
  }
}
