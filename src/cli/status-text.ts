import type { Valid } from './answer.ts'
import { causeLines, moreCauses } from './cause-lines.ts'
import type { Reach } from './connect.ts'
import type { Decision } from './decision.ts'
import type { ReportedGate } from './document.ts'
import type { Paint } from './paint.ts'
import { anyScreen, type Line, type Screen } from './screen.ts'
import { isEnforced } from './waivers.ts'
import { wholeSections } from './whole-text.ts'
import { head, isWell } from './wording.ts'

/** What `status` shows. */
export interface StatusView {
  readonly answer: Valid
  readonly decision: Decision
  readonly gates: readonly ReportedGate[]
  /** One gate was asked for: only what concerns it is shown. */
  readonly narrowed: boolean
  /** Everything, however long; without it, what fits on a screen. */
  readonly all?: boolean
  readonly paint: Paint
  readonly screen?: Screen
  /** Where the exporter was asked: what the document says relative to that is shown as an address. */
  readonly base?: URL
  readonly reach?: Reach
}

const blank: Line = { text: '' }

/** The answer for a person: the verdict, then why, then everything or how much of it there is. */
export function statusText(view: StatusView): string {
  const { screen = anyScreen } = view
  return `${screen.rows(statusLines(view)).join('\n')}\n`
}

export function statusLines(view: StatusView): readonly Line[] {
  const { narrowed, all = false, paint } = view
  if (narrowed || all) return joined([head(view, paint), ...wholeSections(view)])
  const top = head(view, paint, { most: 3 }, { most: 2 })
  const foot = countLines(view)
  const { screen = anyScreen } = view
  // Two blank lines separate the three.
  const room = screen.height - screen.heightOf([...top, ...foot]) - 2
  return joined([top, causesWithin(room, view, screen), foot])
}

function joined(sections: readonly (readonly Line[])[]): readonly Line[] {
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, at) => (at === 0 ? lines : [blank, ...lines]))
}

/** The root causes, as many as there is room for: the first ones with what to do, the next ones by name. */
function causesWithin(room: number, view: StatusView, screen: Screen): readonly Line[] {
  const { report } = view.answer
  const causes = report.blocking.filter(({ rootCause }) => rootCause)
  const lines: Line[] = []
  for (const [place, cause] of causes.entries()) {
    const left = room - screen.heightOf(lines)
    // A row for each of the next ones, and one for the number of the others.
    const reserved = Math.min(causes.length - place - 1, 3)
    const forms = [
      causeLines(cause, place, view, 'whole'),
      ...(place === 0 ? [causeLines(cause, place, view, 'short')] : []),
      causeLines(cause, place, view, 'name'),
    ]
    const fitting = forms.find((form, at) => {
      const isName = at === forms.length - 1
      return screen.heightOf(form) + (isName ? Math.min(reserved, 1) : reserved) <= left
    })
    if (fitting === undefined && place > 0) return [...lines, moreCauses(causes.length - place)]
    lines.push(...(fitting ?? forms[1] ?? []))
  }
  return lines
}

/** How much is well, how much follows from the causes, and where all of it is. */
function countLines({ answer: { report }, paint }: StatusView): readonly Line[] {
  const { gates, stopConditions, blocking } = report
  const asked = gates.filter(isEnforced)
  const watched = stopConditions.filter(isEnforced)
  const passing = asked.filter(({ state }) => state === 'pass').length
  const clear = watched.filter((stop) => isWell(stop)).length
  const followed = blocking.filter(({ rootCause }) => !rootCause).length
  const counts = [
    `${passing} of ${asked.length} gates pass`,
    `${clear} of ${watched.length} stops clear`,
    ...(followed === 0
      ? []
      : [`${followed} more ${followed === 1 ? 'entry follows' : 'entries follow'} from this`]),
  ]
  const where = 'everything: caracal-gate status --all; why: caracal-gate explain'
  return [{ text: counts.join(', ') }, { text: paint(where, 'faint') }]
}
