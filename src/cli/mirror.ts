import { readAnswer } from './answer.ts'
import { command } from './command.ts'
import { connection, endpointFrom } from './connect.ts'
import { demandOptions, demandsFrom, pathOf } from './demands.ts'
import { exitCodes } from './exit-codes.ts'
import { ask, type Endpoint } from './http.ts'
import { listenAddress, serveMirror } from './mirror-server.ts'
import { openMirror, type Mirror, type Mirroring, type Reading } from './mirroring.ts'
import { needed, text } from './options.ts'
import { systemSurroundings, type CliProcess } from './process.ts'

const { rollout, ...otherDemands } = demandOptions

/** `caracal-gate mirror`: a process that is ready exactly while the rollout that was asked about may proceed. */
export const mirror = command({
  name: 'mirror',
  area: 'run',
  says: 'be ready exactly while the rollout may proceed',
  more: [
    'Runs until SIGTERM. Asks the exporter every second. GET /readyz answers 200 while the last proceed that it has read itself has not expired, else 503 with the reason. GET /livez answers 200 while it asks.',
    'Tools that wait for the health of a Deployment wait for the verdict so: docs/use/pipelines/mirror.md. Each change is a line of JSON on stdout.',
  ],
  options: {
    rollout: needed(rollout),
    ...otherDemands,
    listen: text('HOST:PORT', 'address to serve on (default :9466)'),
    ...connection,
  },
  exits: [0],
  examples: [
    ['caracal-gate mirror --rollout caracal/47', 'ready while this rollout may proceed'],
    [
      'caracal-gate mirror --rollout caracal/47 --revision 47 --image api=registry.example/api:1.0.1',
      'and while this has arrived',
    ],
  ],
  async run(process, { listen = ':9466', ...values }) {
    const demands = demandsFrom(values)
    const address = listenAddress(listen)
    const endpoint = await endpointFrom(values, process.env)
    const { interrupted } = process
    const told = log(process, values.rollout)
    const held = mirrorAt(endpoint, { demands, interrupted, changed: (reading) => told({ ...reading }) })
    const server = await serveMirror(held, address)
    told({ msg: 'started', version: await process.version(), port: server.port, url: endpoint.url.href })
    await held.run()
    await server.close()
    return exitCodes.proceed
  },
})

/** A mirror of what the exporter at this address says. */
export function mirrorAt(
  endpoint: Endpoint,
  mirroring: Pick<Mirroring, 'demands' | 'interrupted' | 'changed'>,
): Mirror {
  const { demands, interrupted: signal } = mirroring
  return openMirror({
    ...systemSurroundings,
    ...mirroring,
    async ask(within) {
      const reply = await ask(endpoint, { path: pathOf(demands), within, signal })
      return { answer: readAnswer(reply, demands), isReply: 'status' in reply }
    },
  })
}

/** Writes a line of JSON, each with the time and the rollout. */
function log({ stdout }: CliProcess, rollout: string) {
  return ({ message, ...rest }: Partial<Reading> & Readonly<Record<string, unknown>>): void => {
    const { ready } = rest
    const msg = ready === undefined ? {} : { msg: ready ? 'ready' : 'not ready', summary: message }
    const line = { time: systemSurroundings.date().toISOString(), ...msg, ...rest, rollout }
    stdout.write(`${JSON.stringify(line)}\n`)
  }
}
