import { inWords } from '../core/time.ts'
import type { Report, ReportedCheck, ReportedGate, ReportedStop } from './document.ts'
import { clockTime } from './text.ts'

/** What is judged and does not count, in the words of the command line. */

/** Waivers that are named; the rest is counted. */
const named = 6

type Counted = Pick<ReportedGate | ReportedCheck | ReportedStop, 'mode' | 'state'>

/** Whether an item isEnforced for the verdict. A mode that is not known makes it count, and so does an older exporter. */
export function isEnforced({ mode, state }: Counted): boolean {
  return state !== 'skipped' && mode !== 'shadow' && mode !== 'overridden'
}

/** What does not count, on one line; empty where everything does. */
export function waiversInWords({ notEnforced, evaluatedAt }: Report): string {
  if (notEnforced === null || notEnforced.length === 0) return ''
  const some = notEnforced.slice(0, named).map(({ ref, mode, until, would, actor, reason }) => {
    const how = mode === 'overridden' ? `overridden by ${actor ?? 'a person'}` : 'in shadow'
    const ends = `until ${clockTime(new Date(until))}, for ${inWords(until - evaluatedAt)} more`
    const why = reason === null ? '' : `: ${reason}`
    return `${ref} (${how} ${ends}${would === null ? '' : `, would ${would}`}${why})`
  })
  const more = notEnforced.length > named ? ` and ${notEnforced.length - named} more` : ''
  return `not enforced: ${some.join(', ')}${more}`
}

/** Shadows that are over, on one line; empty where there are none. */
export function expiredInWords({ expiredShadows }: Report): string {
  if (expiredShadows === null || expiredShadows.length === 0) return ''
  const some = expiredShadows.slice(0, named).map(({ ref }) => ref)
  const more = expiredShadows.length > named ? ` and ${expiredShadows.length - named} more` : ''
  return `enforced again, since the shadow has expired: ${some.join(', ')}${more}`
}
