import { duration, readOptions, valueOf } from './arguments.ts'
import { healthcheck as command } from './run-commands.ts'
import { endpointFrom } from './connect.ts'
import { exitCodes, interruptionCode, type ExitCode } from './exit-codes.ts'
import { ask, type Endpoint, type NoReply, type Reply } from './http.ts'
import type { CliProcess } from './process.ts'
import { objectIn, strangerOf } from './origin.ts'
import { printable } from './text.ts'

/** Milliseconds for one look; a container's health check usually has three seconds for all. */
const patience = 2_000
const pause = 500

/**
 * `caracal-gate healthcheck`: whether the exporter itself is well, whatever the verdict. 0 when it is, 5 when it is not
 * or does not answer as it should.
 */
export async function healthcheck(process: CliProcess): Promise<ExitCode> {
  const given = readOptions(command, process.argv)
  const until = performance.now() + (duration(given, 'timeout', '1s', '1h') ?? 0)
  const endpoint = await endpointFrom(given, process.env)
  const path = valueOf(given, 'ready') === undefined ? 'healthz' : 'readyz'
  for (;;) {
    const trouble = await troubleAt(endpoint, path, process.interrupted)
    if (process.interrupted.aborted) return interruptionCode(process.interrupted)
    if (trouble === undefined) {
      process.stdout.write('ok\n')
      return exitCodes.proceed
    }
    if (performance.now() + pause > until) {
      process.stderr.write(`not well: ${trouble} [${new URL(path, endpoint.url).href}]\n`)
      return exitCodes.blindSpot
    }
    await rest(pause, process.interrupted)
  }
}

async function troubleAt(endpoint: Endpoint, path: string, signal: AbortSignal): Promise<string | undefined> {
  return troubleOf(await ask(endpoint, { path, within: patience, signal }))
}

/** What is wrong with an answer; something else may listen where the exporter should, so its words are read too. */
function troubleOf(reply: Reply | NoReply): string | undefined {
  if ('reason' in reply) return reply.message
  const { status, message } = objectIn(reply.body)
  // Any service may say that it is well; only the exporter repeats what came with the request.
  if (reply.echoed === false || typeof status !== 'string') return strangerOf(reply).message
  if (reply.status === 200 && status === 'ok') return undefined
  return `status ${reply.status}${typeof message === 'string' ? `: ${printable(message, 200)}` : ''}`
}

function rest(milliseconds: number, interrupted: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds)
    interrupted.addEventListener('abort', done, { once: true })
    function done(): void {
      clearTimeout(timer)
      interrupted.removeEventListener('abort', done)
      resolve()
    }
  })
}
