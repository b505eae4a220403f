import { nameOf, type PlainObject } from './manifest/objects.ts'
import type { Versions } from './listing.ts'
import type { Identity } from './model.ts'
import { isLater, uidOf, versionNumber, versionOf } from './objects.ts'

export interface Reduction<T> {
  /** What is kept of an object; undefined for what can't be understood. */
  readonly reduce: (object: PlainObject) => T | undefined
  /** What is kept of an object that was deleted; nothing without it. */
  readonly bury?: (last: T) => T
}

interface Held<T> {
  readonly name: string
  readonly version: number
  /** Undefined for what was not understood. */
  readonly item: T | undefined
}

/** A list that is being taken in. */
export interface Listing<T> {
  readonly objects: Map<string, Held<T>>
  hasNameless: boolean
}

/** Deleted objects that are kept where any are; a Job is deleted with each upgrade. */
const BURIED = 20

/** Deletions that are remembered, so that no late event brings an object back. */
const DELETED = 1_000

/** The objects of one kind, by uid, as they were last heard of: reduced, and never moved back by what arrives late. */
export class Holding<T extends Identity> {
  readonly #reduction: Reduction<T>
  #held = new Map<string, Held<T>>()
  #buried: readonly T[] = []
  /** Version at which an object went, by its uid. */
  readonly #deleted = new Map<string, number>()
  #hasNameless = false
  #items: readonly T[] | undefined

  constructor(reduction: Reduction<T>) {
    this.#reduction = reduction
  }

  /** The same array for as long as nothing is different. */
  items(): readonly T[] {
    const living = () => [...this.#held.values()].flatMap(({ item }) => (item === undefined ? [] : [item]))
    this.#items ??= [...living(), ...this.#buried]
    return this.#items
  }

  /** Names of what could not be understood; without them the items are not all that there is. */
  strange(): readonly string[] {
    const held = [...this.#held.values()]
    const names = held.flatMap(({ item, name }) => (item === undefined ? [name || '(without name)'] : []))
    return this.#hasNameless ? [...names, '(without uid)'] : names
  }

  /** Begins to take a list in. */
  list(): Listing<T> {
    return { objects: new Map(), hasNameless: false }
  }

  /** Takes in one page of a list. */
  add(listing: Listing<T>, objects: readonly PlainObject[]): void {
    for (const object of objects) {
      const uid = uidOf(object)
      listing.hasNameless ||= uid === ''
      if (uid === '') continue
      const before = this.#held.get(uid)
      const version = versionOf(object)
      // The same version is the same object: its holders need not read it again.
      const isSame = before?.version === version && version >= 0
      listing.objects.set(uid, isSame ? before : this.#heldOf(object))
    }
  }

  /**
   * Takes a whole list for the truth. Beside a running watch, what that has brought since the list was made is newer;
   * without one the list is all that counts, even one from a backup, where versions begin anew.
   * @param version of the list
   * @returns whether anything is different
   */
  end({ objects, hasNameless }: Listing<T>, version: string, besideWatch: boolean): boolean {
    if (besideWatch) this.#addWhatIsNewer(objects, versionNumber(version))
    else this.#deleted.clear()
    const isNews =
      hasNameless !== this.#hasNameless ||
      objects.size !== this.#held.size ||
      [...objects].some(([uid, own]) => this.#held.get(uid) !== own)
    this.#held = objects
    this.#hasNameless = hasNameless
    if (isNews) this.#items = undefined
    return isNews
  }

  /**
   * Whether all of a list of versions was heard of. What is missing, older or left over was not, unless that came
   * later than the list.
   */
  covers({ version, objects }: Versions): boolean {
    const listed = new Map(objects.map((object) => [uidOf(object), versionOf(object)]))
    const isHeard = ([uid, at]: [string, number]): boolean => {
      const held = this.#held.get(uid)
      if (held === undefined) return uid === '' || this.#isPast(uid, at)
      return held.version < 0 || held.version >= at
    }
    const listedAt = versionNumber(version)
    const isLeft = ([uid, { version: own }]: [string, Held<T>]): boolean =>
      !listed.has(uid) && own >= 0 && own <= listedAt
    return [...listed].every(isHeard) && ![...this.#held].some(isLeft)
  }

  /** Takes one event. Returns whether anything is different: what is repeated or older than what is held is not. */
  apply(isDeleted: boolean, object: PlainObject): boolean {
    const uid = uidOf(object)
    const isNews =
      uid === '' ? !this.#hasNameless : isDeleted ? this.#remove(uid, object) : this.#put(uid, object)
    this.#hasNameless ||= uid === ''
    if (isNews) this.#items = undefined
    return isNews
  }

  #heldOf(object: PlainObject): Held<T> {
    return { name: nameOf(object), version: versionOf(object), item: this.#reduced(object) }
  }

  /** One object that is too much for us, such as one nested without end, hides its kind under its name: no more. */
  #reduced(object: PlainObject): T | undefined {
    try {
      return this.#reduction.reduce(object)
    } catch {
      return undefined
    }
  }

  #addWhatIsNewer(objects: Map<string, Held<T>>, listedAt: number): void {
    for (const [uid, own] of objects) if (this.#isPast(uid, own.version)) objects.delete(uid)
    for (const [uid, own] of this.#held) {
      const listed = objects.get(uid)
      const isNewer =
        listed === undefined
          ? listedAt >= 0 && own.version > listedAt
          : listed.version >= 0 && own.version > listed.version
      if (isNewer) objects.set(uid, own)
    }
  }

  #put(uid: string, object: PlainObject): boolean {
    const version = versionOf(object)
    const before = this.#held.get(uid)
    if (this.#isPast(uid, version) || (before !== undefined && !isLater(version, before.version)))
      return false
    if (before === undefined && !this.#makeRoom(nameOf(object), version)) return false
    this.#held.set(uid, this.#heldOf(object))
    return true
  }

  /** A name has one object: the younger of two. Returns whether that is the one that comes. */
  #makeRoom(name: string, version: number): boolean {
    for (const [uid, other] of this.#held) {
      if (other.name !== name) continue
      if (!isLater(version, other.version)) return false
      this.#held.delete(uid)
    }
    return true
  }

  #remove(uid: string, object: PlainObject): boolean {
    const version = versionOf(object)
    const before = this.#held.get(uid)
    if (this.#isPast(uid, version) || (before !== undefined && before.version > version && version >= 0))
      return false
    this.#markDeleted(uid, version)
    const { bury } = this.#reduction
    // The event carries the object as it was at its end, which no earlier one need have shown.
    const last = bury && (this.#reduced(object) ?? before?.item)
    if (last !== undefined && bury !== undefined) this.#buried = [...this.#buried, bury(last)].slice(-BURIED)
    return this.#held.delete(uid) || last !== undefined
  }

  #isPast(uid: string, version: number): boolean {
    const end = this.#deleted.get(uid)
    return end !== undefined && !isLater(version, end)
  }

  #markDeleted(uid: string, version: number): void {
    this.#deleted.delete(uid)
    this.#deleted.set(uid, version)
    if (this.#deleted.size <= DELETED) return
    for (const oldest of this.#deleted.keys()) return void this.#deleted.delete(oldest)
  }
}
