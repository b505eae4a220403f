import type { Valid } from './answer.ts'
import { askVerdict } from './asking.ts'
import { command } from './command.ts'
import { connection } from './connect.ts'
import { decide, exitCodeOf } from './decision.ts'
import { demandOptions, demandsFrom } from './demands.ts'
import type { ReportedGate } from './document.ts'
import { choice, noColor, notAllowed, span, text } from './options.ts'
import { paintFor } from './paint.ts'
import { outputs, rendered } from './rendering.ts'
import { statusText } from './status-text.ts'
import { printableJson } from './text.ts'

/** `caracal-gate status`: asks once, shows the answer, and exits with the code that it means. */
export const status = command({
  name: 'status',
  area: 'ask',
  says: 'say once whether the rollout may proceed',
  more: [
    'Exits 0 only when the verdict is proceed, complete, not expired, and as strict as the options demand.',
    'Markdown is a note of less than 1,024 characters. JUnit is a report with a suite for each gate. Both are also written when the verdict is not known.',
  ],
  options: {
    ...demandOptions,
    output: choice(outputs, 'format of the result on stdout', { short: 'o' }),
    maxAge: span('1s', '24h', 'no observation behind the verdict may be older, e.g. 15s'),
    gate: text('ID', 'show only this gate (the exit code stays that of the verdict)', { completes: 'gates' }),
    noColor,
    ...connection,
  },
  exits: [0, 3, 4, 5, 7],
  examples: [
    ['caracal-gate status', 'the verdict, what blocks it, every gate and stop condition'],
    ['caracal-gate status --gate readiness', 'one gate with its checks'],
    ['caracal-gate status -o json | jq -r .blocking[].ref', 'for a script'],
    ['caracal-gate status -o junit > gates.xml', 'for the test report of a pipeline'],
    ['caracal-gate status --steady 5m --max-age 15s', 'stricter than the configuration'],
  ],
  async run(process, values) {
    const { output, gate: wanted, maxAge } = values
    const demands = { ...demandsFrom(values), ...(maxAge !== undefined && { maxAge }) }
    const answer = await askVerdict(process, values, demands)
    if (typeof answer === 'number') return answer
    const code = exitCodeOf(answer, demands)
    if (answer.kind === 'cannot-tell') {
      if (output === 'markdown' || output === 'junit') process.stdout.write(rendered(output, answer, demands))
      return code
    }
    const narrowed = wanted !== undefined
    const gates = narrowed ? [gateNamed(wanted, answer)] : answer.report.gates
    const decision = decide(answer.report, demands)
    const paint = paintFor(process, values.noColor)
    process.stdout.write(
      output === 'json'
        ? `${printableJson(narrowed ? narrow(answer.document, wanted) : answer.document)}\n`
        : output === 'text'
          ? statusText({ answer, decision, gates, narrowed, paint })
          : rendered(output, answer, demands, gates),
    )
    return code
  },
})

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
