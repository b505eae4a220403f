import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

/** A server process of ours; `folder` is removed when it has ended. */
export type ServerProcess = {
  readonly pid: number
  readonly folder: string
  /** Whether the process has not ended yet. */
  running(): boolean
  /** The last few kilobytes that it wrote, for messages when it fails to start. */
  output(): string
  /** Sends a signal; says nothing when the process is gone already. */
  signal(name: NodeJS.Signals): void
  /** Sends `name`, after 5 s SIGKILL, and resolves when the process has ended. */
  end(name: NodeJS.Signals): Promise<void>
}

export type Launch = {
  readonly command: string
  readonly args: readonly string[]
  readonly folder: string
  /** What ends this server at once and cleanly; the guard sends it when our own process dies. */
  readonly endSignal: NodeJS.Signals
  readonly user?: { readonly uid: number; readonly gid: number }
  readonly env?: NodeJS.ProcessEnv
}

const maxOutput = 8_192

/**
 * Starts a server in a session of its own, so that Ctrl-C reaches us first and not it, with a guard beside it
 * that ends the server and removes its folder should our process die in any way, SIGKILL included.
 */
export function launch(start: Launch): ServerProcess {
  const child = spawn(start.command, start.args, {
    cwd: start.folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: start.env ?? process.env,
    ...start.user,
  })
  const read = collectOutput(child)
  let ended = false
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  }).then(() => {
    ended = true
  })
  const pid = child.pid ?? 0
  const release = pid === 0 ? () => {} : guardServer(pid, start.endSignal, start.folder)
  child.unref()

  async function end(name: NodeJS.Signals): Promise<void> {
    signalProcess(pid, 'SIGCONT')
    if (!ended) signalProcess(pid, name)
    const patience = new AbortController()
    await Promise.race([gone, delay(5_000, undefined, { signal: patience.signal }).catch(() => {})])
    patience.abort()
    if (!ended) signalProcess(pid, 'SIGKILL')
    await gone
    release()
  }

  return {
    pid,
    folder: start.folder,
    running: () => !ended,
    output: read,
    signal: (name) => {
      if (!ended) signalProcess(pid, name)
    },
    end,
  }
}

function collectOutput(child: ChildProcess): () => string {
  let text = ''
  const keep = (chunk: Buffer | string) => {
    text = (text + chunk.toString()).slice(-maxOutput)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  child.on('error', (error) => keep(`${error.message}\n`))
  unrefPipe(child.stdout)
  unrefPipe(child.stderr)
  return () => text.trim()
}

/** Pipes to a child keep the event loop alive although the child is unreferenced; sockets can be told not to. */
function unrefPipe(pipe: unknown): void {
  if (typeof pipe === 'object' && pipe !== null && 'unref' in pipe && typeof pipe.unref === 'function') {
    pipe.unref()
  }
}

/** Ends the server and removes its folder, in a shell, when our process is gone; call the result when it has ended. */
export function guardServer(pid: number, endSignal: NodeJS.Signals, folder?: string): () => void {
  const ending = `
    kill -CONT ${pid} 2>/dev/null
    kill -${endSignal.slice(3)} ${pid} 2>/dev/null
    turns=0
    while kill -0 ${pid} 2>/dev/null && [ $turns -lt 80 ]; do
      # A zombie that was not reaped yet still takes signals, but has no program any more.
      [ -d /proc/self ] && [ ! -e /proc/${pid}/exe ] && break
      sleep 0.1; turns=$((turns + 1))
    done
    kill -KILL ${pid} 2>/dev/null`
  return guard(ending, folder)
}

/** Removes the folder should our process die in any way; call the result when it has been removed. */
export function guardFolder(folder: string): () => void {
  return guard('', folder)
}

/**
 * A shell that waits on a pipe from us. A line means that all is tidied; the end of the pipe without a line
 * means that our process is gone.
 */
function guard(ending: string, folder?: string): () => void {
  const script = `read -r word; [ "$word" = tidy ] && exit 0\n${ending}\n[ -z "$1" ] || rm -rf -- "$1"`
  const shell = spawn('/bin/sh', ['-c', script, 'guard', folder ?? ''], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  shell.on('error', () => {})
  shell.stdin.on('error', () => {})
  shell.unref()
  unrefPipe(shell.stdin)
  return () => {
    shell.stdin.end('tidy\n')
  }
}

/** Sends a signal by id; a process that is gone is no error. */
export function signalProcess(pid: number, name: NodeJS.Signals): void {
  if (pid <= 0) return
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** The ids of the direct children of a process, from /proc or, where there is none, from `ps`. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const parents = existsSync('/proc/self/stat') ? await parentsFromProc() : await parentsFromPs()
  return parents.filter(([, parent]) => parent === pid).map(([child]) => child)
}

async function parentsFromProc(): Promise<readonly (readonly [number, number])[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const pairs = await Promise.all(
    names.map(async (name) => {
      const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
      // The command in parentheses may hold spaces and parentheses: count from the last one.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return [Number(name), Number(fields[1] ?? -1)] as const
    }),
  )
  return pairs
}

async function parentsFromPs(): Promise<readonly (readonly [number, number])[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid='])
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid, parent]) => [pid ?? 0, parent ?? -1] as const)
}

/** A TCP port on the loopback address that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

/** A new folder below the system's temporary one; all of ours begin with `caracal-rig-`. */
export function temporaryFolder(purpose: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `caracal-rig-${purpose}-`))
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}

/** Asks every 20 ms until `ready` is true; throws what `explain` says when the server ended or time is up. */
export async function waitUntilReady(
  server: ServerProcess,
  ready: () => Promise<boolean>,
  explain: (why: string) => Error,
  patienceMs = 20_000,
): Promise<void> {
  const start = performance.now()
  while (performance.now() - start < patienceMs) {
    if (await ready()) return
    if (!server.running()) throw explain('it ended at once')
    await delay(20)
  }
  throw explain(`it did not answer within ${patienceMs / 1_000} s`)
}
