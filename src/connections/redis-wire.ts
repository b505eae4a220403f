import { isReply, RedisFault } from './redis-unavailable.ts'

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

/** Of a connection that broke, the cause is what it complained of; its commands only know that it is closed. */
export function causeOf(wire: Pick<Wire, 'fault'>, fault: unknown): Error {
  if (fault instanceof RedisFault || (fault instanceof Error && isReply(fault))) return fault
  const cause = wire.fault() ?? fault
  return cause instanceof Error ? cause : new Error(String(cause))
}

/** Asks for the role. `ROLE` would need a right of its own; the probes need `INFO` anyhow. */
export const roleQuestion: RedisCommand = ['INFO', 'replication']

/** Whether the answer to a command tells the role as well. */
export function tellsRole([name, ...sections]: RedisCommand): boolean {
  return name === 'INFO' && sections.includes('replication')
}

/**
 * Sends the commands, and the question for the role behind them in the same round trip unless one of them asks it.
 * Nothing that a replica says proves anything: of one that does not say that it is a primary, every answer is the fault.
 *
 * The question comes last, since replies bear no name: when one is missing or one too many, its reply is another's, and
 * none of them is believed.
 */
export async function sendToPrimary(send: Send, commands: readonly RedisCommand[]): Promise<readonly Pair[]> {
  const telling = commands.filter(tellsRole)
  const others = commands.filter((command) => !tellsRole(command))
  const asked = [...others, ...(telling.length > 0 ? telling : [roleQuestion])]
  const pairs = await send(asked)
  const fault = pairs
    .slice(others.length)
    .map(roleFault)
    .find((one) => one !== undefined)
  if (fault !== undefined || pairs.length < asked.length)
    return commands.map(() => [fault ?? new RedisFault('REDIS_ROLE', 'missing'), null])
  return commands.map(
    (command) => pairs[asked.indexOf(command)] ?? [new RedisFault('REDIS_ROLE', 'missing'), null],
  )
}

function roleFault([fault, info]: Pair): Error | undefined {
  return fault ?? roleFaultIn(info)
}

/** Of a text of the server in a message. */
const LONGEST = 200

/**
 * What `INFO replication` holds against the server; undefined for a primary.
 * @param info the reply, whatever it is
 */
export function roleFaultIn(info: unknown): RedisFault | undefined {
  if (typeof info !== 'string') return new RedisFault('REDIS_ROLE', 'missing')
  const role = onlyField(info, 'role')
  if (role === 'master') return undefined
  if (role !== 'slave') return new RedisFault('REDIS_ROLE', role?.slice(0, LONGEST) ?? 'missing')
  const host = onlyField(info, 'master_host')?.slice(0, LONGEST) ?? 'an unknown host'
  const port = onlyField(info, 'master_port')?.slice(0, LONGEST)
  const link = onlyField(info, 'master_link_status') === 'up' ? '' : ', to which its link is down'
  return new RedisFault('REDIS_REPLICA', `${host}${port === undefined ? '' : `:${port}`}${link}`)
}

/** The value of a field of `INFO` that occurs once; one that occurs twice counts as missing. */
export function onlyField(info: string, name: string): string | undefined {
  const prefix = `${name}:`
  const at = lineThatBegins(prefix, info, 0)
  if (at === -1 || lineThatBegins(prefix, info, at + 1) !== -1) return undefined
  const end = info.indexOf('\n', at)
  return info.slice(at + prefix.length, end === -1 ? undefined : end).trim()
}

/** Where it begins; -1 when there is none. */
function lineThatBegins(prefix: string, info: string, from: number): number {
  let at = info.indexOf(prefix, from)
  while (at > 0 && info[at - 1] !== '\n') at = info.indexOf(prefix, at + 1)
  return at
}
