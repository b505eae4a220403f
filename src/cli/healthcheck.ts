import { command } from './command.ts'
import { connection, endpointFrom } from './connect.ts'
import { exitCodes, interruptionCode } from './exit-codes.ts'
import { ask, type Endpoint, type NoReply, type Reply } from './http.ts'
import { flag, span } from './options.ts'
import { objectIn, strangerOf } from './origin.ts'
import { systemSurroundings } from './process.ts'
import { printable } from './text.ts'

/** Milliseconds for one request; the health check of a container usually has three seconds in all. */
const patience = 2_000
const pause = 500

/** `caracal-gate healthcheck`: whether the exporter itself is healthy, whatever the verdict. */
export const healthcheck = command({
  name: 'healthcheck',
  area: 'run',
  says: 'say whether the exporter itself is healthy',
  more: ['Says nothing about the rollout. Exits 0 when it is healthy, 5 when it is not or does not answer.'],
  options: {
    ...connection,
    ready: flag('healthy means that it judges; without this, that it answers'),
    timeout: span('1s', '1h', 'ask again for this long, e.g. 60s (default: once)'),
  },
  exits: [0, 5],
  examples: [
    ['caracal-gate healthcheck', 'the HEALTHCHECK of the image'],
    ['caracal-gate healthcheck --ready --timeout 60s', 'wait until it judges'],
  ],
  async run(process, values) {
    const until = performance.now() + (values.timeout ?? 0)
    const endpoint = await endpointFrom(values, process.env)
    const path = values.ready ? 'readyz' : 'healthz'
    for (;;) {
      const trouble = await troubleAt(endpoint, path, process.interrupted)
      if (process.interrupted.aborted) return interruptionCode(process.interrupted)
      if (trouble === undefined) {
        process.stdout.write('ok\n')
        return exitCodes.proceed
      }
      if (performance.now() + pause > until) {
        process.stderr.write(`not healthy: ${trouble} [${new URL(path, endpoint.url).href}]\n`)
        return exitCodes.blindSpot
      }
      await systemSurroundings.sleep(pause, process.interrupted)
    }
  },
})

async function troubleAt(endpoint: Endpoint, path: string, signal: AbortSignal): Promise<string | undefined> {
  return troubleOf(await ask(endpoint, { path, within: patience, signal }))
}

/** What is wrong with an answer; something else may listen where the exporter should, so its words are read too. */
function troubleOf(reply: Reply | NoReply): string | undefined {
  if ('reason' in reply) return reply.message
  const { status, message } = objectIn(reply.body)
  // Any service may say that it is healthy; only the exporter repeats what came with the request.
  if (reply.echoed === false || typeof status !== 'string') return strangerOf(reply).message
  if (reply.status === 200 && status === 'ok') return undefined
  return `status ${reply.status}${typeof message === 'string' ? `: ${printable(message, 200)}` : ''}`
}
