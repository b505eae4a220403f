import type { Attempt, Entry } from './entries.ts'
import { eventsIn, hasLanded } from './judging.ts'
import { judgeLandings, type Landing, type Replica } from './landings.ts'
import { auditOf, policySetsOf, type Platform } from './platform.ts'
import { activePolicyIn } from './policies.ts'

/** Requests at a time: the API limits what one token may ask in a minute. */
const atOnce = 8
/** Milliseconds before each look, and then always the last. */
const pauses = [300, 700, 1_000, 2_000, 4_000, 8_000]
/** A look more, to tell an event that came late from one that did not come. */
const grace = 5_000

/** How often in a row nothing can be read before the wait is over: a token that is refused stays so. */
const mostBlind = 3

/** Waits until the audit events of these attempts have landed. */
export async function watchAudit(
  platform: Platform,
  attempts: readonly Attempt[],
  replicas: readonly Replica[],
): Promise<readonly Entry[]> {
  const { auditWithin } = platform.settings
  const { now, sleep } = platform.surroundings
  const { signal } = platform.way
  const began = now()
  const since = () => now() - began
  const landings = attempts.map((attempt): Landing => ({ attempt, events: [] }))
  const missing = () => landings.filter(({ at }) => at === undefined)
  let blind = 0
  for (let turn = 0; missing().length > 0 && blind < mostBlind && !signal.aborted; turn++) {
    const left = auditWithin - since()
    if (left <= 0) break
    await sleep(Math.min(pauses[Math.min(turn, pauses.length - 1)] ?? 0, left), signal)
    const few = fewOf(landings, turn)
    let isReadable = await look(platform, few, since)
    if (few.some(({ at }) => at !== undefined)) isReadable = await look(platform, missing(), since)
    blind = isReadable ? 0 : blind + 1
    const [one] = few
    if (!isReadable && one !== undefined) for (const landing of missing()) landing.events = one.events
  }
  if (missing().some(({ events }) => !('outcome' in events)) && !signal.aborted) {
    await sleep(Math.min(grace, auditWithin), signal)
    await look(platform, missing(), since)
  }
  const active = activePolicyIn(await policySetsOf(platform), platform.way.now())
  return judgeLandings(landings, replicas, { within: auditWithin, ...(active !== undefined && { active }) })
}

/**
 * Those to look for first. While nothing has landed a few tell as much as all, and each turn takes others: the API answers one
 * address 600 times a minute.
 */
export function fewOf(landings: readonly Landing[], turn: number): readonly Landing[] {
  const missing = landings.filter(({ at }) => at === undefined)
  if (missing.length < landings.length) return missing
  const step = Math.ceil(missing.length / atOnce)
  return missing.filter((_, index) => index % step === turn % step)
}

/** Reads what is there of each; false when nothing can be read, so that a hung API takes the time of one batch. */
async function look(platform: Platform, landings: readonly Landing[], since: () => number): Promise<boolean> {
  for (let first = 0; first < landings.length; first += atOnce) {
    const batch = landings.slice(first, first + atOnce)
    const answers = await Promise.all(
      batch.map(async (landing) => {
        const events = eventsIn(await auditOf(platform, landing.attempt.requestId))
        landing.events = events
        if (!('outcome' in events) && hasLanded(events, landing.attempt)) landing.at = since()
        return events
      }),
    )
    const [unreadable] = answers
    if (unreadable === undefined || !answers.every((events) => 'outcome' in events)) continue
    for (const landing of landings.slice(first)) landing.events = unreadable
    return false
  }
  return true
}
