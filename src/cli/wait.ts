import { inWords } from '../core/time.ts'
import { readAnswer, type CannotTell, type Demands, type Valid } from './answer.ts'
import { changesBetween } from './changes.ts'
import { command } from './command.ts'
import { connection, endpointFrom } from './connect.ts'
import { demandOptions, demandsFrom, pathOf } from './demands.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import { ask } from './http.ts'
import { choice, span, toggle } from './options.ts'
import { systemSurroundings, type CliProcess, type Surroundings } from './process.ts'
import { outputs, rendered, type Output } from './rendering.ts'
import { clockTime, printableJson } from './text.ts'
import { endings, waitFor, type Conversation } from './waiting.ts'

/** `caracal-gate wait`: asks until the rollout may proceed, and prints what changes meanwhile. */
export const wait = command({
  name: 'wait',
  area: 'ask',
  says: 'wait until the rollout may proceed',
  more: [
    'Prints a line for each change, and a message a minute on stderr without one. Restarts of the exporter and broken connections do not end it before the time is over. A stop ends it at once with 4.',
    'With --until stop it watches for the whole time: 4 when a stop comes, 0 when the verdict is proceed at the end.',
    'With another output than text the changes go to stderr, and stdout gets the last document.',
  ],
  options: {
    until: choice(endings, 'what to wait for; decided is proceed or stop'),
    timeout: span('1s', '168h', 'give up after this long, e.g. 45m (default 30m)'),
    ...demandOptions,
    output: choice(outputs, 'format of the result on stdout', { short: 'o' }),
    failFast: toggle(
      'end at the first stop (default)',
      'continue over a stop, which may be acknowledged in time',
    ),
    ...connection,
  },
  exits: [0, 4, 5, 6, 7],
  examples: [
    ['caracal-gate wait', 'up to 30 minutes for proceed'],
    [
      'caracal-gate wait --rollout caracal/47 --steady 5m --timeout 1h',
      'this rollout, settled for five minutes',
    ],
    ['caracal-gate wait --until stop --timeout 15m', 'watch a canary; 0 when nothing stopped it'],
    ['caracal-gate wait -o json > gates.json', 'keep the last document as an artefact'],
  ],
  async run(process, { timeout = 30 * 60_000, until, failFast, output, ...values }) {
    const demands = demandsFrom(values)
    const endpoint = await endpointFrom(values, process.env)
    const { interrupted } = process
    const told = telling(process, output, endpoint.url, demands, systemSurroundings)
    const wish = { until, timeout, failFast, demands }
    const code = await waitFor(wish, {
      ...systemSurroundings,
      ...told,
      interrupted,
      async ask({ poll, within }) {
        const reply = await ask(endpoint, { path: pathOf(demands, poll), within, signal: interrupted })
        return readAnswer(reply, demands, poll !== undefined)
      },
    })
    told.finished(code)
    return code
  },
})

type Told = Pick<Conversation, 'heard' | 'troubled' | 'alive' | 'timedOut'>

/** Writes what happens: changes are results, everything else is a message. */
function telling(
  { stdout, stderr }: CliProcess,
  output: Output,
  url: URL,
  demands: Demands,
  { now, date }: Surroundings,
): Told & { readonly finished: (code: ExitCode) => void } {
  const begun = now()
  // With another output, stdout is for the one document at the end.
  const data = output === 'text' ? stdout : stderr
  let last: Valid | undefined
  let trouble: CannotTell | undefined

  function line(text: string): string {
    return `${clockTime(date())} ${text}\n`
  }
  function summary(): string {
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
      stderr.write(line(`still waiting after ${inWords(now() - begun)}, ${inWords(left)} left. ${summary()}`))
    },
    timedOut() {
      stderr.write(line(`timed out after ${inWords(now() - begun)}. ${summary()}`))
    },
    finished(code) {
      const answer = trouble ?? last
      if (output === 'text' || answer === undefined) return
      if (output !== 'json') stdout.write(rendered(output, endedEarly(code) ?? answer, demands))
      else if (answer.kind === 'valid') stdout.write(`${printableJson(answer.document)}\n`)
    },
  }
}

/** An interrupted wait says nothing about the rollout, whatever the last answer was. */
function endedEarly(code: ExitCode): CannotTell | undefined {
  if (code !== exitCodes.interrupted && code !== exitCodes.terminated) return undefined
  return { kind: 'cannot-tell', reason: 'interrupted', message: 'the wait was interrupted', lasting: false }
}
