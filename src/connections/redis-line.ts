import type { Millis } from '../core/time.ts'
import { withinOwnTime } from './own-time.ts'
import { isReply, RedisFault, type RedisUnavailable } from './redis-unavailable.ts'
import type { Count } from './redis-node.ts'
import { causeOf, type Pair, type RedisCommand, type Wire } from './redis-wire.ts'

/** What a command gave: its value, or why there is none. */
export type RedisReply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly unavailable: RedisUnavailable }

/** What reading Redis has cost so far. */
export interface RedisCost {
  readonly connections: number
  readonly commands: number
  readonly roundTrips: number
  readonly failures: number
  /** Time between asking and the whole answer, summed up; not that of reads that wait for an arrival. */
  readonly spent: Millis
}

interface Refusal {
  readonly unavailable: RedisUnavailable
  readonly tries: number
  readonly until: Millis
}

type Mutable<Counts> = { -readonly [Name in keyof Counts]: Counts[Name] }

/** Gives a new connection that does not reconnect. */
type Dial = (count: Count) => Wire

// A login that is refused or a certificate that is wrong must not cost the server ten handshakes in each second.
const FIRST_REDIAL: Millis = 100
const LAST_REDIAL: Millis = 1_000
const CLOSE_WITHIN: Millis = 500

/**
 * One connection. It is dialled when a command needs it and dropped when it does not answer, breaks the protocol or
 * turns out to be a replica, so that there is no state to recover from and nothing runs between attempts.
 */
export class RedisLine {
  readonly #dial: Dial
  readonly #explain: (fault: unknown) => RedisUnavailable
  readonly #cost: Mutable<RedisCost>
  #current: Wire | undefined
  #lost: Wire | undefined
  #refusal: Refusal | undefined
  #closed = false

  /**
   * @param explain turns what was thrown into a reason
   * @param cost is counted up
   */
  constructor(dial: Dial, explain: (fault: unknown) => RedisUnavailable, cost: Mutable<RedisCost>) {
    this.#dial = dial
    this.#explain = explain
    this.#cost = cost
  }

  /**
   * Sends all commands at once (in a cluster: each to its node). Never rejects and never takes longer than `within`.
   * @returns a reply to each command, in their order; all are failures unless a primary answers
   */
  run(commands: readonly RedisCommand[], within: Millis): Promise<readonly RedisReply[]> {
    return this.#timed(commands.length, within, (wire) => wire.send(commands))
  }

  /** Sends one command to every primary: one reply from a single server, one per primary of a cluster. */
  runOnPrimaries(command: RedisCommand, within: Millis): Promise<readonly RedisReply[]> {
    return this.#timed(1, within, async (wire) => {
      const ways = await wire.primaries()
      return (await Promise.all(ways.map((send) => send([command])))).flat()
    })
  }

  /** Like `run`, whatever the role of the server: the answers prove nothing but that they were given. */
  runAnywhere(commands: readonly RedisCommand[], within: Millis): Promise<readonly RedisReply[]> {
    return this.#timed(commands.length, within, (wire) => wire.sendAnywhere(commands))
  }

  /** Like `run`, with a read among the commands that waits for an arrival: the time until it came is no cost. */
  wait(commands: readonly RedisCommand[], within: Millis): Promise<readonly RedisReply[]> {
    return this.#attempt(commands.length, within, (wire) => wire.send(commands))
  }

  /** Ends the connection within half a second, whether the server takes part or not. */
  async close(): Promise<void> {
    this.#closed = true
    const wire = this.#current
    if (wire === undefined) return
    wire.destroy()
    await withinOwnTime(wire.ended, CLOSE_WITHIN, () => undefined)
  }

  /** Like `#attempt`, and adds what it took to the cost. */
  async #timed(
    count: number,
    within: Millis,
    send: (wire: Wire) => Promise<readonly Pair[]>,
  ): Promise<readonly RedisReply[]> {
    const began = performance.now()
    const replies = await this.#attempt(count, within, send)
    this.#cost.spent += performance.now() - began
    return replies
  }

  /** Sends by `send`; a failure of the connection counts for `count` replies. */
  async #attempt(
    count: number,
    within: Millis,
    send: (wire: Wire) => Promise<readonly Pair[]>,
  ): Promise<readonly RedisReply[]> {
    const failed = (unavailable: RedisUnavailable): readonly RedisReply[] =>
      Array.from({ length: count }, () => ({ ok: false, unavailable }))
    if (this.#closed) return failed(this.#explain(new RedisFault('REDIS_CLOSED')))
    const refusal = this.#current === undefined ? this.#refusal : undefined
    if (refusal !== undefined && performance.now() < refusal.until) return failed(refusal.unavailable)
    const wire = (this.#current ??= this.#dialled())
    this.#cost.roundTrips += 1
    const asked = wire.ready
      .then(() => send(wire))
      .then(
        (pairs) => ({ pairs }),
        (fault: unknown) => ({ fault: causeOf(wire, fault) }),
      )
    const outcome = await withinOwnTime(asked, within, () => undefined)
    if (outcome !== undefined && 'pairs' in outcome) return this.#repliesOf(wire, outcome.pairs)
    return failed(this.#giveUp(wire, outcome === undefined ? new RedisFault('REDIS_TIMEOUT') : outcome.fault))
  }

  #dialled(): Wire {
    const wire = this.#dial((commands) => (this.#cost.commands += commands))
    this.#cost.connections += 1
    void wire.ended.then(() => {
      if (this.#current === wire) this.#current = undefined
    })
    return wire
  }

  #repliesOf(wire: Wire, pairs: readonly Pair[]): readonly RedisReply[] {
    const broken = pairs.find(([fault]) => fault !== null && !isReply(fault))
    if (broken === undefined) this.#refusal = undefined
    else this.#giveUp(wire, causeOf(wire, broken[0]))
    return pairs.map(([fault, value]) =>
      fault === null ? { ok: true, value } : { ok: false, unavailable: this.#explain(causeOf(wire, fault)) },
    )
  }

  /** Others that wait for the same connection get the same reason. */
  #giveUp(wire: Wire, fault: unknown): RedisUnavailable {
    if (this.#current === wire) this.#current = undefined
    wire.destroy(fault)
    const unavailable = this.#explain(fault)
    if (this.#lost === wire) return unavailable
    this.#lost = wire
    const tries = (this.#refusal?.tries ?? 0) + 1
    const pause = Math.min(FIRST_REDIAL * 2 ** (tries - 1), LAST_REDIAL)
    this.#refusal = { unavailable, tries, until: performance.now() + pause }
    this.#cost.failures += 1
    return unavailable
  }
}
