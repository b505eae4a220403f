import { askedPhases } from '../core/rollout.ts'
import { choice, valueOf } from './arguments.ts'
import { expectedFrom } from './expected-options.ts'
import type { ExitCode } from './exit-codes.ts'
import type { CliProcess } from './process.ts'
import { rolloutInWords, toldOf } from './rollout-forms.ts'
import { begin as command } from './tell-commands.ts'
import { openTelling, tell } from './telling.ts'
import { printable } from './text.ts'

/** `caracal-gate begin`: declares a rollout, or another phase of the one under way. */
export async function begin(process: CliProcess): Promise<ExitCode> {
  const teller = await openTelling(process, command, 'rollout')
  const { given, subject: id, author } = teller
  const supersede = valueOf(given, 'supersede') !== undefined
  const body = {
    id,
    ...author,
    ...(valueOf(given, 'phase') !== undefined && { phase: choice(given, 'phase', askedPhases) }),
    ...expectedFrom(given).expected,
    ...(supersede && { supersede }),
  }
  const message = {
    path: 'rollouts',
    body,
    scope: 'rollout',
    isAnswer: (answer: Readonly<Record<string, unknown>>) => toldOf(id, answer) !== undefined,
  } as const
  return tell(teller, message, {
    accepted: ({ status, answer }) => {
      const words = status === 201 ? 'has begun' : 'was under way already'
      return `rollout ${printable(id)} ${words}: ${rolloutInWords(toldOf(id, answer))}`
    },
    advice: (status) =>
      status === 409 && !supersede
        ? 'caracal-gate rollouts lists them, and --supersede ends one that is under way'
        : '',
  })
}
