import { spawn } from 'node:child_process'

export interface Program {
  /** Name on the PATH of `env`, or path. */
  readonly path: string
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Milliseconds until it is killed. */
  readonly within: number
  readonly signal: AbortSignal
}

/** How a program ended. What it said is text, bounded; nobody has looked at it yet. */
export type Ending =
  | { readonly kind: 'ended'; readonly code: number; readonly stdout: string; readonly stderr: string }
  /** It could not be started: there is none, or it may not be run. */
  | { readonly kind: 'missing'; readonly code: string }
  /** It did not end, said too much, or was ended by somebody. */
  | { readonly kind: 'broken'; readonly why: string }
  | { readonly kind: 'interrupted' }

/** Four times what the release of the platform has, and more than fits in a release of Helm. */
const stdoutLimit = 4 * 1024 * 1024
/** Enough for any error; what is beyond it is not kept. */
const stderrLimit = 64 * 1024

/** Runs a program without a shell and without input, and waits for its end. Never rejects. */
export function runProgram(program: Program): Promise<Ending> {
  return started(program).catch((error: NodeJS.ErrnoException) => ({
    kind: 'missing',
    code: error.code ?? 'unknown',
  }))
}

function started({ path, argv, env, within, signal }: Program): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, [...argv], { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const stdout = collect(stdoutLimit, () =>
      give({ kind: 'broken', why: `said more than ${stdoutLimit / 2 ** 20} MiB` }),
    )
    const stderr = collect(stderrLimit, () => undefined)

    function give(ending: Ending): void {
      clearTimeout(deadline)
      signal.removeEventListener('abort', interrupt)
      // Something that it has started may hold the other ends of these; nobody waits for that.
      child.stdout.destroy()
      child.stderr.destroy()
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      resolve(ending)
    }
    function interrupt(): void {
      give({ kind: 'interrupted' })
    }

    const deadline = setTimeout(() => {
      give({ kind: 'broken', why: `did not end within ${within / 1_000} s` })
    }, within)
    signal.addEventListener('abort', interrupt, { once: true })
    child.stdout.on('data', (part: Buffer) => stdout.add(part))
    child.stderr.on('data', (part: Buffer) => stderr.add(part))
    child.once('error', (error) => {
      clearTimeout(deadline)
      signal.removeEventListener('abort', interrupt)
      reject(error)
    })
    child.once('close', (code, by) =>
      give(
        code === null
          ? { kind: 'broken', why: `was ended by ${by ?? 'a signal'}` }
          : { kind: 'ended', code, stdout: stdout.text(), stderr: stderr.text() },
      ),
    )
    if (signal.aborted) interrupt()
  })
}

/** Keeps the first bytes of a stream; calls back when there are more. */
function collect(limit: number, full: () => void) {
  const parts: Buffer[] = []
  let left = limit
  return {
    add(part: Buffer): void {
      if (part.length > left) full()
      parts.push(part.subarray(0, left))
      left = Math.max(0, left - part.length)
    },
    text: () => Buffer.concat(parts).toString('utf8'),
  }
}
