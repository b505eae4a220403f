/**
 * How many of a limited number of places each address has. One may have half of them, so that no single client keeps
 * all others out. The loopback address may have all: behind it stands a proxy or a port-forward, and with it everybody.
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
