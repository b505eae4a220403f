import type { Kubernetes } from '../connections/kubernetes.ts'
import type { Blindness } from '../core/observation.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { isGone, openBackoff, pause } from './backoff.ts'
import { blindnessFrom, isFinal, neverListed, notUnderstood } from './blindness.ts'
import { followChanges } from './following.ts'
import { Holding, type Reduction } from './holding.ts'
import { listAll, type Collection } from './listing.ts'
import type { Identity, Seen } from './model.ts'

/** One kind of objects that is followed. */
export interface Resource<T extends Identity> extends Collection, Reduction<T> {}

export interface ReflectorOptions {
  readonly kubernetes: Kubernetes
  /** How often everything is listed anew, should a watch have kept something from us. */
  readonly relist: () => Millis
  readonly onChange: () => void
}

/**
 * Keeps the objects of one kind up to date: lists them, follows their changes from there, and lists them anew whenever
 * the watch breaks, what it goes on from is no longer kept, or it is time to.
 *
 * Nothing is seen before the first list is whole. A watch that breaks hides nothing if the list that follows at once
 * succeeds; one that can't be taken up hides everything until one is. A list that is made beside a living watch hides
 * everything at the first refusal, or when it failed twice in a row.
 */
export class Reflector<T extends Identity> {
  readonly #resource: Resource<T>
  readonly #options: ReflectorOptions
  readonly #holding: Holding<T>
  readonly #stopped = new AbortController()
  readonly #blind: { list?: Blindness; watch?: Blindness }
  #following = new AbortController()
  #waiting = new AbortController()
  #backoff = openBackoff()
  #seen: Seen<T> | undefined
  #ended: Promise<void> | undefined

  constructor(resource: Resource<T>, options: ReflectorOptions) {
    this.#resource = resource
    this.#options = options
    this.#holding = new Holding(resource)
    this.#blind = { list: neverListed(resource.name) }
  }

  seen(): Seen<T> {
    this.#seen ??= this.#look()
    return this.#seen
  }

  start(): void {
    this.#ended ??= this.#run()
  }

  /** What is held may be old: nothing is seen until it was listed anew. */
  distrust(blindness: Blindness): void {
    this.#turnBlind('list', blindness)
    this.#following.abort()
  }

  /** Tries at once what would be tried after a pause, and does not hold failures of before against what comes. */
  hurry(): void {
    this.#backoff = openBackoff()
    this.#waiting.abort()
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#ended
  }

  #look(): Seen<T> {
    const items = this.#holding.items()
    const strange = this.#holding.strange()
    const why = this.#blind.list ?? this.#blind.watch
    if (why !== undefined) return { ok: false, blindness: why, lastKnown: items }
    if (strange.length === 0) return { ok: true, items }
    return { ok: false, blindness: notUnderstood(this.#resource.name, strange), lastKnown: items }
  }

  #changed(): void {
    this.#seen = undefined
    this.#options.onChange()
  }

  #turnBlind(way: 'list' | 'watch', next: Blindness): void {
    if (this.#blind[way]?.message === next.message) return
    this.#blind[way] = next
    this.#changed()
  }

  #clear(way: 'list' | 'watch'): void {
    if (this.#blind[way] === undefined) return
    delete this.#blind[way]
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
    const over = AbortSignal.any([this.#stopped.signal, following.signal])
    const version = await this.#list(this.#stopped.signal, false).catch((fault: unknown) => {
      this.#explain('list', fault, this.#stopped.signal)
      throw fault
    })
    if (version === undefined) return pause(this.#options.relist(), over)
    const listing = this.#keepListing(over)
    try {
      await this.#follow(version, over)
    } finally {
      following.abort()
      await listing
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

  /** Lists anew from time to time beside the watch, which need not end for it. */
  async #keepListing(stop: AbortSignal): Promise<void> {
    const { relist } = this.#options
    const backoff = openBackoff()
    // Nine kinds must not be listed in the same moment.
    const spread = 0.9 + Math.random() / 5
    let listedAt = performance.now()
    let failures = 0
    let again: Millis | undefined
    while (!stop.aborted) {
      // In short turns, since how often it is wanted changes.
      await pause(again ?? Math.min(5 * SECOND, relist() / 4), stop)
      const isDue = again !== undefined || performance.now() - listedAt > relist() * spread
      if (stop.aborted || !isDue) continue
      try {
        await this.#list(stop, true)
        listedAt = performance.now()
        failures = 0
        again = undefined
      } catch (fault) {
        failures += 1
        if (failures > 1 || isFinal(fault)) this.#explain('list', fault, stop)
        again = backoff.after(0, fault)
      }
    }
  }

  async #list(stop: AbortSignal, besideWatch: boolean): Promise<string | undefined> {
    const holding = this.#holding
    let listing = holding.list()
    const version = await listAll(this.#options.kubernetes, this.#resource, stop, () => {
      listing = holding.list()
      return (objects) => holding.add(listing, objects)
    })
    if (holding.end(listing, version ?? '', besideWatch)) this.#changed()
    this.#clear('list')
    return version
  }

  #explain(way: 'list' | 'watch', fault: unknown, over: AbortSignal): void {
    if (!over.aborted) this.#turnBlind(way, blindnessFrom(fault, this.#resource.name))
  }
}
