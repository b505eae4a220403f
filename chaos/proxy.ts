import { EventEmitter, once } from 'node:events'
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** What the way to a server does to what is sent on it. */
export const manners = ['refused', 'hung', 'delayed', 'truncated', 'throttled'] as const
export type Manner = (typeof manners)[number]

/** A TCP relay in front of one server, on a loopback port of its own. */
export interface Proxy {
  readonly port: number
  /** Bytes pass as they come when it is undefined. */
  behave(manner: Manner | undefined): Promise<void>
  /** Resets every connection that is open; new ones are taken. */
  reset(): void
  close(): Promise<void>
}

/** Of each chunk, either way: far less than any time-out, far more than a loopback takes. */
const DELAY = 60
/** Bytes of a server's answers after which a connection ends: no answer of any target is as short. */
const TRUNCATED_AFTER = 40
const THROTTLED_BYTES = 64
const THROTTLED_EVERY = 100

interface Pair {
  readonly client: Socket
  readonly server: Socket
  answered: number
}

export async function startProxy(target: { readonly host: string; readonly port: number }): Promise<Proxy> {
  const pairs = new Set<Pair>()
  const changes = new EventEmitter().setMaxListeners(0)
  let manner: Manner | undefined
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    const server = createConnection({ ...target, allowHalfOpen: true })
    const pair = { client, server, answered: 0 }
    pairs.add(pair)
    for (const socket of [client, server]) {
      socket.on('error', () => end(pair))
      socket.on('close', () => end(pair))
    }
    void relay(client, server, pair, false)
    void relay(server, client, pair, true)
  })

  function end(pair: Pair): void {
    pairs.delete(pair)
    pair.client.destroy()
    pair.server.destroy()
  }

  async function relay(from: Socket, to: Socket, pair: Pair, answers: boolean): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) await pass(chunk, to, pair, answers)
      while (manner === 'hung') await once(changes, 'change')
      to.end()
    } catch {
      end(pair)
    }
  }

  async function pass(chunk: Buffer, to: Socket, pair: Pair, answers: boolean): Promise<void> {
    while (manner === 'hung') await once(changes, 'change')
    if (manner === 'delayed') await delay(DELAY)
    if (manner === 'truncated' && answers) {
      pair.answered += chunk.length
      if (pair.answered >= TRUNCATED_AFTER) {
        to.write(chunk.subarray(0, TRUNCATED_AFTER), () => end(pair))
        return
      }
    }
    if (manner !== 'throttled') return write(to, chunk)
    for (let at = 0; at < chunk.length; at += THROTTLED_BYTES) {
      await write(to, chunk.subarray(at, at + THROTTLED_BYTES))
      if (manner === 'throttled') await delay(THROTTLED_EVERY)
    }
  }

  const port = await listen(0)

  async function listen(wanted: number): Promise<number> {
    listener.listen(wanted, '127.0.0.1')
    await once(listener, 'listening')
    return (listener.address() as AddressInfo).port
  }

  function reset(): void {
    for (const pair of pairs) {
      pair.client.resetAndDestroy()
      end(pair)
    }
  }

  function refuse(): Promise<void> {
    const closed = new Promise<void>((resolve) => listener.close(() => resolve()))
    reset()
    return closed
  }

  return {
    port,
    reset,
    async behave(next) {
      manner = next
      changes.emit('change')
      if (next === 'refused') return refuse()
      // What was cut or held up in the middle is of no use to either side.
      if (next === 'truncated') reset()
      if (!listener.listening) await listen(port)
    },
    async close() {
      manner = undefined
      changes.emit('change')
      if (listener.listening) await refuse()
      reset()
    },
  }
}

async function write(to: Socket, chunk: Buffer): Promise<void> {
  if (to.destroyed) throw new Error('the other side is gone')
  if (!to.write(chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')])
}
