import { spawn } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import { guardServer } from '../rig/processes.ts'

export type Daemon = {
  readonly url: string
  readonly pid: number
  /** Resolves with the exit code when the process ends, wanted or not. */
  readonly ended: Promise<number | null>
  stop(): Promise<void>
}

/**
 * Starts `caracal-gate serve` as a process of its own and waits until it listens. Its log goes to `logFile`.
 * It is ended, and `folder` removed, should our own process die in any way.
 * @param env what it gets beside our own environment
 */
export async function startDaemon(
  config: string,
  logFile: string,
  env: Readonly<Record<string, string>> = {},
  folder?: string,
): Promise<Daemon> {
  const log = openSync(logFile, 'a')
  const child = spawn(process.execPath, ['src/main.ts', 'serve', '--config', config], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'pipe', log],
    env: { ...process.env, ...env },
    // A Ctrl-C at the terminal reaches the whole foreground group; the demo ends its daemon itself.
    detached: true,
  })
  const release = child.pid === undefined ? () => {} : guardServer(child.pid, 'SIGTERM', folder)
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  void ended.then(release)
  if (child.stdout === null) throw new Error('the daemon was started without an output')
  const lines = createInterface({ input: child.stdout })
  const listening = new Promise<string>((resolve) => {
    lines.on('line', (line) => {
      const url = /listening on (https?:\/\/\S+)/.exec(line)?.[1]
      if (url !== undefined) resolve(url)
    })
  })
  const early = ended.then((code) => {
    throw new Error(`the daemon ended with code ${code} before it listened:\n${endOf(logFile)}`)
  })
  early.catch(() => undefined)
  const url = await Promise.race([listening, early])
  return {
    url,
    pid: child.pid ?? 0,
    ended,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** The last lines of a log, for a message: the file itself may be removed before anyone can read it. */
export function endOf(logFile: string): string {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-20).join('\n')
}
