import { inWords } from '../core/time.ts'
import { readAnswer, type CannotTell, type Demands, type Valid } from './answer.ts'
import { choice, duration, readOptions } from './arguments.ts'
import { changesBetween } from './changes.ts'
import { wait as command } from './ask-commands.ts'
import { endpointFrom, pathOf, rolloutFrom } from './connect.ts'
import { expectedFrom, phaseFrom } from './expected-options.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import { ask } from './http.ts'
import type { CliProcess, Surroundings } from './process.ts'
import { outputs, rendered } from './rendering.ts'
import { systemSurroundings } from './surroundings.ts'
import { clockTime, printableJson } from './text.ts'
import { waitFor, type Conversation, type Wish } from './waiting.ts'

/** `caracal-gate wait`: stays until the rollout may proceed, and says what changes meanwhile. */
export async function wait(process: CliProcess): Promise<ExitCode> {
  const given = readOptions(command, process.argv)
  const output = choice(given, 'output', outputs)
  const steady = duration(given, 'steady', '1s', '24h')
  const wish: Wish = {
    until: choice(given, 'until', ['proceed', 'decided', 'stop']),
    timeout: duration(given, 'timeout', '1s', '168h') ?? 30 * 60_000,
    failFast: given.findLast(([name]) => name.endsWith('fail-fast'))?.[0] !== 'no-fail-fast',
    demands: {
      ...rolloutFrom(given),
      ...expectedFrom(given),
      ...phaseFrom(given),
      ...(steady !== undefined && { steady }),
    },
  }
  const endpoint = await endpointFrom(given, process.env)
  const { interrupted } = process

  const told = telling(process, output, endpoint.url, wish.demands, systemSurroundings)
  const code = await waitFor(wish, {
    ...systemSurroundings,
    ...told,
    interrupted,
    async ask({ poll, within }) {
      const path = pathOf(wish.demands, poll)
      return readAnswer(
        await ask(endpoint, { path, within, signal: interrupted }),
        wish.demands,
        poll !== undefined,
      )
    },
  })
  told.finished(code)
  return code
}

type Told = Pick<Conversation, 'heard' | 'troubled' | 'alive' | 'timedOut'>

/** Puts what happens into words: changes are data, everything else is talk. */
function telling(
  { stdout, stderr }: CliProcess,
  output: (typeof outputs)[number],
  url: URL,
  demands: Demands,
  { now, date }: Surroundings,
): Told & { readonly finished: (code: ExitCode) => void } {
  const begun = now()
  // Otherwise stdout is for the one document at the end.
  const data = output === 'text' ? stdout : stderr
  let last: Valid | undefined
  let trouble: CannotTell | undefined

  function line(text: string): string {
    return `${clockTime(date())} ${text}\n`
  }
  function standing(): string {
    return trouble === undefined
      ? (last?.report.summary ?? 'nothing heard yet')
      : `cannot tell: ${trouble.message}`
  }
  return {
    heard(answer) {
      if (trouble !== undefined) stderr.write(line('the exporter answers again'))
      trouble = undefined
      const changes = changesBetween(last?.report, answer.report)
      last = answer
      for (const change of changes) data.write(line(change))
      return changes.length > 0
    },
    troubled(current) {
      // Numbers in the message move; the reason is what makes it another trouble.
      if (trouble?.reason !== current.reason)
        stderr.write(
          line(`cannot tell: ${current.message} [${url.href}]${current.lasting ? '' : '; trying again'}`),
        )
      trouble = current
    },
    alive(left) {
      stderr.write(
        line(`still waiting after ${inWords(now() - begun)}, ${inWords(left)} left. ${standing()}`),
      )
    },
    timedOut() {
      stderr.write(line(`timed out after ${inWords(now() - begun)}. ${standing()}`))
    },
    finished(code) {
      const answer = trouble ?? last
      if (output === 'text' || answer === undefined) return
      if (output !== 'json') stdout.write(rendered(output, endedEarly(code) ?? answer, demands))
      else if (answer.kind === 'valid') stdout.write(`${printableJson(answer.document)}\n`)
    },
  }
}

/** Who is interrupted says nothing about the rollout, whatever the last answer was. */
function endedEarly(code: ExitCode): CannotTell | undefined {
  if (code !== exitCodes.interrupted && code !== exitCodes.terminated) return undefined
  return { kind: 'cannot-tell', reason: 'interrupted', message: 'the wait was interrupted', lasting: false }
}
