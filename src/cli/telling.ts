import { authorFrom, type Author } from './author.ts'
import { choice, readOptions, UsageError, valueOf, type Given } from './arguments.ts'
import type { Command } from './command.ts'
import { endpointFrom } from './connect.ts'
import { deliver, type Delivered, type Message } from './deliver.ts'
import { exitCodes, interruptionCode, type ExitCode } from './exit-codes.ts'
import type { Endpoint } from './http.ts'
import type { CliProcess } from './process.ts'
import { systemSurroundings } from './surroundings.ts'
import { printable, printableJson } from './text.ts'

/** Everything that is settled before the exporter is told anything. */
export interface Teller {
  readonly process: CliProcess
  readonly given: Given
  /** What the command is about, as it was given. */
  readonly subject: string
  readonly author: Author
  readonly endpoint: Endpoint
  readonly output: 'text' | 'json'
}

/** Longest id that the exporter takes, in characters. */
const longestId = 200

/**
 * Reads what `begin`, `finish` and `ack` have in common.
 * @throws UsageError also when there is no token
 */
export async function openTelling(
  process: CliProcess,
  command: Command,
  scope: Message['scope'],
): Promise<Teller> {
  const given = readOptions(command, process.argv)
  const output = choice(given, 'output', ['text', 'json'])
  const subject = idFrom(given, command)
  const author = authorFrom(given, process.env, `caracal-gate ${command.name}`)
  const endpoint = await endpointFrom(given, process.env)
  if ((await endpoint.token()) === undefined)
    throw new UsageError(
      `${command.name} needs a token of scope ${scope}: give --token-file or CARACAL_GATE_TOKEN`,
    )
  return { process, given, subject, author, endpoint, output }
}

function idFrom(given: Given, { name, argument }: Command): string {
  const shown = argument?.name ?? ''
  const id = valueOf(given, shown)?.trim()
  if (id === undefined || id === '')
    throw new UsageError(`the ${shown} is missing: caracal-gate ${name} ${shown}`)
  // Dots alone would be taken out of the path, and what cannot be seen out of the id.
  if (id.length > longestId || /^\.{1,2}$/.test(id) || printable(id) !== id)
    throw new UsageError(
      `${shown} is "${printable(id, 80)}"; allowed: 1 to ${longestId} characters that can be seen, not only dots`,
    )
  return id
}

/** What a command makes of the exporter's answer. */
export interface Words {
  readonly accepted: (delivered: Extract<Delivered, { kind: 'accepted' }>) => string
  /** What to do when it was refused. */
  readonly advice: (status: number) => string
  /** Looks whether what was refused had been recorded before; says so in words when it had. */
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
