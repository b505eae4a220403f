import { readAnswer } from './answer.ts'
import { command } from './command.ts'
import { connection, endpointFrom, reachFrom } from './connect.ts'
import { demandOptions, demandsFrom, pathOf } from './demands.ts'
import { format } from './github.ts'
import { ask } from './http.ts'
import { choice, noColor, span, toggle } from './options.ts'
import { canDraw, paintFor } from './paint.ts'
import { systemSurroundings } from './process.ts'
import { outputs } from './rendering.ts'
import { anyScreen, screenOf } from './screen.ts'
import { telling } from './wait-telling.ts'
import { endings, waitFor } from './waiting.ts'

/** `caracal-gate wait`: asks until the rollout may proceed, and prints what changes meanwhile. */
export const wait = command({
  name: 'wait',
  area: 'ask',
  says: 'wait until the rollout may proceed',
  more: [
    'Prints a line for each change, and at the end what to do next. On a terminal its last row says how far it is; elsewhere a message a minute on stderr does. Restarts of the exporter and broken connections do not end it before the time is over. A stop ends it at once with 4.',
    'With --until stop it watches for the whole time: 4 when a stop comes, 0 when the verdict is proceed at the end.',
    'With another output than text the changes go to stderr, and stdout gets the last document.',
  ],
  options: {
    until: choice(endings, 'what to wait for; decided is proceed or stop'),
    timeout: span('1s', '168h', 'give up after this long, e.g. 45m (default 30m)'),
    ...demandOptions,
    output: choice(outputs, 'format of the result on stdout', { short: 'o' }),
    format,
    failFast: toggle(
      'end at the first stop (default)',
      'continue over a stop, which may be acknowledged in time',
    ),
    noColor,
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
  async run(
    process,
    { timeout = 30 * 60_000, until, failFast, output, format: forWhom, noColor, ...values },
  ) {
    const demands = demandsFrom(values)
    const endpoint = await endpointFrom(values, process.env)
    const { interrupted } = process
    const forGithub = forWhom === 'github'
    const told = telling(
      {
        process,
        output,
        forGithub,
        url: endpoint.url,
        reach: reachFrom(values, process.env),
        demands,
        timeout,
        paint: paintFor(process, noColor),
        screen: forGithub ? anyScreen : await screenOf(process),
      },
      systemSurroundings,
    )
    // What a terminal says of times has to be true.
    const poll = output === 'text' && canDraw(process) ? { longestPoll: 2_000 } : {}
    const code = await waitFor(
      { until, timeout, failFast, demands, ...poll },
      {
        ...systemSurroundings,
        ...told,
        interrupted,
        async ask({ poll: held, within }) {
          const reply = await ask(endpoint, { path: pathOf(demands, held), within, signal: interrupted })
          return readAnswer(reply, demands, held !== undefined)
        },
      },
    )
    await told.finished(code)
    return code
  },
})
