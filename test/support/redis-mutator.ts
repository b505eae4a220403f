import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { piecesOf, type Deed } from './redis-mutations.ts'
import { takeReply, written, type Reply } from './redis-replies.ts'

export interface RedisMutator {
  readonly port: number
  close(): Promise<void>
}

/** Stands between its clients and an honest Redis, and does something to one reply of each connection. */
export async function redisMutator(honest: number, deed: Deed): Promise<RedisMutator> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const redis = connect({ host: '127.0.0.1', port: honest })
    for (const socket of [client, redis]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
    }
    client.on('close', () => redis.destroy())
    redis.on('close', () => client.destroy())
    client.on('data', (chunk) => redis.write(chunk))
    void passOn(redis, client, deed)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function passOn(redis: Socket, client: Socket, deed: Deed): Promise<void> {
  let pending = ''
  let count = 0
  try {
    for await (const chunk of redis) {
      pending += (chunk as Buffer).toString('latin1')
      for (let taken = takeReply(pending); taken !== undefined; taken = takeReply(pending)) {
        pending = pending.slice(taken.end)
        if (count === deed.reply) await send(client, taken.reply, deed)
        else client.write(written(taken.reply), 'latin1')
        count += 1
      }
    }
  } catch {
    // Either side may be gone at any time.
  }
}

async function send(client: Socket, reply: Reply, { mutation }: Deed): Promise<void> {
  for (const piece of piecesOf(reply, mutation)) {
    client.write(piece, 'latin1')
    // A turn of the loop, so that each piece arrives alone.
    if (mutation.kind === 'drip' || mutation.kind === 'split') await delay(1)
  }
  if (mutation.kind !== 'cut') return
  if (mutation.leaving === 'end') client.end()
  else if (mutation.leaving === 'reset') client.resetAndDestroy()
  else await new Promise((resolve) => client.once('close', resolve))
}
