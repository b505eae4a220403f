import { clockFollowedWithin } from '../bounds.ts'
import type { Command, Instant, Reading } from '../recording.ts'
import { excerptOf, type Past, type Violation } from './past.ts'

/**
 * What was overridden, by the commands that the harness gave and by its own clock. What the daemon says of its overrides is
 * held against this and is no part of it.
 */

type Document = Past['documents'][number]

/** The daemon counts the seconds from when it got the command, which it answers a little later. */
const answered = 1_000

/** Whether an override of this item may be in force at any time between; one that was not answered may be. */
function mayBeOverridden(past: Past, item: string, from: Instant, to: Instant): boolean {
  return given(past, item, to).some((command) => endOf(past, command) >= from)
}

/** Whether any override may be in force at any time between. */
function anyOverride(past: Past, from: Instant, to: Instant): boolean {
  const items = new Set(
    past.recording.commands.flatMap(({ name, subject }) => (name === 'override' ? subject : [])),
  )
  return [...items].some((item) => mayBeOverridden(past, item, from, to))
}

/** Whether a document shows that something is wrong, and all that it shows is overridden. */
export function isCovered(past: Past, { asked, got, document }: Reading): boolean {
  if (document === undefined) return anyOverride(past, asked, got)
  const ill = illIn(document)
  return ill.length > 0 && ill.every((item) => mayBeOverridden(past, item, asked, got))
}

/** Checks that do not pass, and stop conditions that are not clear or are latched. */
export function illIn({ checks, stops }: Document['document']): readonly string[] {
  return [
    ...Object.entries(checks).flatMap(([id, state]) => (state === 'pass' || state === 'skipped' ? [] : [id])),
    ...Object.entries(stops).flatMap(([id, { state, latchedAt, acknowledged }]) =>
      (state !== 'clear' && state !== 'skipped') || (latchedAt !== null && !acknowledged) ? [id] : [],
    ),
  ]
}

/** 8: nothing is overridden that was not, or for longer than was said. */
export function neverOutliving(past: Past): readonly Violation[] {
  return past.documents.flatMap((reading) =>
    reading.document.overridden.flatMap((item): readonly Violation[] => {
      const { asked, got } = reading
      // A document that was made before the end may come after it.
      if (mayBeOverridden(past, item, asked - answered - past.lateness(asked - answered, got), got)) return []
      const last = given(past, item, got).at(-1)
      const what =
        last === undefined
          ? `${item} is overridden by no command`
          : `the override of ${item} goes on ${((asked - endOf(past, last)) / 1_000).toFixed(1)} s after its end`
      return [{ invariant: 8, at: got, subject: `override ${item}`, what, excerpt: excerptOf(reading) }]
    }),
  )
}

/** 8: what was latched before an override stays in force, unless the override says so. */
export function neverReachingBack(past: Past): readonly Violation[] {
  return past.documents.flatMap((reading) =>
    reading.document.overridden.flatMap((item): readonly Violation[] => {
      const { asked, got } = reading
      const latch = reading.document.stops[item]
      if (latch === undefined || latch.latchedAt === null || latch.acknowledged) return []
      const inForce = given(past, item, got).filter((command) => endOf(past, command) >= asked - answered)
      const [first] = inForce
      if (first === undefined || inForce.some(({ latched }) => latched === true)) return []
      const isOlder = past.documents.some(
        ({ got: seen, document: { stops } }) =>
          seen < first.asked && stops[item]?.latchedAt === latch.latchedAt && !stops[item].acknowledged,
      )
      if (!isOlder) return []
      const what = `the override of ${item} covers what was latched before it, at ${latch.latchedAt}`
      return [{ invariant: 8, at: got, subject: `latched ${item}`, what, excerpt: excerptOf(reading) }]
    }),
  )
}

/** 8: a rollout proceeds only where all that is shown to be wrong is overridden. */
export function neverUncovered(past: Past): readonly Violation[] {
  return past.documents.flatMap((reading): readonly Violation[] => {
    const { asked, got, verdict, fresh, document } = reading
    if (verdict !== 'proceed' || !fresh) return []
    const open = illIn(document).filter((item) => !mayBeOverridden(past, item, asked, got))
    if (open.length === 0) return []
    const what = `/gates says proceed, and nothing overrides ${open.join(', ')}`
    return [{ invariant: 8, at: got, subject: 'uncovered', what, excerpt: excerptOf(reading) }]
  })
}

/** Overrides of an item that may have been kept, up to this moment. */
function given(past: Past, item: string, to: Instant): readonly Command[] {
  return past.recording.commands.filter(
    ({ name, subject, asked, status }) =>
      name === 'override' && subject === item && asked <= to && isKept(status),
  )
}

/** A write that could not be finished is answered with 503 or not at all, and may be there all the same. */
function isKept(status: number): boolean {
  return status < 300 || status >= 500
}

/** The latest moment at which an override may hold: its time, or what ended it and was answered so. */
function endOf(past: Past, command: Command): Instant {
  const { asked, got, forSeconds = 0, subject } = command
  const until = got + forSeconds * 1_000 + answered + past.lateness(asked, got)
  const isInRollout = wasUnderWay(past, asked)
  const ends = past.recording.commands.find(({ name, subject: other, asked: at, status }) => {
    if (at < got || status < 200 || status >= 300) return false
    // One that was given between two rollouts is for the next.
    return (
      name === 'finish' || (name === 'begin' ? isInRollout : name === 'override-end' && other === subject)
    )
  })
  // By a clock that was set back, its time comes later.
  const isClockMoved = past
    .standing(asked - clockFollowedWithin, until)
    .some(({ kind }) => kind.startsWith('clock-'))
  return Math.min(
    isClockMoved ? Number.POSITIVE_INFINITY : until,
    (ends?.got ?? Number.POSITIVE_INFINITY) + answered,
  )
}

/** Whether a rollout was surely under way: nothing about rollouts was told between the last document and this moment. */
function wasUnderWay({ documents, recording }: Past, at: Instant): boolean {
  const last = documents.findLast(({ got }) => got <= at)
  if (last === undefined || ['idle', 'done', 'failed'].includes(last.document.rollout.phase)) return false
  return !recording.commands.some(
    ({ name, asked }) => (name === 'begin' || name === 'finish') && asked >= last.asked && asked <= at,
  )
}
