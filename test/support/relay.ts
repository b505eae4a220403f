import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** Something between a client and a server on this machine that may stop passing on what either says. */
export interface Relay {
  readonly port: number
  /**
   * From now on nothing passes in either direction, and no connection ends: over those that are open, and with `all`
   * over new ones too.
   */
  silence(all?: 'all'): void
  /** What is said from now on passes again; what was said meanwhile too. */
  pass(): void
  close(): Promise<void>
}

export async function startRelay(to: number): Promise<Relay> {
  const pairs = new Set<readonly Socket[]>()
  const server = createServer((client) => {
    const upstream = connect({ port: to, host: '127.0.0.1' })
    const pair = [client, upstream] as const
    pairs.add(pair)
    for (const [one, other] of [pair, [upstream, client] as const]) {
      one.on('data', (bytes) => void other.write(bytes))
      one.on('error', () => {})
      one.on('close', () => {
        pairs.delete(pair)
        other.destroy()
      })
      if (isSilent) one.pause()
    }
  })
  let isSilent = false
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    silence(all) {
      isSilent = all === 'all'
      for (const pair of pairs) for (const socket of pair) socket.pause()
    },
    pass() {
      isSilent = false
      for (const pair of pairs) for (const socket of pair) socket.resume()
    },
    async close() {
      for (const pair of pairs) for (const socket of pair) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
