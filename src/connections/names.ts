import type { LookupAddress } from 'node:dns'
import { lookup as systemLookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { SECOND, type Millis } from '../core/time.ts'
import { withinOwnTime } from './own-time.ts'

// A name is looked up by the system's own function, getaddrinfo: it alone knows the hosts file, the search domains of a
// pod and every other source that the system is configured with. It can't be ended, and libuv runs it in half of its
// threads, two by default. So a look-up is shared, and one that hangs holds as little as possible.

export interface NameLimits {
  /** Look-ups that run at once; libuv queues what is more than half of its threads (`UV_THREADPOOL_SIZE`). */
  readonly running: number
  /** Of these, look-ups of names that hung before. */
  readonly hung: number
  /** A look-up that runs longer hangs: the resolver then waits for a name server a second time. */
  readonly slow: Millis
  /** How long an answer is used again. */
  readonly kept: Millis
}

const defaults: NameLimits = {
  // Of eight threads, which src/main.ts asks for.
  running: 4,
  // Of the two threads that there are at least, one stays free.
  hung: 1,
  slow: SECOND,
  // A cluster's name server lets an answer be kept for 5 s. This is what many connections at once need, and so short
  // that no address is used which has meanwhile been given to another container.
  kept: SECOND,
}

/** Names that are known to hang; more than any installation has. */
const MOST_SLOW = 1_000

export type Family = 0 | 4 | 6

/** All addresses of a name, in the resolver's order. Rejects with an error that has a `code`, such as `ENOTFOUND`. */
export type Resolve = (name: string, family: Family, hints: number) => Promise<readonly LookupAddress[]>

export interface Names {
  /**
   * A `lookup` for `net.connect` and everything that is made of it. It answers within `patience`: an address at once, a
   * name from one look-up that all callers share. A look-up that takes longer continues; its callers get `EAI_AGAIN`.
   */
  within(patience: Millis): LookupFunction
}

export function openNames(resolve: Resolve, limits: Partial<NameLimits> = {}): Names {
  const lookUps = new LookUps(resolve, { ...defaults, ...limits })
  return {
    within: (patience) => (name, options, callback) => {
      const family = familyOf(options.family)
      void lookUps.ask(name, family, options.hints ?? 0, patience).then(
        (addresses) => tell(callback, addresses, options.all === true),
        (fault: NodeJS.ErrnoException) => callback(fault, ''),
      )
    },
  }
}

function systemResolve(name: string, family: Family, hints: number): Promise<readonly LookupAddress[]> {
  return systemLookup(name, { all: true, order: 'verbatim', family, hints })
}

function familyOf(family: number | 'IPv4' | 'IPv6' | undefined): Family {
  if (family === 4 || family === 'IPv4') return 4
  return family === 6 || family === 'IPv6' ? 6 : 0
}

function tell(
  callback: Parameters<LookupFunction>[2],
  addresses: readonly LookupAddress[],
  all: boolean,
): void {
  const [first] = addresses
  if (all) callback(null, [...addresses])
  else if (first !== undefined) callback(null, first.address, first.family)
  else callback(Object.assign(new Error('the name has no address'), { code: 'ENOTFOUND' }), '')
}

/** One look-up, with those who wait for it. */
interface LookUp {
  readonly key: string
  readonly run: () => Promise<readonly LookupAddress[]>
  readonly answer: PromiseWithResolvers<readonly LookupAddress[]>
  /** By the clock of the process; undefined while it is queued. */
  startedAt?: Millis
  askers: number
}

class LookUps {
  readonly #resolve: Resolve
  readonly #limits: NameLimits
  readonly #running = new Map<string, LookUp>()
  readonly #queued = new Map<string, LookUp>()
  readonly #kept = new Map<string, readonly LookupAddress[]>()
  /** Names whose last look-up hung, the oldest first. */
  readonly #slow = new Set<string>()

  constructor(resolve: Resolve, limits: NameLimits) {
    this.#resolve = resolve
    this.#limits = limits
  }

  async ask(
    name: string,
    family: Family,
    hints: number,
    patience: Millis,
  ): Promise<readonly LookupAddress[]> {
    const literal = isIP(name)
    if (literal !== 0) return [{ address: name, family: literal }]
    const key = `${family} ${hints} ${name}`
    const kept = this.#kept.get(key)
    if (kept !== undefined) return kept
    const lookUp = this.#running.get(key) ?? this.#queued.get(key) ?? this.#queue(key, name, family, hints)
    lookUp.askers += 1
    this.#startNext()
    try {
      return await withinOwnTime(lookUp.answer.promise, patience, () => {
        throw lateFault(name, patience)
      })
    } finally {
      lookUp.askers -= 1
      if (lookUp.askers === 0 && this.#queued.get(key) === lookUp) this.#queued.delete(key)
    }
  }

  #queue(key: string, name: string, family: Family, hints: number): LookUp {
    const answer = Promise.withResolvers<readonly LookupAddress[]>()
    answer.promise.catch(() => {})
    const lookUp = { key, run: () => this.#resolve(name, family, hints), answer, askers: 0 }
    this.#queued.set(key, lookUp)
    return lookUp
  }

  #startNext(): void {
    for (const lookUp of this.#queued.values()) {
      if (this.#running.size >= this.#limits.running) return
      if (this.#slow.has(lookUp.key) && this.#hung() >= this.#limits.hung) continue
      this.#queued.delete(lookUp.key)
      this.#running.set(lookUp.key, lookUp)
      void this.#run(lookUp)
    }
  }

  #hung(): number {
    const now = performance.now()
    return [...this.#running.values()].filter(
      ({ key, startedAt = now }) => this.#slow.has(key) || now - startedAt > this.#limits.slow,
    ).length
  }

  async #run(lookUp: LookUp): Promise<void> {
    const { key, answer } = lookUp
    const startedAt = (lookUp.startedAt = performance.now())
    try {
      const addresses = await lookUp.run()
      this.#kept.set(key, addresses)
      setTimeout(() => this.#kept.delete(key), this.#limits.kept).unref()
      answer.resolve(addresses)
    } catch (fault) {
      answer.reject(fault)
    }
    this.#running.delete(key)
    this.#slow.delete(key)
    if (performance.now() - startedAt > this.#limits.slow) this.#markSlow(key)
    this.#startNext()
  }

  #markSlow(key: string): void {
    this.#slow.add(key)
    if (this.#slow.size <= MOST_SLOW) return
    for (const oldest of this.#slow) return void this.#slow.delete(oldest)
  }
}

/** With the code of a name server that does not answer, by which every client of ours tells it. */
function lateFault(name: string, patience: Millis): NodeJS.ErrnoException {
  const message = `the look-up of ${name} did not end within ${patience} ms`
  return Object.assign(new Error(message), { code: 'EAI_AGAIN', syscall: 'getaddrinfo', hostname: name })
}

/** The names of the process: its threads are shared, so are the look-ups that use them. */
export const names = openNames(systemResolve)
