import type { Values } from './command.ts'
import { connection, endpointFrom } from './connect.ts'
import { deliver, type Delivered, type Message } from './deliver.ts'
import { exitCodes, interruptionCode, type ExitCode } from './exit-codes.ts'
import type { Endpoint } from './http.ts'
import { needed, notAllowed, text, textOrJson, UsageError } from './options.ts'
import { systemSurroundings, type CliProcess } from './process.ts'
import { printable, printableJson } from './text.ts'

/** What `begin`, `finish`, `ack` and the commands of `evidence` have in common: they write into the ledger. */

/** The options of who says it and why. */
export const authorOptions = {
  reason: text('TEXT', 'why, for the ledger (default: this command)'),
  actor: text('NAME', 'name for the ledger; or CARACAL_GATE_ACTOR, or USER'),
}

export const tellingOptions = {
  ...authorOptions,
  output: textOrJson,
  ...connection,
}

/** What the help says of repetition. */
export const again =
  'When the exporter cannot be reached, it tries again for half a minute: repeating a command changes nothing.'

/** The name for the ledger, and the reason. */
export interface Author {
  readonly actor: string
  readonly reason: string
}

/**
 * From options and environment.
 * @param by the reason when none is given
 * @param unnamed the actor when none is given; without it, that is an error
 * @throws UsageError
 */
export function authorFrom(
  { actor: given, reason }: Values<typeof authorOptions>,
  env: CliProcess['env'],
  by: string,
  unnamed?: string,
): Author {
  const actor = [given, env['CARACAL_GATE_ACTOR'], env['USER'], unnamed].find(Boolean)
  if (actor === undefined) throw new UsageError('missing --actor NAME, or CARACAL_GATE_ACTOR')
  return { actor: words(actor, '--actor'), reason: words(reason ?? by, '--reason') }
}

function words(given: string, option: string): string {
  const line = printable(given, 1_000)
  if (line === '' || line.length > 300)
    throw new UsageError(`${option} is empty or too long; allowed: 1 to 300 characters`)
  return line
}

/** Everything that is known before the first request. */
export interface Teller {
  readonly process: CliProcess
  readonly author: Author
  readonly endpoint: Endpoint
  readonly output: 'text' | 'json'
}

/** @throws UsageError also when there is no token */
export async function openTelling(
  process: CliProcess,
  values: Values<typeof tellingOptions>,
  name: string,
  scope: Message['scope'],
): Promise<Teller> {
  const author = authorFrom(values, process.env, `caracal-gate ${name}`)
  const endpoint = await endpointFrom(values, process.env)
  if ((await endpoint.token()) === undefined)
    throw new UsageError(`missing a token of scope ${scope}: give --token-file or CARACAL_GATE_TOKEN`)
  return { process, author, endpoint, output: values.output }
}

/** Longest id that the exporter takes, in characters. */
const longestId = 200

/** What a command is about, as the exporter takes it in a path. */
export function subject(name: string, says: string, completes?: 'rollouts' | 'stops' | 'items') {
  const option = needed(text(name, says, completes === undefined ? {} : { completes }))
  return {
    ...option,
    read(texts: readonly string[]) {
      const id = option.read(
        texts.map((given) => given.trim()).filter((given) => given !== ''),
        name,
      )
      // Dots alone would be taken out of the path, and what cannot be seen out of the id.
      if (id.length > longestId || /^\.{1,2}$/.test(id) || printable(id) !== id)
        throw notAllowed(name, id, `1 to ${longestId} visible characters, not only dots`)
      return id
    },
  }
}

/** What a command makes of the exporter's answer. */
export interface Words {
  readonly accepted: (delivered: Extract<Delivered, { kind: 'accepted' }>) => string
  /** What to do when it was refused. */
  readonly advice: (status: number) => string
  /** The message when an earlier attempt was recorded, if it was. */
  readonly hadBeen?: (refused: Extract<Delivered, { kind: 'refused' }>) => Promise<string | undefined>
}

/** Tells it, shows what came of it, and gives the exit code. */
export async function tell(teller: Teller, message: Message, words: Words): Promise<ExitCode> {
  const { process, endpoint, output } = teller
  const delivered = await deliver(endpoint, message, systemSurroundings, process.interrupted)
  switch (delivered.kind) {
    case 'interrupted':
      return interruptionCode(process.interrupted)
    case 'accepted':
      process.stdout.write(
        output === 'json' ? `${printableJson(delivered.answer)}\n` : `${words.accepted(delivered)}\n`,
      )
      return exitCodes.proceed
    case 'undelivered':
      process.stderr.write(`caracal-gate: not recorded: ${delivered.message} [${endpoint.url.href}]\n`)
      return exitCodes.blindSpot
    case 'refused': {
      const before = await words.hadBeen?.(delivered)
      if (before !== undefined) {
        process.stdout.write(output === 'json' ? `${printableJson({ before })}\n` : `${before}\n`)
        return exitCodes.proceed
      }
      const advice = words.advice(delivered.status)
      process.stderr.write(
        `caracal-gate: refused: ${delivered.message}${advice === '' ? '' : `; ${advice}`} [${endpoint.url.href}]\n`,
      )
      return refusals[delivered.status] ?? exitCodes.blindSpot
    }
  }
}

const refusals: Readonly<Record<number, ExitCode>> = {
  400: exitCodes.usage,
  404: exitCodes.unknownId,
  409: exitCodes.refused,
}
