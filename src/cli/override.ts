import { durationOf } from '../core/duration.ts'
import { LONGEST_OVERRIDE } from '../core/waiver.ts'
import { command, type Option } from './command.ts'
import { rolloutFrom, rolloutOption } from './demands.ts'
import { flag, instantIn, needed, notAllowed, text, UsageError } from './options.ts'
import { again, openTelling, subject, tell, tellingOptions, type Author } from './telling.ts'
import { clockTime, printable } from './text.ts'

type Until = { readonly forSeconds: number } | { readonly until: string }

const allowed = 'a time of at most 24h such as 90m or 2h, or an instant such as 2026-11-30T18:00:00Z'

/** A span from now on, or an instant. */
const until: Option<Until | undefined> = {
  value: 'TIME',
  says: 'for how long, such as 2h, or until when, such as 2026-11-30T18:00:00Z; 24h at most',
  read(all, name) {
    const given = all.at(-1)
    if (given === undefined) return undefined
    const span = durationOf(given)
    if (span !== undefined && span >= 1_000 && span <= LONGEST_OVERRIDE)
      return { forSeconds: Math.floor(span / 1_000) }
    const at = instantIn(given)
    if (Number.isNaN(at)) throw notAllowed(name, given, allowed)
    return { until: new Date(at).toISOString() }
  },
}

/** `caracal-gate override`: takes one thing out of the verdict for a while, or ends that. */
export const override = command({
  name: 'override',
  area: 'tell',
  says: 'take a gate, check or stop condition out of the verdict for a while',
  more: [
    'For an emergency. ID is judged, shown and latched as ever, and does not count: for the rollout under way, or the next one, until TIME or --end. The ledger, the document, the page, a metric and an alert say so.',
    'It is refused for a stop condition that is latched already, unless --latched says so, and while another override of ID holds, unless --replace says so. A gate of which no check counts is unknown: override the gate then.',
    again,
    'Needs a token of scope override.',
  ],
  argument: subject('ID', 'the gate, check or stop condition', 'items'),
  options: {
    until,
    end: flag('end the override of ID now'),
    latched: flag('also for what was latched before'),
    replace: flag('in place of another override of ID'),
    ...tellingOptions,
    reason: needed(text('TEXT', 'why it is safe; kept in the ledger')),
    rollout: { ...rolloutOption.rollout, says: 'refuse when another rollout is current' },
  },
  exits: [0, 5, 10, 11],
  examples: [
    [
      'caracal-gate override stream-backlog --until 2h --reason "backfill is running, see CHG-1207"',
      'one check, for two hours',
    ],
    ['caracal-gate override --end stream-backlog --reason "the backfill is done"', 'before its time'],
  ],
  async run(process, values, item) {
    if (values.end && (values.until !== undefined || values.latched || values.replace))
      throw new UsageError('--end goes with none of --until, --latched and --replace')
    const teller = await openTelling(process, values, 'override', 'override')
    const { author } = teller
    const shown = printable(item)
    const advice = adviceOn(shown)
    if (values.end)
      return tell(teller, ending(item, author), {
        accepted: () => `${shown} is enforced again: ${author.reason}`,
        advice,
        // The answer to an earlier attempt was lost: the second one finds nothing left to end.
        hadBeen: ({ status, repeated }) =>
          Promise.resolve(
            status === 404 && repeated
              ? `${shown} is enforced: an earlier attempt, whose answer was lost, was recorded`
              : undefined,
          ),
      })
    if (values.until === undefined) throw new UsageError('missing --until TIME, or --end')
    const body = {
      item,
      ...values.until,
      ...(values.latched && { latched: true }),
      ...(values.replace && { replace: true }),
      ...rolloutFrom(values),
      ...author,
    }
    const message = {
      path: 'overrides',
      body,
      scope: 'override',
      id: item,
      isAnswer: isAbout(item, true),
    } as const
    return tell(teller, message, {
      accepted: ({ answer }) => {
        const end = Date.parse(String(answer['until']))
        const left = Number.isNaN(end) ? '' : ` until ${clockTime(new Date(end))}`
        return `${shown} is overridden by ${author.actor}${left}: ${author.reason}`
      },
      advice,
    })
  },
})

function isAbout(item: string, overridden: boolean) {
  return (answer: Readonly<Record<string, unknown>>): boolean =>
    answer['item'] === item && answer['overridden'] === overridden
}

function ending(item: string, author: Author) {
  const path = `overrides/${encodeURIComponent(item)}/end`
  return { path, body: author, scope: 'override', isAnswer: isAbout(item, false) } as const
}

function adviceOn(item: string) {
  return (status: number): string => {
    if (status === 404) return 'caracal-gate status --all lists what is judged, and what is not enforced'
    return status === 409 ? `caracal-gate explain ${item} says how it is` : ''
  }
}
