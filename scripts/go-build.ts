import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { builtFolder, type GoProgram } from '../rig/go-program.ts'

export const goEnvironment = {
  ...process.env,
  // Without C it needs no compiler beside Go's own; the module's own go.sum says what may be downloaded.
  CGO_ENABLED: '0',
  GOFLAGS: '-mod=readonly -buildvcs=false -trimpath',
  GOWORK: 'off',
}

export interface Building {
  readonly program: GoProgram
  /** What it is and how long it takes, for people: `the Kubernetes control plane (about 5 minutes ...)`. */
  readonly what: string
  /** Further flags of Go's linker. */
  readonly linkerFlags?: readonly string[]
  /** Makes the files beside `program` in its folder, if there are any. */
  finish?(folder: string): Promise<void>
}

/** Why Go on this machine cannot build the program; undefined when it can. */
function goProblem({ source }: GoProgram): string | undefined {
  // In the module's folder, Go compares its version with go.mod and fetches a newer one itself where it may.
  const asked = spawnSync('go', ['version'], { cwd: source, env: goEnvironment, encoding: 'utf8' })
  if (asked.error !== undefined) return 'Go is not installed (https://go.dev/dl, 1.26 or newer)'
  if (asked.status === 0) return undefined
  return `${asked.stderr.trim()}\nGo 1.26 or newer is needed; Go 1.21 or newer fetches it with GOTOOLCHAIN=auto.`
}

/**
 * Builds `program` into its folder unless it is there, and returns the folder; `say` hears what takes long. Rejects
 * with the reason when it cannot be built. Of several processes at once, one builds and the others wait.
 */
export async function buildGoProgram(building: Building, say: (line: string) => void): Promise<string> {
  const folder = builtFolder(building.program)
  if (existsSync(folder)) return folder
  const problem = goProblem(building.program)
  if (problem !== undefined) throw new Error(`${building.program.name} cannot be built: ${problem}`)
  await mkdir(dirname(folder), { recursive: true })
  const unlock = await lock(`${folder}.lock`, building.what, say)
  const over = new AbortController()
  let stoppedBy: NodeJS.Signals | undefined
  function stop(signal: NodeJS.Signals): void {
    stoppedBy = signal
    over.abort()
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  try {
    if (!existsSync(folder)) await buildInto(folder, building, say, over.signal)
  } finally {
    await unlock()
    process.off('SIGINT', stop).off('SIGTERM', stop)
    // All is tidied: now the signal does what it does.
    if (stoppedBy !== undefined) process.kill(process.pid, stoppedBy)
  }
  return folder
}

async function buildInto(
  folder: string,
  building: Building,
  say: (line: string) => void,
  over: AbortSignal,
): Promise<void> {
  say(`Building ${building.what} for the tests, once ...`)
  await removeRemains(folder)
  const scratch = await mkdtemp(`${folder}.new-`)
  try {
    await compile(building, scratch, over)
    await building.finish?.(scratch)
    await rename(scratch, folder)
  } catch (error) {
    await rm(scratch, { recursive: true, force: true })
    throw error
  }
}

/** What a build left that was killed. */
async function removeRemains(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    if (name.startsWith(`${basename(folder)}.new-`))
      await rm(join(dirname(folder), name), { recursive: true, force: true })
  }
}

async function compile(building: Building, folder: string, signal: AbortSignal): Promise<void> {
  const { source, main } = building.program
  const linking = `-ldflags=${['-s', '-w', ...(building.linkerFlags ?? [])].join(' ')}`
  const build = ['go', 'build', linking, '-o', join(folder, 'program')]
  if (main !== undefined) build.push(`-overlay=${await overlay(folder, source, main)}`)
  // With low priority: the machine does other work meanwhile, such as the unit tests.
  const child = spawn('nice', ['-n', '5', ...build, '.'], {
    cwd: source,
    env: goEnvironment,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (part: Buffer) => {
      text = (text + part.toString()).slice(-8_192)
    })
  }
  const code = await new Promise<number | null>((done) => {
    child.on('error', (error) => {
      text += error.message
    })
    child.once('close', done)
  })
  if (code === 0) return
  const network = /dial tcp|no such host|i\/o timeout|connection refused/.test(text)
  const advice = network ? 'It downloads Go modules the first time: is there a network (or a GOPROXY)?\n' : ''
  throw new Error(`go build failed in ${source}\n${advice}${text.trim()}`)
}

/** A file that makes Go see `main` in the folder of the module. */
async function overlay(folder: string, source: string, main: string): Promise<string> {
  const file = join(folder, 'overlay.json')
  await writeFile(file, JSON.stringify({ Replace: { [join(source, 'main.go')]: main } }))
  return file
}

/** Waits for the file to be ours. It holds our process id: one whose process is gone counts as free. */
async function lock(file: string, what: string, say: (line: string) => void): Promise<() => Promise<void>> {
  for (let turn = 0; ; turn += 1) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' })
      return () => rm(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => ''))
    if (holder > 0 && !isAlive(holder)) await rm(file, { force: true })
    else if (turn === 0) say(`Another process (${holder}) builds ${what}; waiting for it ...`)
    await delay(500)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
