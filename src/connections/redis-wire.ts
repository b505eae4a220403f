import { RedisFault } from './redis-fault.ts'

export type RedisCommand = readonly [name: string, ...args: readonly string[]]

/** What a command came to: no fault and its value, or a fault. */
export type Pair = readonly [fault: Error | null, value: unknown]

export type Send = (commands: readonly RedisCommand[]) => Promise<readonly Pair[]>

/** One connection to a single Redis, or the connections to the nodes of one cluster. It is dialled once. */
export interface Wire {
  /** Rejects when it can't be dialled. */
  readonly ready: Promise<unknown>
  /** Resolves when it is gone, for whatever reason. */
  readonly ended: Promise<unknown>
  /** What it complained of last; commands only say that it is closed. */
  fault(): unknown
  /** Sends all commands at once, in a cluster each to its node, and gives what each came to at a primary. */
  readonly send: Send
  /** The same, whatever the role of the server. */
  readonly sendAnywhere: Send
  /** How to send to each primary: one way for a single server. */
  primaries(): Promise<readonly Send[]>
  /** Ends it at once; what is under way fails, because of `why`. */
  destroy(why?: unknown): void
}

/** Where a node of Redis listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Whether the server refused the command itself, so that the connection is whole. */
export function isReply(fault: Error): boolean {
  return fault.name === 'ReplyError'
}

/** Of a connection that broke, the cause is what it complained of; its commands only know that it is closed. */
export function causeOf(wire: Pick<Wire, 'fault'>, fault: unknown): Error {
  if (fault instanceof RedisFault || (fault instanceof Error && isReply(fault))) return fault
  const cause = wire.fault() ?? fault
  return cause instanceof Error ? cause : new Error(String(cause))
}
