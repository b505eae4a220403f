import { Cluster, type Redis } from 'ioredis'
import type { Blindness } from '../core/observation.ts'
import type { Millis } from '../core/time.ts'

export type RedisCommand = readonly [name: string, ...args: readonly string[]]

/** What a command gave: its value, or why there is none. */
export type RedisReply =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly blindness: Blindness }

/** What the looks at Redis cost so far. */
export interface RedisCost {
  readonly connections: number
  readonly commands: number
  readonly roundTrips: number
  readonly failures: number
}

type Client = Redis | Cluster
type Pair = readonly [fault: Error | null, value: unknown]

interface Dialled {
  readonly client: Client
  readonly ready: Promise<void>
  /** What the connection last complained of: promises only say that it is closed. */
  fault?: unknown
}

interface Refusal {
  readonly blindness: Blindness
  readonly tries: number
  readonly until: Millis
}

type Mutable<Counts> = { -readonly [Name in keyof Counts]: Counts[Name] }

// A login that is refused or a certificate that is wrong must not cost the server ten handshakes in each second.
const FIRST_REDIAL: Millis = 100
const LAST_REDIAL: Millis = 1_000
const CLOSE_WITHIN: Millis = 500

/**
 * One connection. It is dialled when a command needs it and dropped when it does not answer, so that there is no
 * state to recover from and nothing runs between looks.
 */
export class RedisLine {
  readonly #make: () => Client
  readonly #explain: (fault: unknown) => Blindness
  readonly #cost: Mutable<RedisCost>
  #current: Dialled | undefined
  #refusal: Refusal | undefined
  #closed = false

  /**
   * @param make gives a new client that does not reconnect by itself
   * @param explain turns what was thrown into a reason
   * @param cost is counted up
   */
  constructor(make: () => Client, explain: (fault: unknown) => Blindness, cost: Mutable<RedisCost>) {
    this.#make = make
    this.#explain = explain
    this.#cost = cost
  }

  /**
   * Sends all commands at once (in a cluster: each to its node). Never rejects and never takes longer than `within`.
   * @returns a reply to each command, in their order
   */
  run(commands: readonly RedisCommand[], within: Millis): Promise<readonly RedisReply[]> {
    return this.#attempt(commands.length, within, (client) => sendAll(client, commands))
  }

  /** Sends one command to every primary: one reply from a single server, one per primary of a cluster. */
  runOnPrimaries(command: RedisCommand, within: Millis): Promise<readonly RedisReply[]> {
    return this.#attempt(1, within, (client) =>
      client instanceof Cluster
        ? Promise.all(client.nodes('master').map((node) => sendOne(node, command)))
        : sendAll(client, [command]),
    )
  }

  /** Ends the connection within half a second, whether the server takes part or not. */
  async close(): Promise<void> {
    this.#closed = true
    const client = this.#current?.client
    if (client === undefined || client.status === 'end') return
    const ended = new Promise<true>((resolve) => client.once('end', () => resolve(true)))
    client.disconnect()
    await withinTime(ended, CLOSE_WITHIN)
  }

  /** Sends by `send`; a failure of the connection stands for `count` replies. */
  async #attempt(
    count: number,
    within: Millis,
    send: (client: Client) => Promise<readonly Pair[]>,
  ): Promise<readonly RedisReply[]> {
    const failed = (blindness: Blindness): readonly RedisReply[] =>
      Array.from({ length: count }, () => ({ ok: false, blindness }))
    if (this.#closed) return failed(this.#explain(new Error('Connection is closed.')))
    const refusal = this.#current === undefined ? this.#refusal : undefined
    if (refusal !== undefined && performance.now() < refusal.until) return failed(refusal.blindness)
    const dialled = (this.#current ??= this.#dial())
    this.#cost.commands += count
    this.#cost.roundTrips += 1
    const asked = dialled.ready
      .then(() => send(dialled.client))
      .then(
        (pairs) => ({ pairs }),
        (fault: unknown) => ({ fault: dialled.fault ?? fault }),
      )
    const outcome = await withinTime(asked, within)
    if (outcome !== undefined && 'pairs' in outcome) return this.#repliesOf(dialled, outcome.pairs)
    dialled.fault = outcome === undefined ? new Error('Command timed out') : outcome.fault
    const blindness = this.#explain(dialled.fault)
    this.#giveUp(dialled, blindness)
    return failed(blindness)
  }

  #dial(): Dialled {
    const client = this.#make()
    this.#cost.connections += 1
    const dialled: Dialled = { client, ready: client.connect().then(() => selectDatabase(client)) }
    dialled.ready.catch(() => {})
    client.on('error', (fault: unknown) => {
      dialled.fault = fault
    })
    client.on('end', () => {
      if (this.#current === dialled) this.#current = undefined
    })
    return dialled
  }

  #repliesOf(dialled: Dialled, pairs: readonly Pair[]): readonly RedisReply[] {
    if (pairs.some(([fault]) => fault === null || isAnswer(fault))) this.#refusal = undefined
    return pairs.map(([fault, value]) => {
      if (fault === null) return { ok: true, value }
      // Of a connection that broke, the reason is what it complained of.
      return { ok: false, blindness: this.#explain(isAnswer(fault) ? fault : (dialled.fault ?? fault)) }
    })
  }

  #giveUp(dialled: Dialled, blindness: Blindness): void {
    if (this.#current === dialled) this.#current = undefined
    dialled.client.disconnect()
    const tries = (this.#refusal?.tries ?? 0) + 1
    const pause = Math.min(FIRST_REDIAL * 2 ** (tries - 1), LAST_REDIAL)
    this.#refusal = { blindness, tries, until: performance.now() + pause }
    this.#cost.failures += 1
  }
}

/** The client ignores that the server refused its database, and would look at another platform's streams. */
async function selectDatabase(client: Client): Promise<void> {
  if (!(client instanceof Cluster) && (client.options.db ?? 0) > 0)
    await client.select(client.options.db ?? 0)
}

function isAnswer(fault: Error): boolean {
  return fault.name === 'ReplyError'
}

async function sendAll(client: Client, commands: readonly RedisCommand[]): Promise<readonly Pair[]> {
  // A cluster refuses a pipeline whose keys lie in several slots.
  if (client instanceof Cluster) return Promise.all(commands.map((command) => sendOne(client, command)))
  const pipeline = client.pipeline(commands.map(([name, ...args]) => [name.toLowerCase(), ...args]))
  return (await pipeline.exec()) ?? []
}

function sendOne(client: Client, [name, ...args]: RedisCommand): Promise<Pair> {
  return client.call(name, ...args).then(
    (value): Pair => [null, value],
    (fault: unknown): Pair => [fault instanceof Error ? fault : new Error(String(fault)), null],
  )
}

/** The promise's value, or undefined when it takes longer than `within`. */
async function withinTime<Value>(promise: Promise<Value>, within: Millis): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), within)
  })
  const first = await Promise.race([promise, late])
  clearTimeout(timer)
  return first
}
