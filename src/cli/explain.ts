import { readAnswer } from './answer.ts'
import { duration, readOptions, valueOf } from './arguments.ts'
import { explain as command } from './ask-commands.ts'
import { endpointFrom, pathOf, rolloutFrom } from './connect.ts'
import { decide, exitCodeOf } from './decision.ts'
import { expectedFrom, phaseFrom } from './expected-options.ts'
import { interruptionCode, type ExitCode } from './exit-codes.ts'
import { explanation } from './explain-text.ts'
import { ask } from './http.ts'
import { paintFor } from './paint.ts'
import type { CliProcess } from './process.ts'
import { lookUp } from './refs.ts'

/** Milliseconds for one look: a healthy exporter answers in a few. */
const patience = 10_000

/** `caracal-gate explain`: why, since when and what to do, of the verdict or of a part. Exits by the verdict. */
export async function explain(process: CliProcess): Promise<ExitCode> {
  const given = readOptions(command, process.argv)
  const steady = duration(given, 'steady', '1s', '24h')
  const demands = {
    ...rolloutFrom(given),
    ...expectedFrom(given),
    ...phaseFrom(given),
    ...(steady !== undefined && { steady }),
  }
  const endpoint = await endpointFrom(given, process.env)
  const reply = await ask(endpoint, { path: pathOf(demands), within: patience, signal: process.interrupted })
  if (process.interrupted.aborted) return interruptionCode(process.interrupted)
  const answer = readAnswer(reply, demands)
  if (answer.kind === 'cannot-tell') {
    process.stderr.write(`cannot tell: ${answer.message} [${endpoint.url.href}]\n`)
    return exitCodeOf(answer, demands)
  }
  const wanted = valueOf(given, 'REF')
  const about = wanted === undefined ? undefined : lookUp(wanted, answer.report)
  const paint = paintFor(process, valueOf(given, 'no-color') !== undefined)
  process.stdout.write(
    explanation({ answer, decision: decide(answer.report, demands), paint, ...(about && { about }) }),
  )
  return exitCodeOf(answer, demands)
}
