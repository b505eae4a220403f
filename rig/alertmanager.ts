import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { freePort, launch, removeFolder, temporaryFolder, waitUntilReady } from './processes.ts'

/** A real Alertmanager with a folder of its own. */
export type AlertmanagerServer = {
  /** As Prometheus wants it: `127.0.0.1:9093`. */
  readonly address: string
  readonly url: string
  readonly pid: number
  /** Puts another configuration into force. */
  configure(configuration: string): Promise<void>
  stop(): Promise<void>
}

/** Starts Alertmanager (Debian's package `prometheus-alertmanager`) with this configuration on a free loopback port. */
export async function startAlertmanager(configuration: string): Promise<AlertmanagerServer> {
  const folder = await temporaryFolder('alertmanager')
  try {
    return await startOnFreePort(folder, configuration)
  } catch (error) {
    await removeFolder(folder)
    throw error
  }
}

async function startOnFreePort(folder: string, configuration: string): Promise<AlertmanagerServer> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    try {
      return await startOn(port, folder, configuration)
    } catch (error) {
      // Between asking for a free port and taking it another process may have taken it.
      if (attempt === 3 || !String(error).includes('address already in use')) throw error
    }
  }
}

async function startOn(port: number, folder: string, configuration: string): Promise<AlertmanagerServer> {
  const file = join(folder, 'alertmanager.yml')
  await writeFile(file, configuration)
  const address = `127.0.0.1:${port}`
  const url = `http://${address}`
  const server = launch({
    command: program(),
    args: [
      `--config.file=${file}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      // No gossip: there is one.
      '--cluster.listen-address=',
    ],
    folder,
    endSignal: 'SIGKILL',
  })
  const isReady = () =>
    fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2_000) }).then(
      ({ ok }) => ok,
      () => false,
    )
  const explain = (why: string) => new Error(`alertmanager did not start: ${why}\n${server.output()}`)
  await waitUntilReady(server, isReady, explain, 60_000).catch(async (error: unknown) => {
    await server.end('SIGKILL')
    throw error
  })
  return {
    address,
    url,
    pid: server.pid,
    async configure(text) {
      await writeFile(file, text)
      const response = await fetch(`${url}/-/reload`, { method: 'POST', signal: AbortSignal.timeout(30_000) })
      if (!response.ok) throw new Error(`alertmanager refused its configuration: ${await response.text()}`)
    },
    async stop() {
      await server.end('SIGKILL')
      await removeFolder(folder)
    },
  }
}

/** Debian calls it otherwise than everybody else. */
function program(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const names = ['prometheus-alertmanager', 'alertmanager']
  const there = names.find((name) => folders.some((folder) => existsSync(join(folder, name))))
  return process.env['ALERTMANAGER_BIN'] ?? there ?? 'alertmanager'
}

/** One alert as a webhook gets it. */
export type NotifiedAlert = {
  readonly status: 'firing' | 'resolved'
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** One notification, which may hold several alerts. */
export type Notification = {
  /** Path that it was sent to, which tells the receiver. */
  readonly path: string
  readonly status: 'firing' | 'resolved'
  readonly groupLabels: Readonly<Record<string, string>>
  readonly alerts: readonly NotifiedAlert[]
}

/** A webhook that keeps what it gets. */
export type WebhookReceiver = {
  readonly url: string
  /** In the order of arrival. */
  readonly received: readonly Notification[]
  stop(): Promise<void>
}

/** Listens on a free loopback port. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: Notification[] = []
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      received.push({ path: request.url ?? '', ...(JSON.parse(text) as Omit<Notification, 'path'>) })
      response.end()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async stop() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
