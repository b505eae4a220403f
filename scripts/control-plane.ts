// Builds the Kubernetes control plane that tests start (etcd, kube-apiserver, kube-controller-manager) from Go
// modules, once, into a folder outside the repository, and prints that folder:
//   node scripts/control-plane.ts
// The folder serves as KUBEBUILDER_ASSETS too. Needs Go; takes minutes, and nothing when it is built already.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { controlPlaneCache, controlPlanePrograms, controlPlaneSource } from '../rig/kubernetes/binaries.ts'

export const goEnvironment = {
  ...process.env,
  // Without C it needs no compiler beside Go's own; the module's own go.sum says what may be downloaded.
  CGO_ENABLED: '0',
  GOFLAGS: '-mod=readonly -buildvcs=false -trimpath',
  GOWORK: 'off',
}

/** Why Go on this machine cannot build the control plane; undefined when it can. */
export function goProblem(): string | undefined {
  // In the module's folder, Go compares its version with go.mod and fetches a newer one itself where it may.
  const asked = spawnSync('go', ['version'], {
    cwd: controlPlaneSource,
    env: goEnvironment,
    encoding: 'utf8',
  })
  if (asked.error !== undefined) return 'Go is not installed (https://go.dev/dl, 1.26 or newer)'
  if (asked.status === 0) return undefined
  return `${asked.stderr.trim()}\nGo 1.26 or newer is needed; Go 1.21 or newer fetches it with GOTOOLCHAIN=auto.`
}

/** Builds the control plane unless it is there and returns its folder; `say` hears what takes long. */
export async function buildControlPlane(say: (line: string) => void): Promise<string> {
  const folder = controlPlaneCache()
  if (existsSync(folder)) return folder
  const problem = goProblem()
  if (problem !== undefined) throw new Error(`The control plane cannot be built: ${problem}`)
  await mkdir(dirname(folder), { recursive: true })
  const unlock = await lock(`${folder}.lock`, say)
  const over = new AbortController()
  let stoppedBy: NodeJS.Signals | undefined
  function stop(signal: NodeJS.Signals): void {
    stoppedBy = signal
    over.abort()
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  try {
    if (!existsSync(folder)) await buildInto(folder, say, over.signal)
  } finally {
    await unlock()
    process.off('SIGINT', stop).off('SIGTERM', stop)
    // All is tidied: now the signal does what it does.
    if (stoppedBy !== undefined) process.kill(process.pid, stoppedBy)
  }
  return folder
}

async function buildInto(folder: string, say: (line: string) => void, over: AbortSignal): Promise<void> {
  say('Building the Kubernetes control plane for the tests (about 5 minutes on 2 cores, once) ...')
  await removeRemains(folder)
  const scratch = await mkdtemp(`${folder}.new-`)
  try {
    await compile(join(scratch, 'control-plane'), over)
    for (const name of controlPlanePrograms) await symlink('control-plane', join(scratch, name))
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

async function compile(output: string, signal: AbortSignal): Promise<void> {
  const flags = ['-s', '-w', ...(await versionFlags())].join(' ')
  // Politely: whoever builds does other things meanwhile, such as the unit tests.
  const child = spawn('nice', ['-n', '5', 'go', 'build', `-ldflags=${flags}`, '-o', output, '.'], {
    cwd: controlPlaneSource,
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
  throw new Error(`go build failed in ${controlPlaneSource}\n${advice}${text.trim()}`)
}

/** Kubernetes' own build stamps the version in; without it the API server calls itself v0.0.0. */
async function versionFlags(): Promise<readonly string[]> {
  const text = await readFile(join(controlPlaneSource, 'go.mod'), 'utf8')
  const [, version, major, minor] = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\S+)/.exec(text) ?? []
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' }
  return Object.entries(values).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
}

/** Waits for the file to be ours. It holds our process id: one whose process is gone counts as free. */
async function lock(file: string, say: (line: string) => void): Promise<() => Promise<void>> {
  for (let turn = 0; ; turn += 1) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' })
      return () => rm(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => ''))
    if (holder > 0 && !isAlive(holder)) await rm(file, { force: true })
    else if (turn === 0) say(`Another process (${holder}) builds the control plane; waiting for it ...`)
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

async function main(): Promise<number> {
  try {
    const folder = await buildControlPlane((line) => process.stderr.write(`${line}\n`))
    process.stdout.write(`${folder}\n`)
    return 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  process.exitCode = await main()
}
