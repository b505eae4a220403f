import type { Logger } from 'pino'
import type { Rules, Snapshot } from '../core/snapshot.ts'
import { expiredShadowsIn, notEnforcedIn } from '../http/waivers.ts'

type Tell = (log: Pick<Logger, 'warn' | 'info'>) => void

/** Says in the log what does not count for the verdict, when it counts again, and which shadows are over: once each. */
export function waiverLog(
  log: Pick<Logger, 'warn' | 'info'>,
  rules: () => Rules,
): (snapshot: Snapshot) => void {
  let known: ReadonlyMap<string, string> = new Map()
  return (snapshot) => {
    const lines = linesOf(snapshot, rules())
    for (const [key, { tell }] of lines) if (!known.has(key)) tell(log)
    for (const [key, ref] of known)
      if (!lines.has(key) && ref !== '') log.info({ item: ref }, 'it counts for the verdict again')
    known = new Map([...lines].map(([key, { ref }]) => [key, ref]))
  }
}

interface Line {
  /** What counts again when the line is gone; empty where that is no news. */
  readonly ref: string
  readonly tell: Tell
}

function linesOf(snapshot: Snapshot, rules: Rules): ReadonlyMap<string, Line> {
  const lines = new Map<string, Line>()
  for (const { ref, mode, until, actor, reason } of notEnforcedIn(snapshot, rules)) {
    const facts = { item: ref, mode, until, ...(actor !== null && { actor, reason }) }
    const tell: Tell = (log) => log.warn(facts, 'it does not count for the verdict')
    lines.set(`${ref} ${mode} ${until}`, { ref, tell })
  }
  for (const { ref, until } of expiredShadowsIn(snapshot, rules))
    lines.set(`${ref} expired ${until}`, {
      ref: '',
      tell: (log) =>
        log.warn({ item: ref, until }, 'its shadow has expired: it counts for the verdict again'),
    })
  return lines
}
