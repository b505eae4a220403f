/** How often the demo checks that the process that started it is still there. */
const PARENT_EVERY = 500

/**
 * Aborts when the demo has to end: Ctrl-C, a request to end, a closed terminal, output that can no longer be written, or
 * the end of the process that started it, however that ended. A second Ctrl-C ends it at once; the guards of its
 * processes and folders do the rest.
 */
export function endingSignal(): AbortSignal {
  const ending = new AbortController()
  const end = () => ending.abort()
  process.on('SIGINT', () => {
    if (ending.signal.aborted) process.exit(130)
    end()
  })
  process.on('SIGTERM', end)
  process.on('SIGHUP', end)
  // A terminal that is gone fails each write and read; without a listener that would end us in the middle of things.
  for (const stream of [process.stdout, process.stderr, process.stdin]) stream.on('error', end)
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) end()
  }, PARENT_EVERY).unref()
  return ending.signal
}
