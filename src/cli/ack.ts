import { askFor } from './asking.ts'
import { command } from './command.ts'
import { rolloutFrom, rolloutOption } from './demands.ts'
import { needed, text } from './options.ts'
import { nullable, record, text as textIn, verbatim } from './shape.ts'
import { again, openTelling, subject, tell, tellingOptions, type Teller } from './telling.ts'
import { printable } from './text.ts'

/** `caracal-gate ack`: acknowledges a stop whose cause is gone. */
export const ack = command({
  name: 'ack',
  area: 'tell',
  says: 'acknowledge a stop whose cause is gone',
  more: [
    'The exporter refuses it while the stop condition fires: fix the cause first; caracal-gate explain STOP says how. Name and reason stay in the ledger.',
    again,
    'Needs a token of scope acknowledge.',
  ],
  argument: subject('STOP', 'the stop condition', 'stops'),
  options: {
    ...tellingOptions,
    reason: needed(text('TEXT', 'why it is safe to proceed; kept in the ledger')),
    rollout: { ...rolloutOption.rollout, says: 'refuse when another rollout is current' },
  },
  exits: [0, 5, 10, 11],
  examples: [['caracal-gate ack outbox-dead-messages --reason "replayed, see CHG-1182"', 'once it is fixed']],
  async run(process, values, stop) {
    const teller = await openTelling(process, values, 'ack', 'acknowledge')
    const { author } = teller
    const message = {
      path: 'acknowledgements',
      body: { stopCondition: stop, ...rolloutFrom(values), ...author },
      scope: 'acknowledge',
      id: stop,
      isAnswer: (answer: Readonly<Record<string, unknown>>) =>
        answer['stopCondition'] === stop && answer['acknowledged'] === true,
    } as const
    const shown = printable(stop)
    return tell(teller, message, {
      accepted: () => `${shown} is acknowledged by ${author.actor}: ${author.reason}`,
      advice(status) {
        if (status === 404) return 'caracal-gate status --all lists them'
        return status === 409 ? `caracal-gate explain ${shown} says what is wrong` : ''
      },
      // The answer to an earlier attempt was lost: the second one finds nothing left to acknowledge.
      async hadBeen({ status, repeated }) {
        if (status !== 409 || !repeated || !(await isReleased(teller, stop))) return undefined
        return `${shown} is acknowledged: an earlier attempt, whose answer was lost, was recorded`
      },
    })
  },
})

const released = record({
  stopCondition: record({
    state: textIn,
    latch: nullable(record({ acknowledged: nullable(record({ actor: verbatim, reason: verbatim })) })),
  }),
})

/** Whether the stop is over, and latched by nothing but what this command said. */
async function isReleased({ endpoint, process, author }: Teller, stop: string): Promise<boolean> {
  const path = `stop-conditions/${encodeURIComponent(stop)}`
  const asked = await askFor(endpoint, path, released, process.interrupted)
  if (asked.kind !== 'had') return false
  const { latch, state } = asked.value.stopCondition
  if (latch === null) return state === 'clear'
  const by = latch.acknowledged
  // The exporter writes the name of the token behind that of the actor.
  return by !== null && by.reason === author.reason && by.actor.startsWith(`${author.actor} (`)
}
