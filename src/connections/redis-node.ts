import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { AbstractConnector, Redis, type RedisOptions } from 'ioredis'
import { names } from './names.ts'
import { ownTimeSignal } from './own-time.ts'
import { addressOf } from './redis-cluster.ts'
import { isReply, RedisFault } from './redis-unavailable.ts'
import { guard } from './redis-guard.ts'
import { type Address, causeOf, type Send, sendToPrimary, type Wire } from './redis-wire.ts'
import type { Millis } from '../core/time.ts'

/** How to log in at a node; its address comes by `find`. */
export interface NodeSettings {
  /** Gives where it listens; the signal is aborted when the answer is not needed any more. */
  readonly find: (given: AbortSignal) => Promise<Address>
  readonly username?: string
  readonly password?: string
  readonly database?: number
  readonly tls?: ConnectionOptions
}

/** Gets how many commands were sent, those of the login excepted. */
export type Count = (commands: number) => void

// Of the 650 ms that dialling and answer may take together.
const NAME_WITHIN: Millis = 350

/**
 * Every one of these is needed for a hung server to cost a bounded time. The caller reconnects:
 * a client that reconnects of its own keeps half-made connections to a server that hangs.
 */
const common = {
  protocol: 2,
  lazyConnect: true,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  connectTimeout: 400,
  // It would need INFO before the first command, and hides LOADING.
  enableReadyCheck: false,
  disableClientInfo: true,
  connectionName: 'caracal-gate-exporter',
  retryStrategy: () => null,
} satisfies RedisOptions

/** Dials one Redis. Nothing that it answers throws anywhere, and all of it is bounded by the guard. */
export function dialNode(
  { find, username, password, database = 0, tls }: NodeSettings,
  count: Count = () => {},
): Wire {
  const client = new Redis({
    ...common,
    db: database,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls }),
    Connector: connectorTo(find, tls),
  })
  let fault: unknown
  client.on('error', (last: unknown) => {
    fault = last
  })
  const ended = new Promise((resolve) => client.once('end', resolve))
  // The client ignores that the server refused its database, and would read another platform's streams.
  const ready = client.connect().then(() => (database > 0 ? client.select(database) : undefined))
  ready.catch(() => {})
  const exchange: Send = async (commands) => {
    count(commands.length)
    const pipeline = client.pipeline(commands.map(([name, ...args]) => [name.toLowerCase(), ...args]))
    return (await pipeline.exec()) ?? []
  }
  let turn: Promise<unknown> = ready
  // One after the other: replies bear no name, and those to later commands must not stand in for one that is missing.
  const sendAnywhere: Send = (commands) => {
    const answer = turn.then(() => exchange(commands))
    turn = answer.catch(() => {})
    return answer
  }
  const send: Send = (commands) => sendToPrimary(sendAnywhere, commands)
  return {
    ready,
    ended,
    fault: () => fault,
    send,
    sendAnywhere,
    primaries: () => Promise.resolve([send]),
    destroy(why) {
      fault = why ?? fault
      client.disconnect()
    },
  }
}

/** The class by which the client makes its socket, with a guard before it. */
function connectorTo(
  find: NodeSettings['find'],
  tls: ConnectionOptions | undefined,
): NonNullable<RedisOptions['Connector']> {
  return class extends AbstractConnector {
    readonly #given = new AbortController()

    constructor() {
      super(0)
    }

    override async connect(): Promise<Socket> {
      const { host, port } = await find(this.#given.signal)
      if (this.#given.signal.aborted) throw new RedisFault('REDIS_CLOSED')
      const to = { host, port, lookup: names.within(NAME_WITHIN) }
      const socket = tls === undefined ? connectTcp(to) : connectTls({ ...tls, ...to })
      this.stream = guard(socket)
      this.stream.once('error', (fault: Error) => {
        this.firstError = fault
      })
      return this.stream
    }

    /** At once: what a server sends that was given up is not read. */
    override disconnect(): void {
      this.#given.abort()
      this.stream?.destroy()
    }
  }
}

// A sentinel that hangs must leave time for the next one.
const ASK_WITHIN: Millis = 250

type Login = Pick<NodeSettings, 'username' | 'password' | 'tls'>

/**
 * Asks the sentinels in turn, each for a moment only, where the primary of `name` is.
 * @throws RedisFault or an error of the network when none of them says it
 */
export async function primaryBySentinels(
  name: string,
  sentinels: readonly Address[],
  login: Login,
  given: AbortSignal,
): Promise<Address> {
  let refusal: Error | undefined
  for (const sentinel of sentinels) {
    if (given.aborted) break
    const answer = await ask(name, sentinel, login, given).catch((fault: unknown) =>
      fault instanceof Error ? fault : new Error(String(fault)),
    )
    if (!(answer instanceof Error)) return answer
    if (isReply(answer)) refusal = answer
  }
  // What one of them has against us says more than that the others are away.
  throw refusal ?? new RedisFault('REDIS_SENTINEL')
}

async function ask(name: string, sentinel: Address, login: Login, given: AbortSignal): Promise<Address> {
  const wire = dialNode({ ...login, find: () => Promise.resolve(sentinel) })
  const end = () => wire.destroy()
  const patience = AbortSignal.any([given, ownTimeSignal(ASK_WITHIN)])
  patience.addEventListener('abort', end)
  try {
    const [pair] = await wire.sendAnywhere([['SENTINEL', 'get-master-addr-by-name', name]])
    const [fault, value] = pair ?? [new RedisFault('REDIS_SENTINEL'), undefined]
    if (fault !== null) throw fault
    return addressIn(value)
  } catch (fault) {
    throw causeOf(wire, fault)
  } finally {
    patience.removeEventListener('abort', end)
    end()
  }
}

/** @throws RedisFault when it is none, as for a name that the sentinel does not know */
function addressIn(value: unknown): Address {
  const [host, port] = Array.isArray(value) ? (value as readonly unknown[]) : []
  const address = addressOf(host, port)
  if (address === undefined) throw new RedisFault('REDIS_SENTINEL')
  return address
}
