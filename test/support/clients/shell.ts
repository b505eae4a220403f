import { spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterwards, root } from '../cli-process.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A folder with `caracal-gate` in it, as an image with a shell has it on its PATH, and with other programs. */
export interface Workplace {
  readonly folder: string
  /** Runs a shell with these arguments here, with nothing in its environment but what is given. */
  run(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran>
  /** Writes a file here, and returns its path. */
  write(name: string, text: string): Promise<string>
}

/** Removed by the next clean-up of the test. */
export async function workplace(programs: Readonly<Record<string, string>> = {}): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), 'caracal-pipeline-'))
  afterwards(() => rm(folder, { recursive: true, force: true }))
  const write = async (name: string, text: string) => {
    const path = join(folder, name)
    await writeFile(path, text)
    return path
  }
  const program = `#!/bin/sh\nexec '${process.execPath}' '${root}/src/main.ts' "$@"\n`
  for (const [name, text] of Object.entries({ 'caracal-gate': program, ...programs }))
    await chmod(await write(name, text), 0o755)
  return {
    folder,
    write,
    run: (shell, args, env) =>
      ended(shell, args, folder, {
        PATH: `${folder}:${join(process.execPath, '..')}:${process.env['PATH'] ?? ''}`,
        HOME: folder,
        ...env,
      }),
  }
}

function ended(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Ran> {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => (said[stream] += text))
  afterwards(async () => void child.kill('SIGKILL'))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? -1, ...said }))
  })
}
