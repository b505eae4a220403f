import type { Answer, Demands, Valid } from './answer.ts'
import { askVerdict } from './asking.ts'
import { command } from './command.ts'
import { connection, endpointFrom, reachFrom } from './connect.ts'
import { decide, exitCodeOf } from './decision.ts'
import { demandOptions, demandsFrom } from './demands.ts'
import type { ReportedGate } from './document.ts'
import { annotate, format, inert } from './github.ts'
import { choice, flag, noColor, notAllowed, span, text, UsageError } from './options.ts'
import { paintFor } from './paint.ts'
import { outputs, rendered, type Output } from './rendering.ts'
import { anyScreen, screenOf } from './screen.ts'
import { statusLines, statusText, type StatusView } from './status-text.ts'
import { printableJson } from './text.ts'
import { watch } from './watch.ts'

/** `caracal-gate status`: asks once, shows the answer, and exits with the code that it means. */
export const status = command({
  name: 'status',
  area: 'ask',
  says: 'say once whether the rollout may proceed',
  more: [
    'Exits 0 only when the verdict is proceed, complete, not expired, and as strict as the options demand.',
    'As text it shows what fits on a screen; --all shows the rest.',
    'Markdown is a note of less than 1,024 characters. JUnit is a report with a suite for each gate. Both are also written when the verdict is not known.',
  ],
  options: {
    ...demandOptions,
    output: choice(outputs, 'format of the result on stdout', { short: 'o' }),
    format,
    watch: flag('show it anew at each change, until Ctrl-C; then exit by the verdict'),
    maxAge: span('1s', '24h', 'no observation behind the verdict may be older, e.g. 15s'),
    all: flag('show every gate with its checks and every stop condition, not only what fits on a screen'),
    gate: text('ID', 'show only this gate (the exit code stays that of the verdict)', { completes: 'gates' }),
    noColor,
    ...connection,
  },
  exits: [0, 3, 4, 5, 7],
  examples: [
    ['caracal-gate status', 'the verdict, what blocks it and what to do first'],
    ['caracal-gate status --watch', 'the same, anew at each change'],
    ['caracal-gate status --all', 'with every gate, check and stop condition'],
    ['caracal-gate status --gate readiness', 'one gate with its checks'],
    ['caracal-gate status -o json | jq -r .blocking[].ref', 'for a script'],
    ['caracal-gate status -o junit > gates.xml', 'for the test report of a pipeline'],
    ['caracal-gate status --steady 5m --max-age 15s', 'stricter than the configuration'],
  ],
  async run(process, values) {
    const { output, maxAge } = values
    const demands = { ...demandsFrom(values), ...(maxAge !== undefined && { maxAge }) }
    const forGithub = values.format === 'github'
    if (values.watch && (output !== 'text' || forGithub))
      throw new UsageError('--watch is for a person: it goes with neither --output nor --format')
    const endpoint = await endpointFrom(values, process.env)
    const paint = paintFor(process, values.noColor)
    const screen = forGithub ? anyScreen : await screenOf(process)
    const viewOf = (answer: Valid): StatusView => ({
      answer,
      decision: decide(answer.report, demands),
      ...shownOf(values.gate, answer),
      all: values.all,
      paint,
      screen,
      base: endpoint.url,
      reach: reachFrom(values, process.env),
    })
    if (values.watch)
      return watch(process, { endpoint, demands, screen, linesOf: (answer) => statusLines(viewOf(answer)) })
    const answer = await askVerdict(process, endpoint, demands)
    if (typeof answer === 'number') return answer
    const code = exitCodeOf(answer, demands)
    const text = resultOf(output, answer, demands, values.gate, viewOf)
    process.stdout.write(forGithub && output === 'text' ? inert(text) : text)
    if (forGithub) await annotate(process, output, { answer, demands, code, base: endpoint.url })
    return code
  },
})

/** The result on stdout; empty where the verdict is not known and the format cannot say so. */
function resultOf(
  output: Output,
  answer: Answer,
  demands: Demands,
  wanted: string | undefined,
  viewOf: (answer: Valid) => StatusView,
): string {
  const isNote = output === 'markdown' || output === 'junit'
  if (answer.kind === 'cannot-tell') return isNote ? rendered(output, answer, demands) : ''
  if (isNote) return rendered(output, answer, demands, shownOf(wanted, answer).gates)
  if (output === 'text') return statusText(viewOf(answer))
  shownOf(wanted, answer)
  return `${printableJson(wanted === undefined ? answer.document : narrow(answer.document, wanted))}\n`
}

/** All gates, or the one that was asked for. @throws UsageError where there is no such gate */
function shownOf(wanted: string | undefined, answer: Valid): Pick<StatusView, 'gates' | 'narrowed'> {
  if (wanted === undefined) return { gates: answer.report.gates, narrowed: false }
  return { gates: [gateNamed(wanted, answer)], narrowed: true }
}

function gateNamed(wanted: string, { report }: Valid): ReportedGate {
  const found = report.gates.find(({ id }) => id === wanted)
  if (found !== undefined) return found
  const ids = report.gates.map(({ id }) => id)
  throw notAllowed('--gate', wanted, ids.join(', '), ids)
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
