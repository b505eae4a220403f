/** Clients served in one turn of the event loop: a few milliseconds, after which looks and scrapes get theirs. */
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
