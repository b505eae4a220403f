import { explainsAfter, recovers } from '../bounds.ts'
import type { Bound } from '../kind.ts'
import type { Instant, Reading, Standing } from '../recording.ts'
import { isCovered } from './overrides.ts'
import { excerptOf, type Past, type Violation } from './past.ts'

/** On a twentieth of a core a look that takes milliseconds takes seconds. */
const starvedMore = 15_000
/** A daemon follows its machine's clock at its next evaluation; the false clock is read once a second. */
const followsWithin = 5_000
/** An answer that takes this long may have been made long before it came. */
const slowAnswer = 1_000
/** The newest document before a fault says in which cadence it was met. */
const cadenceKnownFor = 2_000

/** 1: never `proceed` while a fault lasts longer than it may take to be seen. */
export function neverFooled(past: Past): readonly Violation[] {
  return past.recording.standings.flatMap((standing) => {
    const expect = past.facts.get(standing.kind)?.expect
    if (expect?.proceeds !== 'never' || standing.since === undefined) return []
    const until = liftedAt(past, standing)
    const wrong = past.recording.readings.find(
      (reading) =>
        reading.fresh &&
        reading.verdict === 'proceed' &&
        reading.got <= until &&
        reading.asked > deadlineOf(past, standing, expect.within, reading) &&
        !isOverridden(past, standing, reading),
    )
    if (wrong === undefined) return []
    const seconds = ((wrong.asked - (standing.since ?? 0)) / 1_000).toFixed(1)
    const by = wrong.by === 'cli' ? 'the command line' : '/gates'
    return [
      {
        invariant: 1,
        at: wrong.got,
        subject: standing.kind,
        what: `${by} says proceed ${seconds} s after ${named(standing)}`,
        excerpt: excerptOf(wrong),
      },
    ]
  })
}

/** No override covers what is about the daemon itself, which only another rollout ends. */
function isOverridden(past: Past, { kind }: Standing, reading: Reading): boolean {
  return past.facts.get(kind)?.liftedBy === undefined && isCovered(past, reading)
}

function liftedAt({ recording, facts }: Past, { kind, since = 0, until }: Standing): Instant {
  const lifts = facts.get(kind)?.liftedBy
  const lifted = recording.commands.find(({ name, asked, status }) => {
    return name === lifts && asked >= since && (status === 0 || status < 300)
  })
  return Math.min(until ?? Number.POSITIVE_INFINITY, lifted?.asked ?? Number.POSITIVE_INFINITY)
}

/** After this the fault must show. What began to run while it stood has its time from then. */
function deadlineOf(past: Past, { from, since = from }: Standing, bound: Bound, { asked }: Reading): Instant {
  const begins = Math.max(since, past.runningSince(asked))
  const newest = past.documents.findLast(({ got }) => got <= since && got >= since - cadenceKnownFor)
  const within = begins > since || newest?.document.cadence === 'brisk' ? bound.brisk : bound.quiet
  const starved = past.wasStarved(from, asked) ? starvedMore : 0
  return begins + within + starved + past.lateness(from, asked)
}

/** 2: no stop condition fires without a cause. */
export function neverBlaming(past: Past): readonly Violation[] {
  return past.documents.flatMap((reading, index) => {
    const before = past.documents[index - 1]?.document.stops ?? {}
    return Object.entries(reading.document.stops).flatMap(([id, stop]): readonly Violation[] => {
      const was = before[id]
      const fires = stop.state === 'firing' || (stop.latchedAt !== null && stop.latchedAt !== was?.latchedAt)
      if (!fires || was?.state === 'firing' || isExplained(past, id, reading)) return []
      const what = `${id} fires without a cause: ${stop.message}`
      return [{ invariant: 2, at: reading.got, subject: id, what, excerpt: excerptOf(reading) }]
    })
  })
}

function isExplained(past: Past, stop: string, { asked, got }: Reading): boolean {
  const earliest = asked - explainsAfter - past.lateness(asked - explainsAfter, got)
  if (past.standing(earliest, got).some(({ kind }) => past.facts.get(kind)?.explains.includes(stop)))
    return true
  // The simulated services live in the harness: when that stood still, so did they.
  const stalled = past.recording.pulses.some(({ at, late }) => at >= earliest && at <= got && late > 1_000)
  return stalled && (stop === 'sts-unready' || stop === 'gateway-unready')
}

/** 4: `proceed` again within a documented time after the last fault has ended. */
export function recovering(past: Past): readonly Violation[] {
  return past.recording.calms.flatMap(({ from, proceeded, gaveUp, said }) => {
    const to = proceeded ?? gaveUp ?? from
    const took = to - from
    if (proceeded !== undefined && took <= recovers.within + past.lateness(from, to)) return []
    const seconds = (took / 1_000).toFixed(1)
    const what =
      proceeded === undefined
        ? `no proceed within ${seconds} s of a platform that is well; it says: ${said}`
        : `proceed only ${seconds} s after the platform was well`
    const open = past.documents.findLast(({ got }) => got <= to)
    return [
      {
        invariant: 4,
        at: to,
        subject: 'recovery',
        what,
        ...(open !== undefined && { excerpt: excerptOf(open) }),
      },
    ]
  })
}

/** 6: documents are consistent. */
export function consistent({ recording }: Past): readonly Violation[] {
  return recording.readings.flatMap((reading) =>
    reading.contradictions.map((what): Violation => ({
      invariant: 6,
      at: reading.got,
      subject: what,
      what,
      excerpt: excerptOf(reading),
    })),
  )
}

/** 6: what a running daemon sends has not expired by its own clock, also after that was set. */
export function current(past: Past): readonly Violation[] {
  return past.documents.flatMap((reading): readonly Violation[] => {
    const { asked, got, fresh, document } = reading
    const from = asked - followsWithin
    if (fresh || got - asked > slowAnswer || past.wasAway(from, got) || isClockSet(past, from, got)) return []
    if (past.lateness(from, got) > slowAnswer) return []
    const what = `a document had expired when it was sent: evaluated at ${document.evaluatedAt}`
    return [{ invariant: 6, at: got, subject: 'expired', what, excerpt: excerptOf(reading) }]
  })
}

function isClockSet({ recording }: Past, from: Instant, to: Instant): boolean {
  return recording.standings.some(
    (one) =>
      one.kind.startsWith('clock-') &&
      [
        [one.from, one.since],
        [one.until, one.over],
      ].some(([begins = to + 1, ends = begins]) => begins <= to && ends >= from),
  )
}

function named({ kind, detail }: Standing): string {
  return detail === '' ? kind : `${kind} (${detail})`
}
