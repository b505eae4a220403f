import { readOptions, required } from './arguments.ts'
import { rolloutFrom } from './connect.ts'
import type { ExitCode } from './exit-codes.ts'
import { askFor } from './asking.ts'
import type { CliProcess } from './process.ts'
import { nullable, record, text, verbatim } from './shape.ts'
import { ack as command } from './tell-commands.ts'
import { openTelling, tell, type Teller } from './telling.ts'
import { printable } from './text.ts'

/** `caracal-gate ack`: takes note of a stop whose cause is gone. */
export async function ack(process: CliProcess): Promise<ExitCode> {
  required(readOptions(command, process.argv), command, 'reason')
  const teller = await openTelling(process, command, 'acknowledge')
  const { given, subject: stop, author } = teller
  const message = {
    path: 'acknowledgements',
    body: { stopCondition: stop, ...rolloutFrom(given), ...author },
    scope: 'acknowledge',
    isAnswer: (answer: Readonly<Record<string, unknown>>) =>
      answer['stopCondition'] === stop && answer['acknowledged'] === true,
  } as const
  const shown = printable(stop)
  return tell(teller, message, {
    accepted: () => `${shown} is acknowledged by ${author.actor}: ${author.reason}`,
    advice: (status) => (status === 409 ? `caracal-gate explain ${shown} says what stands` : ''),
    // The answer to an earlier attempt was lost: the second one finds nothing left to take note of.
    async hadBeen({ status, repeated }) {
      if (status !== 409 || !repeated || !(await isReleased(teller, stop))) return undefined
      return `${shown} is acknowledged: an earlier attempt, whose answer was lost, was recorded`
    },
  })
}

const released = record({
  stopCondition: record({
    state: text,
    latch: nullable(record({ acknowledged: nullable(record({ actor: verbatim, reason: verbatim })) })),
  }),
})

/** Whether the stop no longer stands, and is not latched but for what was said here. */
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
