import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync, closeSync, readFileSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { now, type Life, type Usage } from './recording.ts'

export interface DaemonOptions {
  readonly config: string
  readonly logFile: string
  /** Where the configuration has it listen. */
  readonly url: string
  readonly env: Readonly<Record<string, string>>
  readonly onLife: (life: Life) => void
}

/** The daemon as a process of its own, the bundle with the flags of the image. It may be started again and again. */
export interface Daemon {
  readonly url: string
  readonly pid: number
  readonly running: boolean
  start(): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  terminate(): Promise<number | null>
  suspend(): void
  resume(): void
  reload(): void
  usage(): Omit<Usage, 'at' | 'calm'> | undefined
}

const root = resolve(import.meta.dirname, '..')
/** A starved machine may take this long to start a program. */
const STARTS_WITHIN = 60_000

export function daemonOf({ config, logFile, url, env, onLife }: DaemonOptions): Daemon {
  let child: ChildProcess | undefined
  let wanted = true

  function say(what: Life['what'], detail = ''): void {
    onLife({ at: now(), what, detail })
  }

  async function start(): Promise<void> {
    const log = openSync(logFile, 'a')
    const args = ['dist/main.js', 'serve', '--config', config]
    const started = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env },
      // A Ctrl-C at the terminal reaches the whole foreground group; the harness ends its daemon itself.
      detached: true,
    })
    closeSync(log)
    wanted = true
    child = started
    started.once('exit', (code, signal) => {
      if (child === started) child = undefined
      if (wanted) say('exited', `code ${code}, signal ${signal}; its last words: ${lastWords(logFile)}`)
    })
    const deadline = now() + STARTS_WITHIN
    while (!(await answers(url))) {
      if (child !== started) throw new Error(`the daemon ended while it started: ${lastWords(logFile)}`)
      if (now() > deadline) throw new Error(`the daemon did not answer within ${STARTS_WITHIN} ms`)
      await delay(50)
    }
    say('started', String(started.pid))
  }

  async function end(signal: 'SIGKILL' | 'SIGTERM', what: Life['what']): Promise<number | null> {
    const ending = child
    if (ending === undefined) return null
    wanted = false
    say(what)
    const gone = once(ending, 'exit')
    ending.kill('SIGCONT')
    ending.kill(signal)
    const [code] = (await gone) as [number | null]
    return code
  }

  return {
    url,
    get pid() {
      return child?.pid ?? 0
    },
    get running() {
      return child !== undefined
    },
    start,
    kill: async () => void (await end('SIGKILL', 'killed')),
    terminate: () => end('SIGTERM', 'terminated'),
    suspend() {
      say('suspended')
      child?.kill('SIGSTOP')
    },
    resume() {
      child?.kill('SIGCONT')
      say('resumed')
    },
    reload: () => void child?.kill('SIGHUP'),
    usage: () => (child?.pid === undefined ? undefined : usageOf(child.pid)),
  }
}

function lastWords(file: string): string {
  return readFileSync(file, 'utf8').slice(-1_500).trim()
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
    async (response) => {
      await response.arrayBuffer()
      return response.ok
    },
    () => false,
  )
}

function usageOf(pid: number): Omit<Usage, 'at' | 'calm'> | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    // A process that has ended and was not waited for yet has no memory any more.
    if (!status.includes('VmHWM')) return undefined
    const kilobytes = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) * 1_024
    return {
      pid,
      resident: kilobytes('VmRSS'),
      peak: kilobytes('VmHWM'),
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      threads: Number(/^Threads:\s+(\d+)/m.exec(status)?.[1]),
    }
  } catch {
    // It ended in the meantime; that it ended is reported elsewhere.
    return undefined
  }
}
