import { askFor } from './asking.ts'
import { command } from './command.ts'
import { flag, needed, oneOf, UsageError } from './options.ts'
import { rolloutInWords, story, toldOf } from './rollout-forms.ts'
import { again, openTelling, subject, tell, tellingOptions } from './telling.ts'
import { printable } from './text.ts'

/** `caracal-gate finish`: declares that a rollout has ended, as done or as failed. */
export const finish = command({
  name: 'finish',
  area: 'tell',
  says: 'declare that a rollout has ended',
  more: [
    'The exporter refuses done while a stop condition fires or is not acknowledged. A rollout that ended before with the same outcome is not an error.',
    again,
    'Needs a token of scope rollout.',
  ],
  argument: subject('ID', 'the rollout', 'rollouts'),
  options: {
    outcome: needed(oneOf(['done', 'failed'], 'how it ended')),
    force: flag('done although not everything is proven; needs --reason, and never proceeds'),
    ...tellingOptions,
  },
  exits: [0, 5, 10, 11],
  examples: [
    ['caracal-gate finish caracal/48 --outcome done', 'after the last wait'],
    [
      'caracal-gate finish caracal/48 --outcome failed --reason "rolled back: outbox dead messages"',
      'after helm rollback',
    ],
  ],
  async run(process, values, id) {
    const { outcome, force } = values
    if (force && outcome !== 'done') throw new UsageError('--force is for --outcome done only')
    if (force && values.reason === undefined)
      throw new UsageError('missing --reason TEXT: --force keeps it beside the rollout')
    const teller = await openTelling(process, values, 'finish', 'rollout')
    const path = `rollouts/${encodeURIComponent(id)}`
    const message = {
      path: `${path}/finish`,
      body: { outcome, ...(force && { force }), ...teller.author },
      scope: 'rollout',
      isAnswer: (answer: Readonly<Record<string, unknown>>) => toldOf(id, answer)?.phase === outcome,
    } as const
    return tell(teller, message, {
      accepted: ({ answer }) => `rollout ${printable(id)} has ended: ${rolloutInWords(toldOf(id, answer))}`,
      advice: (status) => advice[status] ?? '',
      // A pipeline that runs its last step again has nothing more to say.
      async hadBeen({ status }) {
        if (status !== 404) return undefined
        const asked = await askFor(teller.endpoint, path, story, process.interrupted)
        if (asked.kind !== 'had' || asked.value.phase !== outcome) return undefined
        return `rollout ${printable(id)} had ended before: ${rolloutInWords(asked.value)}`
      },
    })
  },
})

const advice: Readonly<Record<number, string>> = {
  404: 'caracal-gate rollouts lists them',
  409: 'caracal-gate explain says what blocks it',
}
