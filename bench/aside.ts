import { within } from './deadline.ts'

/** What a person asked for on the command line. */
export type Asked = {
  readonly quick: boolean
  readonly counts: boolean
  readonly cluster: boolean
  readonly minutes?: string | undefined
  readonly crowd: boolean
  readonly attacks: boolean
  readonly attack?: string | undefined
  readonly starve: boolean
  readonly mirror: boolean
}

/** What is measured instead of the whole: its text, and whether all that it checks holds. */
export type Aside = { readonly text: string; readonly holds: boolean }

type Say = (text: string) => void

/** Seconds that each of them may take. */
const LIMIT = 20 * 60

/** @throws when it is no whole number from 1 */
export function count(option: string, given: string | number): number {
  const value = Number(given)
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} takes a whole number from 1`)
  return value
}

/** The one measurement that was asked for; undefined for the whole benchmark. */
export async function measureAside(asked: Asked, say: Say): Promise<Aside | undefined> {
  if (asked.counts) return counts(say)
  const text = await textOf(asked, say)
  return text === undefined ? undefined : { text, holds: true }
}

async function counts(say: Say): Promise<Aside> {
  const { measureCounts } = await import('./counts.ts')
  const { findingsOf, reportOf } = await import('./regressions.ts')
  const found = await measureCounts(say)
  return { text: reportOf(found), holds: findingsOf(found).every(({ holds }) => holds) }
}

async function textOf(asked: Asked, say: Say): Promise<string | undefined> {
  const { quick, attack } = asked
  if (asked.cluster) {
    const { measureCluster } = await import('./cluster.ts')
    const minutes = count('--minutes', asked.minutes ?? (quick ? 1 : 15))
    return within('the cluster', LIMIT + minutes * 60, () => measureCluster(minutes, say))
  }
  if (asked.crowd) {
    const { measureCrowd } = await import('./crowd.ts')
    const extent = quick ? { clients: 100, changes: 5 } : { clients: 500, changes: 20 }
    return within('the crowd', LIMIT, () => measureCrowd(extent, say))
  }
  if (asked.attacks || attack !== undefined) {
    const { measureAttacks } = await import('./attacks.ts')
    const only = attack === undefined ? {} : { only: attack }
    return within('the attacks', LIMIT, () => measureAttacks({ seconds: quick ? 4 : 10, ...only }, say))
  }
  if (asked.mirror) {
    const { measureMirror } = await import('./mirror.ts')
    const minutes = count('--minutes', asked.minutes ?? (quick ? 1 : 5))
    return within('the mirror', LIMIT + minutes * 60, () => measureMirror(minutes, say))
  }
  if (!asked.starve) return undefined
  const { measureStarved } = await import('./starve.ts')
  return measureStarved(quick, say)
}
