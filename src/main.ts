import type { CliProcess } from './cli/process.ts'

// The only place that reads the process. What a command does not need is not loaded: pipelines call `status` and
// `wait` over and over, and must not pay for the daemon each time.

// A silent name server holds one of libuv's threads for as long as the resolver waits: in a pod 20 s by default, 4 s so.
// Half of the threads look names up (src/connections/names.ts). What the environment says counts more.
process.env['RES_OPTIONS'] = `timeout:1 attempts:2 ${process.env['RES_OPTIONS'] ?? ''}`.trim()
process.env['UV_THREADPOOL_SIZE'] ??= '8'

const interruption = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    // The second time, whoever asks does not want to wait any longer.
    if (interruption.signal.aborted) process.exit(name === 'SIGTERM' ? 143 : 130)
    interruption.abort(name)
  })

// A request to reload that comes before the daemon can take it is met by the start, which reads everything anew.
if (process.argv[2] === 'serve') process.on('SIGHUP', () => {})

// What can't be written is lost and counted: a full disk ends no daemon, and the exit code of a command is still its own.
// A reader that has seen enough, such as `head`, closes its end, of which nothing need be said.
let lostWrites = 0
for (const stream of [process.stdout, process.stderr])
  stream.on('error', ({ code = 'no code' }: NodeJS.ErrnoException) => {
    lostWrites += 1
    if (stream !== process.stdout || code === 'EPIPE' || lostWrites > 1) return
    process.stderr.write(`caracal-gate: the output can't be written (${code})\n`)
  })

const surroundings: CliProcess = {
  argv: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  interrupted: interruption.signal,
  lostWrites: () => lostWrites,
  reload: (callback) => void process.on('SIGHUP', callback),
}

async function version(): Promise<string> {
  return (await import('../package.json', { with: { type: 'json' } })).default.version
}

const { run } = await import('./cli/run.ts')
const { ownLoaders } = await import('./cli/loaders.ts')
process.exitCode = await run(
  surroundings,
  {
    ...ownLoaders,
    serve: async () => {
      const { serve } = await import('./daemon/serve.ts')
      const own = await version()
      return (process) => serve({ ...process, version: own })
    },
    doctor: async () => {
      const { doctor } = await import('./cli/doctor/command.ts')
      const own = await version()
      return (process) => doctor(process, own)
    },
    'check-config': async () => {
      const command = await import('./cli/check-config.ts')
      const { checkConfig } = await import('./config/check.ts')
      const { readConfigFile } = await import('./config/read.ts')
      const { known } = await import('./daemon/known.ts')
      return (own) =>
        command.checkConfig(own, (request) => checkConfig({ ...request, readFile: readConfigFile, known }))
    },
  },
  version,
)

// What still hangs, such as the look-up of a name that nobody waits for any more, does not keep the process.
setTimeout(() => process.exit(), 500).unref()
