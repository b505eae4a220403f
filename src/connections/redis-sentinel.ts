import type { Millis } from '../core/time.ts'
import { ownTimeSignal } from './own-time.ts'
import { RedisFault } from './redis-fault.ts'
import { dialNode, type NodeSettings } from './redis-node.ts'
import { addressOf } from './redis-slots.ts'
import { causeOf, isReply, type Address } from './redis-wire.ts'

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
