import { inWords } from '../core/time.ts'
import type { Blocker, Report, ReportedStop } from './document.ts'
import type { Reach } from './connect.ts'
import type { Line } from './screen.ts'
import { clockTime } from './text.ts'
import {
  acknowledgementOf,
  addressOf,
  compared,
  isSaidBy,
  moment,
  row,
  titleOf,
  type Item,
} from './wording.ts'

/** Culprits that are named; the rest is counted. */
const mostCulprits = 10

interface Shown {
  readonly report: Report
  readonly base?: URL
  readonly reach?: Reach
}

/** What `explain` says of a check or a stop condition, below its name. */
export function itemLines(
  item: Item,
  { report, base }: Shown,
  blocker: Blocker | undefined,
): readonly Line[] {
  const { unknownReason, reason, message, culprits, culpritCount } = item
  const measured = compared(item)
  const why = unknownReason === null ? reason : `${reason}, unknown: ${unknownReason}`
  const blamed = culprits.slice(0, mostCulprits).map((culprit) => {
    const since = culprit.since === null ? '' : ` since ${moment(culprit.since, report)}`
    const seen = compared(culprit)
    const said = [culprit.message, seen].filter((text) => text !== '' && text !== message).join('; ')
    const where = culprit.target === null || culprit.target === culprit.key ? '' : ` (${culprit.target})`
    return `${culprit.key}${where}${since}${said === '' ? '' : `: ${said}`}`
  })
  const rest = culpritCount - blamed.length
  const needsAction = blocker !== undefined || !['pass', 'clear', 'skipped'].includes(item.state)
  const action = needsAction ? blocker?.nextStep || item.nextStep : ''
  return [
    row('expected', item.claim),
    row('seen', `${message} [${why}]`),
    ...modeLines(item, report),
    ...(blocker === undefined || isSaidBy(blocker, item, message) ? [] : [row('blocks', blocker.message)]),
    ...because(blocker, report),
    ...(measured === '' ? [] : [row('measured', measured)]),
    ...('countedSince' in item ? countedLines(item, report) : []),
    ...blamed.map((text, place) => row(place === 0 ? 'to blame' : '', text)),
    ...(rest > 0 ? [row('', `and ${rest} more like it`)] : []),
    row('looked', looked(item, report)),
    ...(action === '' ? [] : [row('do first', action, 'command')]),
    ...(item.runbookUrl === '' ? [] : [row('read', addressOf(item.runbookUrl, base), 'address')]),
  ]
}

/** That it does not count, and until when. */
function modeLines({ mode, modeUntil }: Item, { evaluatedAt }: Report): readonly Line[] {
  if (mode !== 'shadow' && mode !== 'overridden') return []
  const how = mode === 'shadow' ? 'in shadow' : 'overridden'
  const ends =
    modeUntil === null
      ? ''
      : ` until ${clockTime(new Date(modeUntil))}, for ${inWords(modeUntil - evaluatedAt)} more`
  return [row('counts', `not for the verdict: ${how}${ends}`)]
}

/** The root cause that a blocker follows from. */
function because(blocker: Blocker | undefined, { blocking }: Report): readonly Line[] {
  const cause = blocking.find(({ ref }) => ref === blocker?.explainedBy)
  return cause === undefined ? [] : [row('because', `${titleOf(cause)} (${cause.ref})`)]
}

function looked({ lastAttemptAt, lastSuccessAt }: Item, report: Report): string {
  const seen =
    lastSuccessAt === null ? 'never seen whole' : `last seen whole at ${moment(lastSuccessAt, report)}`
  if (lastAttemptAt === null) return 'not every part was looked at yet'
  return lastAttemptAt === lastSuccessAt ? seen : `${seen}, last tried at ${moment(lastAttemptAt, report)}`
}

/** Since when events are counted in a rollout, and when the newest came. */
function countedLines({ countedSince, lastEventAt }: ReportedStop, report: Report): readonly Line[] {
  const begun = countedSince === report.rollout.startedAt ? 'the rollout began at ' : ''
  const since = countedSince === null ? [] : [`since ${begun}${moment(countedSince, report)}`]
  const last = lastEventAt === null ? [] : [`last one at ${moment(lastEventAt, report)}`]
  const said = [...since, ...last]
  return said.length === 0 ? [] : [row('counted', said.join(', '))]
}

/** What a stop condition has that a check has not: its hold, its latch, and how to acknowledge that. */
export function stopLines(stop: ReportedStop, { report, reach }: Shown): readonly Line[] {
  const { state, latch, holdSeconds } = stop
  const held = state === 'pending' ? [row('fires', `after ${holdSeconds} s without a break`)] : []
  if (latch === null) return held
  const { acknowledged } = latch
  const fired = row('fired', `at ${moment(latch.at, report)}: ${latch.message}`)
  if (acknowledged !== null) {
    const { actor, at, reason } = acknowledged
    return [...held, fired, row('noted', `by ${actor} at ${clockTime(new Date(at))}: ${reason}`)]
  }
  return [...held, fired, row('then', acknowledgementOf(stop, reach), 'command')]
}
