import { choice, UsageError, valueOf, valuesOf, type Given } from './arguments.ts'
import type { ExitCode } from './exit-codes.ts'
import type { CliProcess } from './process.ts'
import { rolloutInWords, toldOf } from './rollout-forms.ts'
import { begin as command } from './tell-commands.ts'
import { openTelling, tell } from './telling.ts'
import { printable } from './text.ts'

const phases = ['preflight', 'migrating', 'rolling', 'verifying'] as const

/** `caracal-gate begin`: declares a rollout, or another phase of the one under way. */
export async function begin(process: CliProcess): Promise<ExitCode> {
  const teller = await openTelling(process, command, 'rollout')
  const { given, subject: id, author } = teller
  const supersede = valueOf(given, 'supersede') !== undefined
  const body = {
    id,
    ...author,
    ...(valueOf(given, 'phase') !== undefined && { phase: choice(given, 'phase', phases) }),
    ...bounded(given, 'revision'),
    ...bounded(given, 'chart'),
    ...imagesFrom(given),
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

function bounded(given: Given, option: 'revision' | 'chart'): Readonly<Record<string, string>> {
  const value = valueOf(given, option)?.trim()
  if (value === undefined) return {}
  if (value === '' || value.length > 200)
    throw new UsageError(`--${option} is empty or too long; allowed: 1 to 200 characters`)
  return { [option]: value }
}

function imagesFrom(given: Given): { readonly images?: Readonly<Record<string, string>> } {
  const images = valuesOf(given, 'image').map((text) => {
    const [, service, image] = /^([^=]{1,100})=(.{1,300})$/.exec(text) ?? []
    if (service === undefined || image === undefined)
      throw new UsageError(
        `--image is "${printable(text, 80)}"; allowed: SERVICE=REF, such as sts=caracal-sts:1.9.0`,
      )
    return [service, image] as const
  })
  return images.length === 0 ? {} : { images: Object.fromEntries(images) }
}
