import { choice, required, UsageError, valueOf } from './arguments.ts'
import type { ExitCode } from './exit-codes.ts'
import { askFor } from './asking.ts'
import type { CliProcess } from './process.ts'
import { rolloutInWords, story, toldOf } from './rollout-forms.ts'
import { finish as command } from './tell-commands.ts'
import { openTelling, tell } from './telling.ts'
import { printable } from './text.ts'

/** `caracal-gate finish`: declares that a rollout has ended, as done or as failed. */
export async function finish(process: CliProcess): Promise<ExitCode> {
  const teller = await openTelling(process, command, 'rollout')
  const { given, subject: id, author } = teller
  required(given, command, 'outcome')
  const outcome = choice(given, 'outcome', ['done', 'failed'])
  const force = valueOf(given, 'force') !== undefined
  if (force && outcome !== 'done') throw new UsageError('--force goes with --outcome done only')
  if (force && valueOf(given, 'reason') === undefined)
    throw new UsageError('--force needs --reason: it is kept beside the rollout')
  const message = {
    path: `rollouts/${encodeURIComponent(id)}/finish`,
    body: { outcome, ...(force && { force }), ...author },
    scope: 'rollout',
    isAnswer: (answer: Readonly<Record<string, unknown>>) => toldOf(id, answer)?.phase === outcome,
  } as const
  return tell(teller, message, {
    accepted: ({ answer }) => `rollout ${printable(id)} has ended: ${rolloutInWords(toldOf(id, answer))}`,
    advice: (status) =>
      status === 404
        ? 'caracal-gate rollouts lists them'
        : status === 409
          ? 'caracal-gate explain says what stands'
          : '',
    // Also a pipeline that runs its last step again has nothing more to say.
    async hadBeen({ status }) {
      if (status !== 404) return undefined
      const asked = await askFor(
        teller.endpoint,
        `rollouts/${encodeURIComponent(id)}`,
        story,
        process.interrupted,
      )
      if (asked.kind !== 'had' || asked.value.phase !== outcome) return undefined
      return `rollout ${printable(id)} had ended before: ${rolloutInWords(asked.value)}`
    },
  })
}
