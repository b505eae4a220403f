import type { Millis } from '../core/time.ts'
import { withinOwnTime } from './own-time.ts'
import type { Statement, Value } from './postgres-exchange.ts'
import { PostgresFailure, postgresFailure, standby } from './postgres-failure.ts'
import { ConnectionFault } from './postgres-message.ts'
import { openSession, type PostgresSession, type PostgresSettings } from './postgres-session.ts'

export type { Value } from './postgres-exchange.ts'
export type { PostgresSettings } from './postgres-session.ts'
export type { PostgresTls } from './postgres-socket.ts'

/** How long a query waits. Turn or dialling plus answer is what a hung server costs: below 800 ms by default. */
export interface PostgresPatience {
  /** For the turn on the connection, and for dialling when there is none. */
  readonly connect: Millis
  /** For the answer, by our clock; only a server that hangs needs it. */
  readonly answer: Millis
  /** For the answer, by the server's clock. Below `answer`, so that the server ends it and the connection lives. */
  readonly statement: Millis
  /** For a lock that a migration holds. */
  readonly lock: Millis
  /** After the server could not be reached or refused us, before it is dialled again. */
  readonly redial: Millis
}

const defaultPatience: PostgresPatience = {
  connect: 350,
  answer: 400,
  statement: 350,
  lock: 200,
  redial: 500,
}

/** What reading Postgres has cost so far. */
export interface PostgresCost {
  readonly connections: number
  /** Those that were asked for; each has a short one before it that sets its bounds. */
  readonly statements: number
  readonly failures: number
  /** Time between sending a statement and its whole answer, summed up, in milliseconds. */
  readonly spent: Millis
}

/** One read-only connection, opened when it is needed and kept. */
export interface Postgres {
  readonly cost: PostgresCost
  /** Whether the last answer came through a connection pooler; undefined before the first. */
  readonly isPooled: boolean | undefined
  /**
   * Runs one statement, read-only and within our bounds. It is prepared under `name` where there is no connection pooler
   * between. Several queue for the connection; each leaves the queue when its turn did not come within the patience.
   * @throws PostgresFailure for everything that the server or the network did, and when a standby answered
   */
  query<Row extends object>(name: string, text: string, values?: readonly Value[]): Promise<readonly Row[]>
  /** Ends the connection within half a second, whether the server takes part or not. */
  close(): Promise<void>
}

const CLOSE_WITHIN: Millis = 500

export interface PostgresOptions {
  /** Whether a standby may answer. Its rows may lag, so only a question about itself is worth asking. */
  readonly acceptsStandby?: boolean
}

/** Prepares the connection; nothing is dialled before the first query. */
export function openPostgres(
  settings: PostgresSettings,
  patience: Partial<PostgresPatience> = {},
  { acceptsStandby = false }: PostgresOptions = {},
): Postgres {
  return new Connection(settings, { ...defaultPatience, ...patience }, acceptsStandby)
}

class Connection implements Postgres {
  readonly cost = { connections: 0, statements: 0, failures: 0, spent: 0 }
  readonly #settings: PostgresSettings
  readonly #patience: PostgresPatience
  readonly #acceptsStandby: boolean
  readonly #turns = new Turns()
  readonly #closing = new AbortController()
  #session: PostgresSession | undefined
  #isPooled: boolean | undefined
  // A pooler that its answers do not give away is known by what it does to prepared statements, once.
  #mayPrepare = true
  #refusal: { readonly failure: unknown; readonly until: number } | undefined

  constructor(settings: PostgresSettings, patience: PostgresPatience, acceptsStandby: boolean) {
    this.#settings = settings
    this.#patience = patience
    this.#acceptsStandby = acceptsStandby
  }

  get isPooled(): boolean | undefined {
    return this.#isPooled
  }

  async query<Row extends object>(
    name: string,
    text: string,
    values: readonly Value[] = [],
  ): Promise<readonly Row[]> {
    const until = performance.now() + this.#patience.connect
    let leave: (() => void) | undefined
    try {
      leave = await this.#turns.take(this.#patience.connect)
      const session = await this.#sessionWithin(until - performance.now())
      return (await this.#run(session, { name, text, values })) as readonly Row[]
    } catch (error) {
      this.cost.failures += 1
      throw postgresFailure(error, this.#settings)
    } finally {
      leave?.()
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new ConnectionFault('closed'))
    await this.#session?.close(CLOSE_WITHIN)
  }

  async #sessionWithin(within: Millis): Promise<PostgresSession> {
    this.#closing.signal.throwIfAborted()
    if (this.#session?.fault === undefined && this.#session !== undefined) return this.#session
    if (this.#refusal !== undefined && performance.now() < this.#refusal.until) throw this.#refusal.failure
    const options = { within, mayPrepare: this.#mayPrepare, signal: this.#closing.signal }
    try {
      this.#session = await openSession(this.#settings, this.#patience, options)
    } catch (error) {
      throw this.#refuse(error)
    }
    this.cost.connections += 1
    this.#refusal = undefined
    return this.#session
  }

  async #run(session: PostgresSession, statement: Statement): Promise<readonly object[]> {
    const sentAt = performance.now()
    try {
      const { rows, inRecovery } = await session.run(statement, this.#patience.answer)
      this.#isPooled = session.isPooled
      if (inRecovery && !this.#acceptsStandby) throw new PostgresFailure(standby(this.#settings), false)
      return rows
    } catch (error) {
      throw this.#judge(session, postgresFailure(error, this.#settings))
    } finally {
      this.cost.statements += 1
      this.cost.spent += performance.now() - sentAt
    }
  }

  /** Keeps a session that was merely refused something, and nothing else. */
  #judge(session: PostgresSession, failure: unknown): unknown {
    if (failure instanceof PostgresFailure && !failure.fatal) return failure
    session.drop()
    if (!(failure instanceof PostgresFailure)) return failure
    if (failure.reason === 'postgres_pooler') this.#mayPrepare = false
    return failure.unknownReason === 'malformed' ? this.#refuse(failure) : failure
  }

  /** A connection that is refused or broken off costs the server a process: not at the rate of brisk attempts. */
  #refuse(error: unknown): unknown {
    const failure = postgresFailure(error, this.#settings)
    this.#refusal = { failure, until: performance.now() + this.#patience.redial }
    return failure
  }
}

/** Lets one at a time pass, in the order in which they came. */
class Turns {
  readonly #waiting: (() => void)[] = []
  #isTaken = false
  readonly #end = () => {
    const next = this.#waiting.shift()
    if (next === undefined) this.#isTaken = false
    else next()
  }

  /**
   * @returns what ends the turn
   * @throws ConnectionFault when it did not come within this time
   */
  async take(within: Millis): Promise<() => void> {
    if (!this.#isTaken) {
      this.#isTaken = true
      return this.#end
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    return withinOwnTime(
      promise.then(() => this.#end),
      within,
      () => {
        const at = this.#waiting.indexOf(resolve)
        // The turn came in the same moment: another one has it.
        if (at === -1) this.#end()
        else this.#waiting.splice(at, 1)
        throw new ConnectionFault('timeout')
      },
    )
  }
}
