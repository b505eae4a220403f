/**
 * How many of a limited number of places each address has. One may have half of them, so that no single client keeps
 * all others out. The loopback address may have all: behind it is a proxy or a port-forward, and so every client.
 */
export interface Shares {
  /** Whether the address may have one more place. */
  hasRoom(address: string | undefined): boolean
  /** Takes a place; the result gives it back and is to be called once. */
  take(address: string | undefined): () => void
}

const loopback: ReadonlySet<string | undefined> = new Set([undefined, '127.0.0.1', '::1', '::ffff:127.0.0.1'])

export function sharesOf(places: number): Shares {
  const taken = new Map<string, number>()
  const most = Math.max(1, Math.floor(places / 2))
  return {
    hasRoom: (address) => loopback.has(address) || (taken.get(address ?? '') ?? 0) < most,
    take(address = '') {
      taken.set(address, (taken.get(address) ?? 0) + 1)
      return () => {
        const left = (taken.get(address) ?? 0) - 1
        if (left > 0) taken.set(address, left)
        else taken.delete(address)
      }
    },
  }
}

/** Clients served in one turn of the event loop: a few milliseconds, so that probes and scrapes run in between. */
const PER_TURN = 16

/**
 * Does `serve` for each of `many`, the first few at once and a few more in every turn of the event loop. Calls `done`
 * after the last.
 */
export function spread<Item>(
  many: readonly Item[],
  serve: (item: Item) => void,
  done: () => void = () => {},
): void {
  let next = 0
  function turn(): void {
    for (const item of many.slice(next, next + PER_TURN)) serve(item)
    next += PER_TURN
    if (next < many.length) setImmediate(turn)
    else done()
  }
  turn()
}
