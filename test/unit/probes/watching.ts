import type { Reading } from '../../../src/core/signal.ts'
import { ProbeError, type Look, type Watch } from '../../../src/probes/probe.ts'

/** What a watch says first. */
export async function firstLook(watch: Watch): Promise<Look | ProbeError> {
  const [target] = watch.targets()
  if (target === undefined) throw new Error(`${watch.name} has no target`)
  const stop = new AbortController()
  let said: Look | ProbeError | undefined
  const following = watch.follow(
    target,
    (look) => {
      said ??= look
      stop.abort()
    },
    stop.signal,
  )
  await following
  if (said === undefined) throw new Error(`${watch.name} said nothing`)
  return said
}

/** Everything that a watch has said so far, and how to end it. */
export function following(watch: Watch): {
  said: (Look | ProbeError)[]
  stop: () => Promise<void>
} {
  const [target] = watch.targets()
  if (target === undefined) throw new Error(`${watch.name} has no target`)
  const stop = new AbortController()
  const said: (Look | ProbeError)[] = []
  const ended = watch.follow(target, (look) => void said.push(look), stop.signal)
  return {
    said,
    async stop() {
      stop.abort()
      await ended
    },
  }
}

/** The reading of a signal in a look; undefined when it gives none. */
export function readingOf(
  look: Look | ProbeError | undefined,
  signal: { readonly name: string },
  labels: Readonly<Record<string, string>> = {},
): Reading | undefined {
  if (look === undefined || look instanceof ProbeError) throw new Error(`nothing was seen: ${look?.message}`)
  return look.readings.find(
    (reading) =>
      reading.signal === signal.name &&
      Object.entries(labels).every(([name, value]) => reading.labels[name] === value),
  )
}
