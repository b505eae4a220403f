import type { CliProcess } from './cli/process.ts'

// The only place that reads the process. A command loads only what it needs: pipelines call `status` and `wait` over and
// over, and must not pay for the daemon each time.

// The daemon and the mirror run for weeks, and what keeps their memory small counts only from the start of a process: so
// they start themselves again in their place, with the same id, streams and arguments. Where Node can't (Windows) or may
// not do that (--permission), they run as they are.
const [, , name] = process.argv
if (
  (name === 'serve' || name === 'mirror') &&
  process.execve !== undefined &&
  process.permission === undefined
) {
  const { missing } = await import('./cli/footprint.ts')
  const { totalmem } = await import('node:os')
  const lacking = missing(process, { constrained: process.constrainedMemory(), total: totalmem() }, name)
  if (lacking !== undefined)
    process.execve(
      process.execPath,
      [process.execPath, ...process.execArgv, ...lacking.execArgv, ...process.argv.slice(1)],
      { ...process.env, ...lacking.env },
    )
}

// A silent name server holds one of libuv's threads for as long as the resolver waits: in a pod 20 s by default, 4 s so.
// Half of the threads resolve names (src/connections/names.ts). The environment takes precedence.
process.env['RES_OPTIONS'] = `timeout:1 attempts:2 ${process.env['RES_OPTIONS'] ?? ''}`.trim()
process.env['UV_THREADPOOL_SIZE'] ??= '8'

const interruption = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    // A second signal does not wait for the end.
    if (interruption.signal.aborted) process.exit(name === 'SIGTERM' ? 143 : 130)
    interruption.abort(name)
  })

// A request to reload that comes before the daemon can take it needs no answer: the start reads everything.
if (name === 'serve') process.on('SIGHUP', () => {})

// What can't be written is lost and counted: a full disk ends no daemon and changes no exit code. A reader that has seen
// enough, such as `head`, closes its end: that needs no message.
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
  version: async () => (await import('../package.json', { with: { type: 'json' } })).default.version,
  lostWrites: () => lostWrites,
  reload: (callback) => void process.on('SIGHUP', callback),
}

const { run } = await import('./cli/run.ts')
const { commands } = await import('./cli/commands.ts')
process.exitCode = await run(surroundings, commands)

// What still hangs, such as a name that is being resolved for no one, does not keep the process alive.
setTimeout(() => process.exit(), 500).unref()
