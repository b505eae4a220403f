import { spawn } from 'node:child_process'

/** How a command ended; `output` is both of its streams, empty when they were shown. */
export interface Ended {
  readonly code: number
  readonly output: string
}

let interrupted = false

/** Whether this process was asked to stop. */
export function wasInterrupted(): boolean {
  return interrupted
}

/** Runs a program of the repository with the Node that runs this one; never rejects, a failed start is 127. */
export function runCommand(
  folder: string,
  command: readonly string[],
  output: 'show' | 'keep',
): Promise<Ended> {
  const child = spawn(process.execPath, command, {
    cwd: folder,
    stdio: output === 'show' ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
  })
  const parts: Buffer[] = []
  child.stdout?.on('data', (part: Buffer) => parts.push(part))
  child.stderr?.on('data', (part: Buffer) => parts.push(part))
  function forward(signal: NodeJS.Signals): void {
    interrupted = true
    // At a terminal Ctrl-C has reached the child already.
    if (signal === 'SIGTERM' || !process.stdin.isTTY) child.kill(signal)
  }
  process.on('SIGINT', forward).on('SIGTERM', forward)
  return new Promise((done) => {
    function end(code: number, text: string): void {
      process.off('SIGINT', forward).off('SIGTERM', forward)
      done({ code, output: text })
    }
    child.once('error', (error) => end(127, error.message))
    child.once('close', (code) => end(code ?? 1, Buffer.concat(parts).toString('utf8')))
  })
}
