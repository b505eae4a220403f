import { descriptorsMore, healthWithin, memoryLimit, threadsMore } from '../bounds.ts'
import type { Past, Violation } from './past.ts'

/** 5: the process never ends of its own, and what it takes of the machine is bounded and given back. */
export function bounded({ recording }: Past): readonly Violation[] {
  const found: Violation[] = recording.lives
    .filter(({ what }) => what === 'exited')
    .map(({ at, detail }) => ({ invariant: 5, at, subject: 'exit', what: `the daemon ended: ${detail}` }))
  const large = recording.usage.find(({ peak }) => peak > memoryLimit)
  if (large !== undefined) found.push(tooMuch(large.at, 'memory', large.peak / 1e6, memoryLimit / 1e6, 'MB'))
  const calm = recording.usage.filter((usage) => usage.calm)
  const [first] = calm
  if (first === undefined) return found
  const descriptors = calm.find((usage) => usage.descriptors > first.descriptors + descriptorsMore)
  if (descriptors !== undefined)
    found.push(
      tooMuch(descriptors.at, 'descriptors', descriptors.descriptors, first.descriptors + descriptorsMore),
    )
  const threads = calm.find((usage) => usage.threads > first.threads + threadsMore)
  if (threads !== undefined)
    found.push(tooMuch(threads.at, 'threads', threads.threads, first.threads + threadsMore))
  return found
}

function tooMuch(at: number, subject: string, value: number, limit: number, unit = ''): Violation {
  const what = `${subject}: ${Math.round(value)} ${unit} of at most ${Math.round(limit)} ${unit}`
  return { invariant: 5, at, subject, what: what.replaceAll('  ', ' ') }
}

/** 7: `/healthz` answers while the process runs. */
export function healthy(past: Past): readonly Violation[] {
  return past.recording.health.flatMap(({ asked, got, ok }): readonly Violation[] => {
    if (past.wasAway(asked, got)) return []
    const pulses = past.recording.pulses.filter(({ at }) => at >= asked - 1_000 && at <= got + 1_000)
    const allowed = healthWithin + 2 * Math.max(0, ...pulses.map(({ late }) => late))
    if (ok && got - asked <= allowed) return []
    const took = `${Math.round(got - asked)} ms`
    const what = ok
      ? `/healthz took ${took} of at most ${Math.round(allowed)} ms`
      : `/healthz gave no 200 in ${took}`
    return [{ invariant: 7, at: got, subject: 'healthz', what }]
  })
}
