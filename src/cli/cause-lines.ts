import type { Valid } from './answer.ts'
import type { Blocker } from './document.ts'
import type { Reach } from './connect.ts'
import { meaningOf, type Paint } from './paint.ts'
import type { Line } from './screen.ts'
import { actionOn, blockedSince, itemOf, runbookOf, titleOf } from './wording.ts'

/** What a root cause is shown with. */
export interface CauseView {
  readonly answer: Valid
  readonly paint: Paint
  readonly base?: URL
  readonly reach?: Reach
}

/** Culprits that are named in one line. */
const named = 3
/** Longer than that, a command is left to `explain`. */
const longestCommand = 240

/**
 * A root cause with what to do about it, as far as there is room: `whole` has what was seen and where, `short` has the
 * action and the runbook, `name` is a line.
 */
export function causeLines(
  blocker: Blocker,
  place: number,
  { answer: { report }, paint, base, reach }: CauseView,
  form: 'whole' | 'short' | 'name',
): readonly Line[] {
  const { ref, state, message } = blocker
  const title = titleOf(blocker)
  // The summary is about the first, and of a cause it gives the title.
  const isSaid = message === title || (place === 0 && !ref.startsWith('causes/'))
  const indent = '   '
  const first = {
    head: `${place + 1}. `,
    text: `${paint(state, meaningOf(state))}  ${paint(title, 'strong')}`,
    most: form === 'name' ? 1 : 2,
  }
  if (form === 'name') return [first]
  const action = actionOn(blocker, report, reach)
  const runbook = runbookOf(blocker, report, base)
  const where = form === 'whole' ? culpritsOf(blocker, report) : ''
  const row = (head: string) => `${indent}${head.padEnd(9)}`
  return [
    first,
    {
      head: indent,
      text: paint(`${ref}${blockedSince(blocker, report)}`, 'faint'),
      most: form === 'whole' ? 2 : 1,
    },
    ...(form === 'short' || isSaid ? [] : [{ head: indent, text: message, most: 2 }]),
    ...(where === '' ? [] : [{ head: row('where'), text: where, most: 1 }]),
    ...(action === '' ? [] : [actionLine(row('first'), action, ref)]),
    ...(runbook === '' ? [] : [{ head: row('runbook'), text: runbook, form: 'address' } as const]),
  ]
}

/** A command that is cut is another command. */
function actionLine(head: string, action: string, ref: string): Line {
  return {
    head,
    text: action.length > longestCommand ? `caracal-gate explain ${ref}` : action,
    form: 'command',
  }
}

/** How many root causes are not named. */
export function moreCauses(count: number): Line {
  return { text: `   and ${count} more ${count === 1 ? 'cause' : 'causes'}` }
}

function culpritsOf(blocker: Blocker, report: Valid['report']): string {
  const item = itemOf(blocker.ref, report)
  if (item === undefined || item.culprits.length === 0) return ''
  const shown = item.culprits.slice(0, named)
  const rest = item.culpritCount - shown.length
  return `${shown.map(({ key }) => key).join(', ')}${rest > 0 ? `, and ${rest} more` : ''}`
}
