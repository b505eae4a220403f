import pg from 'pg'
import type { Millis } from '../core/time.ts'
import { afterOwnTime } from './own-time.ts'
import { exchangeOf, type Row, type Statement } from './postgres-exchange.ts'
import { ConnectionFault } from './postgres-message.ts'
import { PostgresSocket, type PostgresTls } from './postgres-socket.ts'

export interface PostgresSettings {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly password?: string
  readonly tls: false | PostgresTls
}

/** Bounds that the server keeps while it runs a statement of ours. */
export interface ServerPatience {
  readonly statement: Millis
  readonly lock: Millis
}

/** What one statement gave, and which server answered. */
export interface Answer {
  readonly rows: readonly Row[]
  /** Whether a standby answered. */
  readonly inRecovery: boolean
}

/**
 * Settings of our transaction only, so that they hold behind a connection pooler too, which lends us another session
 * for each. An index is used whatever stale statistics say of a backlog that is gone, no bitmap is built of rows that a
 * LIMIT will not take, and no worker process is started for us.
 */
function settingsOf({ statement, lock }: ServerPatience): Readonly<Record<string, string>> {
  return {
    transaction_read_only: 'on',
    statement_timeout: `${statement}ms`,
    lock_timeout: `${lock}ms`,
    enable_seqscan: 'off',
    enable_bitmapscan: 'off',
    max_parallel_workers_per_gather: '0',
    jit: 'off',
  }
}

/** Goes before each statement: puts the settings into force and says which server answers. */
function preambleOf(patience: ServerPatience): Statement {
  const settings = Object.entries(settingsOf(patience)).map(
    ([name, value]) => `set_config('${name}', '${value}', true)`,
  )
  // One column, since each is described and read with every answer.
  const text = `SELECT pg_is_in_recovery() AS in_recovery, pg_backend_pid() AS backend, concat(${settings.join(', ')}) AS settings`
  return { name: 'gate-session', text, values: [] }
}

/**
 * Dials and logs in.
 * @param mayPrepare whether statements may be kept prepared where no pooler is seen
 * @throws what pg, the network or the server made of it; postgresFailure() knows them all
 */
export async function openSession(
  settings: PostgresSettings,
  patience: ServerPatience,
  { within, mayPrepare, signal }: { within: Millis; mayPrepare: boolean; signal: AbortSignal },
): Promise<PostgresSession> {
  const socket = new PostgresSocket(settings.tls)
  const client = new pg.Client(clientConfig(settings, socket))
  const session = new PostgresSession(client, socket, preambleOf(patience), mayPrepare)
  const cancel = afterOwnTime(within, () => socket.destroy(new ConnectionFault('timeout')))
  const abort = () => socket.destroy(new ConnectionFault('closed'))
  signal.addEventListener('abort', abort)
  try {
    signal.throwIfAborted()
    await session.whileWhole(client.connect())
    return session
  } catch (fault) {
    socket.destroy()
    throw fault
  } finally {
    cancel()
    signal.removeEventListener('abort', abort)
  }
}

function clientConfig(
  { host, port, user, database, password }: PostgresSettings,
  socket: PostgresSocket,
): pg.ClientConfig {
  return {
    host,
    port,
    user,
    database,
    // A function, so that pg searches no password in files and variables of ours.
    password: () => password ?? '',
    // The socket sees to it.
    ssl: false,
    stream: () => socket,
    application_name: 'caracal-gate-exporter',
  }
}

/** One login to the server. */
export class PostgresSession {
  readonly #client: pg.Client
  readonly #socket: PostgresSocket
  readonly #preamble: Statement
  readonly #mayPrepare: boolean
  /** Texts by the names that they are prepared under. */
  readonly #prepared = new Map<string, string>()
  /** Who waits for the server, and must learn that nothing will come. */
  #giveUp: ((fault: Error) => void) | undefined
  #fault: Error | undefined
  #isPooled: boolean | undefined

  constructor(client: pg.Client, socket: PostgresSocket, preamble: Statement, mayPrepare: boolean) {
    this.#client = client
    this.#socket = socket
    this.#preamble = preamble
    this.#mayPrepare = mayPrepare
    // From birth to death: an error that nothing listens to would end the process.
    client.on('error', (fault) => this.#break(fault))
    client.on('end', () => this.#break(new ConnectionFault('closed')))
  }

  /** Rejects when `work` does, or when the session breaks before. */
  async whileWhole<Result>(work: Promise<Result>): Promise<Result> {
    const broken = Promise.withResolvers<never>()
    this.#giveUp = broken.reject
    try {
      return await Promise.race([work, broken.promise])
    } finally {
      this.#giveUp = undefined
    }
  }

  /** Why it is of no further use; undefined as long as it is. */
  get fault(): Error | undefined {
    return this.#fault
  }

  /** Whether a connection pooler answers in place of the server; undefined before the first answer. */
  get isPooled(): boolean | undefined {
    return this.#isPooled
  }

  /** Runs one statement. After a rejection the session may be of further use. */
  async run(statement: Statement, within: Millis): Promise<Answer> {
    if (this.#fault !== undefined) throw this.#fault
    const cancel = afterOwnTime(within, () => this.#socket.destroy(new ConnectionFault('timeout')))
    try {
      const [[said] = [], rows] = await this.#exchange(
        [this.#preamble, statement].map((one) => this.#named(one)),
      )
      if (said === undefined || rows === undefined || typeof said['in_recovery'] !== 'boolean')
        throw this.#break(new ConnectionFault('malformed', 'no word of the server about itself'))
      this.#isPooled = said['backend'] !== this.#socket.frames.backend
      return { rows, inRecovery: said['in_recovery'] }
    } finally {
      cancel()
    }
  }

  /** Breaks it off. */
  drop(): void {
    this.#break(new ConnectionFault('closed'))
  }

  /** Ends it within this time, whether the server takes part or not. */
  async close(within: Millis): Promise<void> {
    const late = setTimeout(() => this.#socket.destroy(), within)
    await this.#client.end()
    clearTimeout(late)
  }

  /** Behind a pooler the next statement may meet another session, in which its name means something else or nothing. */
  #named(statement: Statement): Statement {
    return this.#mayPrepare && this.#isPooled === false ? statement : { ...statement, name: '' }
  }

  async #exchange(statements: readonly Statement[]): Promise<readonly (readonly Row[])[]> {
    const answer = Promise.withResolvers<readonly (readonly Row[])[]>()
    let refusal: Error | undefined
    const refuse = (fault: Error) => {
      refusal ??= fault
      if (this.#socket.destroyed) answer.reject(refusal)
    }
    // The next exchange may begin when the server has said that this one is over, not when it has refused it.
    const onIdle = () => refusal !== undefined && answer.reject(refusal)
    this.#socket.on('idle', onIdle)
    this.#socket.frames.expect(statements.length)
    const isPrepared = ({ name, text }: Statement) => this.#prepared.get(name) === text
    this.#client.query(exchangeOf(statements, { isPrepared, answered: answer.resolve, refused: refuse }))
    try {
      const results = await this.whileWhole(answer.promise)
      for (const { name, text } of statements) this.#prepared.set(name, text)
      return results
    } catch (fault) {
      for (const { name } of statements) this.#prepared.delete(name)
      throw refusal ?? fault
    } finally {
      this.#socket.off('idle', onIdle)
    }
  }

  #break(fault: Error): Error {
    this.#fault ??= fault
    this.#giveUp?.(fault)
    this.#socket.destroy()
    return fault
  }
}
