import type { Millis } from '../core/time.ts'
import { RedisFault } from './redis-fault.ts'
import { homeOf, learnSlots, redirectionIn, type Served } from './redis-slots.ts'
import { causeOf, type Address, type Pair, type RedisCommand, type Send, type Wire } from './redis-wire.ts'

// Redis itself advises against more than a thousand nodes; each of ours is a connection.
const MOST_NODES = 200
// More than any look waits.
const LONGEST_ANSWER: Millis = 1_000

/** Which of its ways of sending a node is sent by. */
type Way = 'send' | 'sendAnywhere'

/**
 * Connections to the primaries of a cluster, each dialled when it is needed. Who serves what is asked once; when a node
 * is lost or says that a key has moved, the whole is ended, and the next look learns anew.
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

  /** The next look learns anew, while what is under way comes to its end. */
  #retire(): void {
    this.#gone.resolve()
    setTimeout(() => this.destroy(), LONGEST_ANSWER).unref()
  }
}

function keyOf({ host, port }: Address): string {
  return `${host}:${port}`
}
