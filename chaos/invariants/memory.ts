import { clockFollowedWithin } from '../bounds.ts'
import type { Command, Excerpt, Instant } from '../recording.ts'
import { excerptOf, type Past, type Violation } from './past.ts'

/** What a document shows this long before a SIGKILL may not have been written yet; milliseconds. */
const writtenWithin = 500

/** 3: nothing that was answered with 2xx is lost, and no latch that a document showed. */
export function rememberingCommands(past: Past): readonly Violation[] {
  const { commands } = past.recording
  return commands.flatMap((command, index) => {
    if (command.status < 200 || command.status >= 300) return []
    const until = commands.slice(index + 1).find((next) => mayChange(next, command))?.asked
    const lost = past.documents.find(
      ({ asked, got, document }) =>
        asked >= command.got &&
        got <= (until ?? Number.POSITIVE_INFINITY) &&
        !past.wasForgotten(command.asked, got) &&
        !isKept(past, command, document, got),
    )
    if (lost === undefined) return []
    const { name, subject, outcome = '', status } = command
    const what = `${name} ${subject} ${outcome} was answered ${status}, and is not there ${seconds(lost.got - command.got)} later`
    return [{ invariant: 3, at: lost.got, subject: `${name} ${subject}`, what, excerpt: excerptOf(lost) }]
  })
}

/** A later command after which the earlier one need not show any more; one that was not answered may have been kept. */
function mayChange(next: Command, { name, subject }: Command): boolean {
  // A fail counts at once, though it could not be written and was answered 503 (docs/operate/state.md).
  if (next.status >= 300 && next.status < 500) return false
  if (next.name === 'begin' || next.name === 'finish') return true
  return familyOf(next.name) === familyOf(name) && next.subject === subject
}

/** The end of an override is about the same as its beginning. */
function familyOf(name: Command['name']): Command['name'] {
  return name === 'override-end' ? 'override' : name
}

function isKept(past: Past, command: Command, document: Excerpt, got: Instant): boolean {
  const { rollout, checks, stops } = document
  switch (command.name) {
    case 'begin':
      return rollout.id === command.subject && rollout.phase !== 'done' && rollout.phase !== 'failed'
    case 'finish':
      return rollout.id === command.subject && rollout.phase === command.outcome
    case 'evidence':
      if (command.outcome === 'fail') return checks[command.subject] !== 'pass'
      // What was proven at a time that has not come yet proves nothing.
      return (
        checks[command.subject] === 'pass' ||
        past.standing(command.asked - clockFollowedWithin, got).some(movesClock)
      )
    case 'acknowledge': {
      const stop = stops[command.subject]
      const same = command.latchedAt !== null && stop?.latchedAt === command.latchedAt
      return !same || stop?.acknowledged === true
    }
    case 'override':
      return document.overridden.includes(command.subject) || mayHaveEnded(past, command, got)
    case 'override-end':
      return !document.overridden.includes(command.subject)
  }
}

/** One that is given again for as long ends as the first one does, and a clock that is set ahead ends any. */
function mayHaveEnded(past: Past, command: Command, got: Instant): boolean {
  const lasts = (command.forSeconds ?? 0) * 1_000
  const first = past.recording.commands.find(
    ({ name, subject, forSeconds, latched, asked }) =>
      name === 'override' &&
      subject === command.subject &&
      forSeconds === command.forSeconds &&
      latched === command.latched &&
      asked >= command.asked - lasts,
  )
  const isOver = got >= (first ?? command).asked + lasts - 500
  return isOver || past.standing(command.asked - clockFollowedWithin, got).some(movesClock)
}

function movesClock({ kind }: { readonly kind: string }): boolean {
  return kind.startsWith('clock-')
}

/** 3: a latch that a document showed is in every later one of the rollout. */
export function rememberingLatches(past: Past): readonly Violation[] {
  return past.documents.flatMap((reading, index) => {
    const before = past.documents[index - 1]
    if (before === undefined || !sameRollout(before.document, reading.document)) return []
    if (past.wasForgotten(before.asked, reading.got) || !before.document.stateOk) return []
    if (isCommanded(past.recording.commands, before.asked, reading.got)) return []
    const ended = past.recording.lives.find(({ at, what }) => what === 'killed' && at >= before.got)
    if (ended !== undefined && ended.at <= reading.got && ended.at - before.got < writtenWithin) return []
    return Object.entries(before.document.stops).flatMap(([id, { latchedAt }]): readonly Violation[] => {
      const now = reading.document.stops[id]
      if (latchedAt === null || now === undefined || now.latchedAt !== null) return []
      const what = `the latch of ${id} of ${latchedAt} is gone`
      return [{ invariant: 3, at: reading.got, subject: `latch ${id}`, what, excerpt: excerptOf(reading) }]
    })
  })
}

function sameRollout(before: Excerpt, after: Excerpt): boolean {
  const isActive = ({ phase }: Excerpt['rollout']) => !['idle', 'done', 'failed'].includes(phase)
  const [one, other] = [before.rollout, after.rollout]
  return one.id !== null && one.id === other.id && isActive(one) && isActive(other)
}

function isCommanded(commands: readonly Command[], from: Instant, to: Instant): boolean {
  return commands.some(
    ({ name, asked, got }) => (name === 'begin' || name === 'finish') && asked <= to && got >= from,
  )
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`
}
