import { Command } from 'ioredis'
import { RedisFault } from './redis-fault.ts'
import { causeOf, isReply, type Address, type Pair, type RedisCommand, type Wire } from './redis-wire.ts'

/** A range of slots and the primary that serves it. */
export interface Served {
  readonly from: number
  readonly to: number
  readonly primary: Address
}

const LAST_SLOT = 16_383

/**
 * Asks all nodes at once who serves what; one that hangs would take all the time.
 * @returns what the first one that knows says
 * @throws what the nodes have against it when none does
 */
export async function learnSlots(
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
 * @param asked the node that was asked; it stands for one whose host is not said
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
export interface Redirection {
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
