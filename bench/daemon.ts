import { spawn } from 'node:child_process'
import { existsSync, openSync } from 'node:fs'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { within } from './deadline.ts'

/** How the daemon is run: from its sources, or as the bundle that the image holds. */
export type Variant = { readonly name: string; readonly arguments: readonly string[] }

const root = resolve(import.meta.dirname, '..')
const bundle = join(root, 'dist/main.js')

export const fromSource: Variant = { name: 'node src/main.ts', arguments: ['src/main.ts'] }

const bundled: Variant = { name: 'node dist/main.js', arguments: ['dist/main.js'] }

/** All of them, beginning with what is shipped; the bundle only where it was built. */
export function variants(): readonly Variant[] {
  return existsSync(bundle) ? [bundled, fromSource] : [fromSource]
}

/** The way that the image runs it, where it was built. */
export function shipped(): Variant {
  return existsSync(bundle) ? bundled : fromSource
}

export type Daemon = {
  readonly url: string
  readonly pid: number
  readonly variant: Variant
  /** What it wrote to its standard error. */
  readonly logFile: string
  stop(): Promise<void>
}

type Surroundings = {
  /** The file of a control group that its members write their ids to. */
  readonly group?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Starts `caracal-gate serve` as a process of its own and waits until it listens. Its log goes beside `config`. */
export async function startDaemon(
  config: string,
  variant: Variant,
  { group, env = {} }: Surroundings = {},
): Promise<Daemon> {
  const logFile = `${config}.log`
  const command = [process.execPath, ...variant.arguments, 'serve', '--config', config]
  // A shell joins the group and becomes the daemon, so that all of its memory is charged to the group.
  const [program = '', ...words] =
    group === undefined ? command : ['/bin/sh', '-c', 'echo $$ > "$0" && exec "$@"', group, ...command]
  const child = spawn(program, words, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', openSync(logFile, 'a')],
  })
  const ended = once(child, 'exit')
  const { stdout } = child
  if (stdout === null) throw new Error('the daemon was started without an output')
  const listening = new Promise<string>((listens, fail) => {
    void ended.then(() => fail(new Error(`the daemon ended before it listened; see ${logFile}`)))
    createInterface({ input: stdout }).on('line', (line) => {
      const found = /listening on (https?:\/\/\S+)/.exec(line)?.[1]
      if (found !== undefined) listens(found)
    })
  })
  const url = await within('the start of a daemon', 60, () => listening).catch((fault: unknown) => {
    child.kill('SIGKILL')
    throw fault
  })
  return {
    url,
    pid: child.pid ?? 0,
    variant,
    logFile,
    stop: async () => {
      child.kill('SIGTERM')
      await within('the end of a daemon', 15, () => ended).catch(() => child.kill('SIGKILL'))
    },
  }
}
