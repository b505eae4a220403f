import { createServer, type Socket } from 'node:net'
import { services, type Service } from '../platform/context.ts'
import type { Platform } from '../platform/index.ts'
import { nodeAddress } from './network.ts'

/** Where the pods of the platform ask what they are. */
export const platformPort = 7_000

/** Ports of the services, as the platform's chart has them. */
const ports: Readonly<Record<Service, number>> = {
  api: 3_000,
  sts: 8_080,
  gateway: 8_081,
  audit: 9_090,
  coordinator: 4_000,
  web: 3_002,
}

/** What the platform's pods do; pods of migration Jobs end at once. */
export type Pods = {
  /** Exit code of the migrations that start from now on. */
  migrationsEnd(code: number): void
  /** Names of the pods in which a replica runs. */
  running(): readonly string[]
  stop(): Promise<void>
}

/** Gives each pod that asks a replica of its service; it goes with the pod. */
export async function servePods(platform: Platform): Promise<Pods> {
  const running = new Set<string>()
  const lines = new Set<Socket>()
  let migrationCode = 0

  async function serve(pod: string, line: Socket): Promise<void> {
    const service = serviceOf(pod)
    if (service === undefined) {
      line.end(`${JSON.stringify({ exit: migrationCode })}\n`)
      return
    }
    const gone = new Promise<void>((done) => void line.once('close', () => done()))
    const replica = await platform.startReplica(service, { name: pod, address: nodeAddress, port: 0 })
    running.add(pod)
    line.write(`${JSON.stringify({ port: Number(new URL(replica.url).port), listen: ports[service] })}\n`)
    await gone
    running.delete(pod)
    await platform.stopReplica(pod)
  }

  const server = createServer((line) => {
    lines.add(line)
    line.on('error', () => {}).on('close', () => lines.delete(line))
    let text = ''
    line.setEncoding('utf8').on('data', (part: string) => {
      text += part
      if (!text.endsWith('\n')) return
      serve(text.trim(), line).catch(() => line.destroy())
      text = ''
    })
  })
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(platformPort, nodeAddress, done)
  })
  return {
    migrationsEnd: (code) => {
      migrationCode = code
    },
    running: () => [...running],
    async stop() {
      for (const line of lines) line.destroy()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
}

/** A pod's name is that of its workload, which ends in the component, with what its controller appends. */
function serviceOf(pod: string): Service | undefined {
  if (pod.includes('migrate')) return undefined
  return services.find((service) => pod.includes(`-${service}-`))
}
