import { Command } from 'ioredis'
import { isReply, RedisFault } from './redis-unavailable.ts'
import { type Address, causeOf, type Pair, type RedisCommand, type Send, type Wire } from './redis-wire.ts'
import type { Millis } from '../core/time.ts'

// Redis itself advises against more than a thousand nodes; each of ours is a connection.
const MOST_NODES = 200
// More than any attempt waits.
const LONGEST_ANSWER: Millis = 1_000

/** Which of its ways of sending a node is sent by. */
type Way = 'send' | 'sendAnywhere'

/**
 * Connections to the primaries of a cluster, each dialled when it is needed. Which node serves what is asked once; when a node
 * is lost or says that a key has moved, the whole is ended, and the next attempt learns anew.
 */
export class RedisCluster implements Wire {
  readonly ready: Promise<readonly Served[]>
  readonly ended: Promise<void>
  readonly #dial: (address: Address) => Wire
  readonly #wires = new Map<string, Wire>()
  readonly #gone = Promise.withResolvers<void>()
  #isOver = false
  #fault: unknown

  /**
   * @param startup nodes of which one must answer
   * @param dial gives a connection to one node
   */
  constructor(startup: readonly Address[], dial: (address: Address) => Wire) {
    this.#dial = dial
    this.ended = this.#gone.promise
    this.ready = learnSlots(startup, dial, this.ended)
    this.ready.catch(() => {})
  }

  fault(): unknown {
    return this.#fault
  }

  readonly send: Send = (commands) => this.#sendAll(commands, 'send')

  readonly sendAnywhere: Send = (commands) => this.#sendAll(commands, 'sendAnywhere')

  async primaries(): Promise<readonly Send[]> {
    const primaries = new Map((await this.ready).map(({ primary }) => [keyOf(primary), primary]))
    return [...primaries.values()].map((primary) => (commands) => this.#sendTo(primary, commands, 'send'))
  }

  destroy(why?: unknown): void {
    this.#isOver = true
    this.#fault = why ?? this.#fault
    for (const wire of this.#wires.values()) wire.destroy()
    this.#gone.resolve()
  }

  #wireTo(address: Address): Wire {
    const known = this.#wires.get(keyOf(address))
    if (known !== undefined) return known
    if (this.#isOver || this.#wires.size >= MOST_NODES) throw new RedisFault('REDIS_CLOSED')
    const wire = this.#dial(address)
    this.#wires.set(keyOf(address), wire)
    void wire.ended.then(() => this.destroy(this.#fault ?? wire.fault()))
    return wire
  }

  async #sendAll(commands: readonly RedisCommand[], way: Way): Promise<readonly Pair[]> {
    const served = await this.ready
    const placed = commands.map((command, place) => ({ command, place, home: homeOf(command, served) }))
    const byHome = Map.groupBy(placed, ({ home }) => (home === undefined ? '' : keyOf(home)))
    const answered = await Promise.all(
      [...byHome.values()].map(async (group) => {
        const own = group.map(({ command }) => command)
        const pairs = await this.#sendHome(group[0]?.home, own, way)
        return group.map(({ place }, at) => [place, pairs[at]] as const)
      }),
    )
    const byPlace = new Map(answered.flat())
    return commands.map((_, place) => byPlace.get(place) ?? [new RedisFault('REDIS_SLOT'), null])
  }

  async #sendTo(address: Address, commands: readonly RedisCommand[], way: Way): Promise<readonly Pair[]> {
    const wire = this.#wireTo(address)
    return wire[way](commands).catch((fault: unknown) => {
      throw causeOf(wire, fault)
    })
  }

  async #sendHome(
    home: Address | undefined,
    commands: readonly RedisCommand[],
    way: Way,
  ): Promise<readonly Pair[]> {
    if (home === undefined) return commands.map(() => [new RedisFault('REDIS_SLOT'), null])
    const pairs = await this.#sendTo(home, commands, way)
    return Promise.all(
      commands.map((command, at) =>
        this.#follow(command, pairs[at] ?? [new RedisFault('REDIS_CLOSED'), null], way),
      ),
    )
  }

  /** Follows a redirection once, so that a key that is being moved is seen all the time. */
  async #follow(command: RedisCommand, pair: Pair, way: Way): Promise<Pair> {
    const redirection = redirectionIn(pair)
    if (redirection === undefined) return pair
    const { asking, address } = redirection
    const pairs = await this.#sendTo(address, asking ? [['ASKING'], command] : [command], way)
    if (!asking) this.#retire()
    return pairs.at(-1) ?? pair
  }

  /** The next attempt learns anew, while what is under way ends. */
  #retire(): void {
    this.#gone.resolve()
    setTimeout(() => this.destroy(), LONGEST_ANSWER).unref()
  }
}

function keyOf({ host, port }: Address): string {
  return `${host}:${port}`
}

/** A range of slots and the primary that serves it. */
interface Served {
  readonly from: number
  readonly to: number
  readonly primary: Address
}

const LAST_SLOT = 16_383

/**
 * Asks all nodes at once which node serves what; one that hangs would take all the time.
 * @returns what the first one that knows says
 * @throws what the nodes have against it when none does
 */
async function learnSlots(
  nodes: readonly Address[],
  dial: (address: Address) => Wire,
  given: Promise<unknown>,
): Promise<readonly Served[]> {
  const wires = nodes.map((node) => ({ node, wire: dial(node) }))
  const end = () => wires.forEach(({ wire }) => wire.destroy())
  void given.then(end)
  try {
    return await Promise.any(wires.map(({ node, wire }) => slotsBy(node, wire)))
  } catch (fault) {
    throw fault instanceof AggregateError ? mostTelling(fault) : fault
  } finally {
    end()
  }
}

/** What a node refuses says more than that others are away. */
function mostTelling(all: AggregateError): Error {
  const faults = all.errors.filter((fault) => fault instanceof Error)
  return faults.find((fault) => isReply(fault)) ?? faults.at(-1) ?? all
}

async function slotsBy(node: Address, wire: Wire): Promise<readonly Served[]> {
  const [pair] = await wire.sendAnywhere([['CLUSTER', 'SLOTS']]).catch((fault: unknown) => {
    throw causeOf(wire, fault)
  })
  const [fault, value] = pair ?? [new RedisFault('REDIS_MALFORMED', 'no slots'), undefined]
  if (fault !== null) throw causeOf(wire, fault)
  return slotsIn(value, node)
}

/**
 * Decodes the reply to `CLUSTER SLOTS`.
 * @param asked the node that was asked; its host counts where the answer names none
 * @throws RedisFault for a reply of another shape
 */
export function slotsIn(value: unknown, asked: Address): readonly Served[] {
  if (!Array.isArray(value) || value.length > LAST_SLOT + 1)
    throw new RedisFault('REDIS_MALFORMED', 'no list of slots')
  return value.map((range: unknown) => {
    const [from, to, primary] = Array.isArray(range) ? (range as readonly unknown[]) : []
    const [host, port] = Array.isArray(primary) ? (primary as readonly unknown[]) : []
    const address = addressOf(host === null || host === '' ? asked.host : host, port)
    if (!isSlot(from) || !isSlot(to) || from > to || address === undefined)
      throw new RedisFault('REDIS_MALFORMED', 'a range of slots that is none')
    return { from, to, primary: address }
  })
}

function isSlot(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LAST_SLOT
}

/** Who serves the key of a command; a command without a key any primary may answer. */
export function homeOf([name, ...args]: RedisCommand, served: readonly Served[]): Address | undefined {
  const slot: number | null | undefined = new Command(name.toLowerCase(), args).getSlot()
  if (typeof slot !== 'number') return served[0]?.primary
  return served.find(({ from, to }) => from <= slot && slot <= to)?.primary
}

/** Where a node sends a command: for good, or only this one (`asking`). */
interface Redirection {
  readonly asking: boolean
  readonly address: Address
}

export function redirectionIn([fault]: Pair): Redirection | undefined {
  if (fault === null || !isReply(fault)) return undefined
  const [, word, host, port] = /^(MOVED|ASK) \d{1,5} (\S+):(\d{1,5})$/.exec(fault.message) ?? []
  const address = addressOf(host, port)
  return address === undefined ? undefined : { asking: word === 'ASK', address }
}

/** What a server says of where another one listens, or undefined when that can not be. */
export function addressOf(host: unknown, port: unknown): Address | undefined {
  const number = typeof port === 'string' && /^\d{1,5}$/.test(port) ? Number(port) : port
  if (typeof host !== 'string' || !/^[\w.:-]{1,253}$/.test(host)) return undefined
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > 65_535)
    return undefined
  return { host, port: number }
}
