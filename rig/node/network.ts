import { execFile } from 'node:child_process'
import { Resolver } from 'node:dns/promises'
import { writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { launch, removeFolder, temporaryFolder, waitUntilReady } from '../processes.ts'

/** The node's own address: control plane, name server and stores are reached there. */
export const nodeAddress = '10.77.0.1'
/** Addresses of pods. */
export const podSubnet = '10.244.0.0/24'
/** Address of the Service `kubernetes`: the first of the API server's range. */
export const apiServiceAddress = '10.96.0.1'

const run = promisify(execFile)

/** Prepares the network namespace that this process runs in; everything in it goes with the namespace. */
export async function setNetworkUp(): Promise<void> {
  await run('ip', ['link', 'set', 'lo', 'up'])
  await run('ip', ['address', 'add', `${nodeAddress}/32`, 'dev', 'lo'])
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1')
}

/** Passes connections to `port` of the node on to a server on the loopback address, as long as this process lives. */
export async function forward(port: number, to: number): Promise<void> {
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1')
    client.pipe(upstream).pipe(client)
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy())
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy())
  })
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(port, nodeAddress, done)
  })
  server.unref()
}

/** Names of Services, as a cluster's name server knows them. */
export type NameServer = {
  /** @param services `name.namespace` and its address */
  know(services: ReadonlyMap<string, string>): Promise<void>
  stop(): Promise<void>
}

/** dnsmasq on the node's address; what it is not told does not exist. */
export async function startNameServer(): Promise<NameServer> {
  const folder = await temporaryFolder('names')
  const hosts = join(folder, 'hosts')
  await writeFile(hosts, '')
  const server = launch({
    command: 'dnsmasq',
    args: [
      '--keep-in-foreground',
      '--user=root',
      '--conf-file=/dev/null',
      '--no-resolv',
      '--no-hosts',
      '--local=/#/',
      '--bind-interfaces',
      `--listen-address=${nodeAddress}`,
      '--pid-file=',
      `--addn-hosts=${hosts}`,
    ],
    folder,
    endSignal: 'SIGKILL',
  })
  const why = (reason: string) => new Error(`dnsmasq did not start: ${reason}\n${server.output()}`)
  await waitUntilReady(server, answers, why)
  return {
    async know(services) {
      const lines = [...services].map(([name, address]) => `${address} ${name}.svc.cluster.local\n`)
      await writeFile(hosts, lines.join(''))
      server.signal('SIGHUP')
    },
    async stop() {
      await server.end('SIGKILL')
      await removeFolder(folder)
    },
  }
}

/** Whether a name server is there, whatever it says. */
async function answers(): Promise<boolean> {
  const resolver = new Resolver({ timeout: 500, tries: 1 })
  resolver.setServers([nodeAddress])
  return resolver.resolve4('none.invalid').then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === 'ENOTFOUND',
  )
}
