import { askVerdict } from './asking.ts'
import { command } from './command.ts'
import { connection, endpointFrom, reachFrom } from './connect.ts'
import { decide, exitCodeOf } from './decision.ts'
import { demandOptions, demandsFrom } from './demands.ts'
import { explanation } from './explain-text.ts'
import { annotate, format, inert } from './github.ts'
import { noColor, text } from './options.ts'
import { paintFor } from './paint.ts'
import { anyScreen, screenOf } from './screen.ts'
import { lookUp } from './wording.ts'

/** `caracal-gate explain`: why the verdict or a part of it is what it is. Exits by the verdict. */
export const explain = command({
  name: 'explain',
  area: 'ask',
  says: 'say why, since when, and what to do first',
  more: [
    'Begins with the root causes: what was expected, what was observed, the culprits, the time of the last observation, the first thing to do and the page to read. What follows from them comes after.',
    'Exits as status does, for every REF: a part is never milder than the whole.',
  ],
  argument: text(
    'REF',
    'a gate, check, stop condition or blocker, as status and wait name it (default: the verdict)',
    { completes: 'refs' },
  ),
  options: { ...demandOptions, format, noColor, ...connection },
  exits: [0, 3, 4, 5, 7],
  examples: [
    ['caracal-gate explain', 'why the verdict is what it is'],
    ['caracal-gate explain outbox-dead-messages', 'one stop condition'],
    ['caracal-gate explain gates/readiness/checks/sts-ready', 'one check, as blocking names it'],
  ],
  async run(process, values, wanted) {
    const demands = demandsFrom(values)
    const forGithub = values.format === 'github'
    const endpoint = await endpointFrom(values, process.env)
    const base = endpoint.url
    const answer = await askVerdict(process, endpoint, demands)
    if (typeof answer === 'number') return answer
    const code = exitCodeOf(answer, demands)
    if (answer.kind === 'valid') {
      const about = wanted === undefined ? undefined : lookUp(wanted, answer.report)
      const decision = decide(answer.report, demands)
      const paint = paintFor(process, values.noColor)
      const screen = forGithub ? anyScreen : await screenOf(process)
      const reach = reachFrom(values, process.env)
      const text = explanation({ answer, decision, paint, screen, base, reach, ...(about && { about }) })
      process.stdout.write(forGithub ? inert(text) : text)
    }
    if (forGithub) await annotate(process, 'text', { answer, demands, code, base })
    return code
  },
})
