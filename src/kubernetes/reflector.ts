import type { Kubernetes } from '../connections/kubernetes.ts'
import type { Unavailable } from '../core/observation.ts'
import { MINUTE, SECOND, type Millis } from '../core/time.ts'
import {
  isFinal,
  isGone,
  neverListed,
  notUnderstood,
  openBackoff,
  pause,
  unavailableFrom,
} from './unavailable.ts'
import { type Collection, followChanges, listAll, type Versions, versionsOf } from './listing.ts'
import type { Confirmed } from './heartbeat.ts'
import { Holding, type Reduction } from './holding.ts'
import type { Identity, Seen } from './model.ts'

/** One kind of objects that is followed. */
export interface Resource<T extends Identity> extends Collection, Reduction<T> {}

export interface ReflectorOptions {
  readonly kubernetes: Kubernetes
  readonly onChange: () => void
}

/** An event and a list of versions come by two ways; an API server that is well tells both within moments. */
const CATCHES_UP_WITHIN: Millis = SECOND

/** How often a resource is looked for that the API server did without. */
const OPTIONAL_AGAIN: Millis = MINUTE

/**
 * Keeps the objects of one kind up to date: lists them, follows their changes from there, and lists them anew whenever
 * the watch breaks, the version to continue from is no longer kept, or the watch has kept something from us.
 *
 * Nothing is seen before the first list is whole. A watch that breaks hides nothing if the list that follows at once
 * succeeds; one that can't be taken up hides everything until one is. A kind that can't be confirmed is hidden at the
 * first refusal, or when it failed twice in a row and can't be listed either.
 */
export class Reflector<T extends Identity> implements Confirmed {
  readonly #resource: Resource<T>
  readonly #options: ReflectorOptions
  readonly #holding: Holding<T>
  readonly #stopped = new AbortController()
  readonly #unavailable: { list?: Unavailable; watch?: Unavailable }
  #following = new AbortController()
  #waiting = new AbortController()
  #backoff = openBackoff()
  #seen: Seen<T> | undefined
  #ended: Promise<void> | undefined
  /** Whether there is a list that a watch continues from. */
  #isFollowing = false
  #doubts = 0
  /** When what the API server last confirmed was asked for, by the monotonic clock. */
  #confirmedAt = -Infinity
  #listing: Promise<void> | undefined

  constructor(resource: Resource<T>, options: ReflectorOptions) {
    this.#resource = resource
    this.#options = options
    this.#holding = new Holding(resource)
    this.#unavailable = { list: neverListed(resource.name) }
  }

  seen(): Seen<T> {
    this.#seen ??= this.#view()
    return this.#seen
  }

  /** How long ago the API server last confirmed what is held; Infinity while it can't be seen. */
  age(): Millis {
    return this.seen().ok ? performance.now() - this.#confirmedAt : Infinity
  }

  start(): void {
    this.#ended ??= this.#run()
  }

  /** What is held may be old: nothing is seen until it was listed anew. */
  distrust(unavailable: Unavailable): void {
    this.#hide('list', unavailable)
    this.#following.abort()
  }

  /** Tries at once what would be tried after a pause, and does not hold failures of before against what comes. */
  hurry(): void {
    this.#backoff = openBackoff()
    this.#waiting.abort()
  }

  async confirm(deadline: AbortSignal): Promise<void> {
    const { kubernetes } = this.#options
    const askedAt = performance.now()
    const versions = await versionsOf(kubernetes, this.#resource, deadline)
    this.#doubts = 0
    if (!this.#isFollowing) return
    if (this.#unavailable.list !== undefined) void this.#listAnew()
    else if (versions !== undefined) void this.#catchUp(versions, askedAt)
  }

  async touch(deadline: AbortSignal): Promise<void> {
    await versionsOf(this.#options.kubernetes, this.#resource, deadline, 1)
  }

  doubt(fault: unknown): void {
    this.#doubts += 1
    if (!this.#isFollowing) return
    if (isFinal(fault)) this.#explain('list', fault, this.#over())
    else if (this.#doubts > 1) void this.#listAnew()
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#ended
  }

  #view(): Seen<T> {
    const items = this.#holding.items()
    const strange = this.#holding.strange()
    const why = this.#unavailable.list ?? this.#unavailable.watch
    if (why !== undefined) return { ok: false, unavailable: why, lastKnown: items }
    if (strange.length === 0) return { ok: true, items }
    return { ok: false, unavailable: notUnderstood(this.#resource.name, strange), lastKnown: items }
  }

  #changed(): void {
    this.#seen = undefined
    this.#options.onChange()
  }

  #hide(way: 'list' | 'watch', next: Unavailable): void {
    if (this.#unavailable[way]?.message === next.message) return
    this.#unavailable[way] = next
    this.#changed()
  }

  #clear(way: 'list' | 'watch'): void {
    if (this.#unavailable[way] === undefined) return
    delete this.#unavailable[way]
    this.#changed()
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const startedAt = performance.now()
      const fault = await this.#listAndFollow().catch((thrown: unknown) => thrown)
      this.#waiting = new AbortController()
      const wait = this.#backoff.after(performance.now() - startedAt, fault)
      await pause(wait, AbortSignal.any([this.#stopped.signal, this.#waiting.signal]))
    }
  }

  async #listAndFollow(): Promise<void> {
    const following = (this.#following = new AbortController())
    const over = this.#over()
    const version = await this.#list(this.#stopped.signal, false).catch((fault: unknown) => {
      this.#explain('list', fault, this.#stopped.signal)
      throw fault
    })
    if (version === undefined) return pause(OPTIONAL_AGAIN, over)
    this.#isFollowing = true
    try {
      await this.#follow(version, over)
    } finally {
      this.#isFollowing = false
      following.abort()
      await this.#listing
    }
  }

  async #follow(version: string, over: AbortSignal): Promise<void> {
    let isOpen = false
    try {
      await followChanges(this.#options.kubernetes, this.#resource, version, over, {
        onOpen: () => {
          isOpen = true
          this.#clear('watch')
        },
        onChange: (isDeleted, object) => {
          if (this.#holding.apply(isDeleted, object)) this.#changed()
        },
      })
    } catch (fault) {
      if (!isOpen && !isGone(fault)) this.#explain('watch', fault, over)
      throw fault
    }
  }

  /** A watch that does not bring what there is has broken, whatever its connection says. */
  async #catchUp(versions: Versions, askedAt: Millis): Promise<void> {
    if (!this.#holding.covers(versions)) {
      const following = this.#following
      await pause(CATCHES_UP_WITHIN, this.#over())
      if (!this.#holding.covers(versions)) return following.abort()
    }
    this.#confirmedAt = Math.max(this.#confirmedAt, askedAt)
  }

  /** Lists anew beside the watch, which need not end for it. */
  #listAnew(): Promise<void> {
    const over = this.#over()
    this.#listing ??= this.#list(over, true)
      .then(
        () => {},
        (fault: unknown) => this.#explain('list', fault, over),
      )
      .finally(() => (this.#listing = undefined))
    return this.#listing
  }

  /** Aborted when what is followed now is followed no more. */
  #over(): AbortSignal {
    return AbortSignal.any([this.#stopped.signal, this.#following.signal])
  }

  async #list(stop: AbortSignal, besideWatch: boolean): Promise<string | undefined> {
    const holding = this.#holding
    const askedAt = performance.now()
    let listing = holding.list()
    const version = await listAll(this.#options.kubernetes, this.#resource, stop, () => {
      listing = holding.list()
      return (objects) => holding.add(listing, objects)
    })
    if (holding.end(listing, version ?? '', besideWatch)) this.#changed()
    this.#confirmedAt = askedAt
    this.#clear('list')
    return version
  }

  #explain(way: 'list' | 'watch', fault: unknown, over: AbortSignal): void {
    if (!over.aborted) this.#hide(way, unavailableFrom(fault, this.#resource.name))
  }
}
