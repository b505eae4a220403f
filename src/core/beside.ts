/**
 * Keeps what was made of objects that never change, for as long as they live, so that it need not be made again. A copy of
 * one has nothing beside it, and neither has one that is frozen.
 */
export interface Beside<O extends object, V> {
  get(of: O): V | undefined
  set(of: O, value: V): void
}

/**
 * A property that is not enumerated, in place of a `WeakMap`: what an old `WeakMap` holds outlives its key until V8 collects
 * the whole heap. With several in each step the collection of young objects took half of the time of a step.
 */
export function beside<O extends object, V>(): Beside<O, V> {
  const key = Symbol('beside')
  return {
    get: (of) => (of as { readonly [key]?: V })[key],
    set: (of, value) => void Reflect.defineProperty(of, key, { value, writable: true }),
  }
}
