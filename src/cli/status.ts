import { choice, duration, readOptions, UsageError, valueOf } from './arguments.ts'
import { readAnswer, type Valid } from './answer.ts'
import { status as command } from './ask-commands.ts'
import { endpointFrom, pathOf, rolloutFrom } from './connect.ts'
import { decide, exitCodeOf } from './decision.ts'
import type { ReportedGate } from './document.ts'
import { expectedFrom, phaseFrom } from './expected-options.ts'
import { interruptionCode, type ExitCode } from './exit-codes.ts'
import { ask } from './http.ts'
import { paintFor } from './paint.ts'
import type { CliProcess } from './process.ts'
import { outputs, rendered } from './rendering.ts'
import { statusText } from './status-text.ts'
import { didYouMean } from './suggest.ts'
import { printable, printableJson } from './text.ts'

/** Milliseconds for one look: a healthy exporter answers in a few. */
const patience = 10_000

/** `caracal-gate status`: one look, shown, and the exit code that it means. */
export async function status(process: CliProcess): Promise<ExitCode> {
  const given = readOptions(command, process.argv)
  const output = choice(given, 'output', outputs)
  const steady = duration(given, 'steady', '1s', '24h')
  const maxAge = duration(given, 'max-age', '1s', '24h')
  const demands = {
    ...rolloutFrom(given),
    ...expectedFrom(given),
    ...phaseFrom(given),
    ...(steady !== undefined && { steady }),
    ...(maxAge !== undefined && { maxAge }),
  }
  const endpoint = await endpointFrom(given, process.env)

  const reply = await ask(endpoint, { path: pathOf(demands), within: patience, signal: process.interrupted })
  if (process.interrupted.aborted) return interruptionCode(process.interrupted)
  const answer = readAnswer(reply, demands)
  const code = exitCodeOf(answer, demands)
  if (answer.kind === 'cannot-tell') {
    process.stderr.write(`cannot tell: ${answer.message} [${endpoint.url.href}]\n`)
    if (output === 'markdown' || output === 'junit') process.stdout.write(rendered(output, answer, demands))
    return code
  }

  const wanted = valueOf(given, 'gate')
  const gates = wanted === undefined ? answer.report.gates : [gateNamed(wanted, answer)]
  const narrowed = wanted !== undefined
  const decision = decide(answer.report, demands)
  const paint = paintFor(process, valueOf(given, 'no-color') !== undefined)
  process.stdout.write(
    output === 'json'
      ? `${printableJson(narrowed ? narrow(answer.document, wanted) : answer.document)}\n`
      : output === 'text'
        ? statusText({ answer, decision, gates, narrowed, paint })
        : rendered(output, answer, demands, gates),
  )
  return code
}

function gateNamed(wanted: string, { report }: Valid): ReportedGate {
  const found = report.gates.find(({ id }) => id === wanted)
  if (found !== undefined) return found
  const ids = report.gates.map(({ id }) => id)
  throw new UsageError(
    `there is no gate "${printable(wanted, 80)}"; there are ${ids.join(', ')}.${didYouMean(wanted, ids)}`,
  )
}

/** The same document with one gate in its list. */
function narrow(document: unknown, id: string): unknown {
  if (typeof document !== 'object' || document === null || !('gates' in document)) return document
  const gates: unknown[] = Array.isArray(document.gates) ? document.gates : []
  return {
    ...document,
    gates: gates.filter(
      (gate) => typeof gate === 'object' && gate !== null && 'id' in gate && gate.id === id,
    ),
  }
}
