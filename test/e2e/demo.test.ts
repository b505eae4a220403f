import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { childrenOf, removeFolder, signalProcess } from '../../rig/processes.ts'
import { eventually } from '../support/waiting.ts'

const root = resolve(import.meta.dirname, '../..')

/** All that the demo makes on disk is below this. */
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gate-demo-test-'))
  // Postgres runs as another user.
  await chmod(folder, 0o755)
})
afterEach(async () => {
  for (const pid of started.splice(0)) signalProcess(pid, 'SIGKILL')
  await removeFolder(folder)
})

/** What a failed test would leave behind. */
const started: number[] = []

interface Demo {
  /** The process that a terminal would have started, the leader of a process group. */
  readonly pid: number
  readonly ended: Promise<void>
  /** What it printed when it was ready. */
  readonly introduction: string
  /** Every process that it consists of. */
  readonly processes: readonly number[]
  closeOutput(): void
}

async function startDemo(command: string, args: readonly string[]): Promise<Demo> {
  const env = { ...process.env, TMPDIR: folder, NODE_DISABLE_COMPILE_CACHE: '1' }
  const child = spawn(command, args, { cwd: root, env, detached: true, stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  const early = ended.then(() => Promise.reject(new Error(`it ended before it was ready: ${said}`)))
  early.catch(() => undefined)
  const pid = child.pid ?? 0
  void ended.then(() => started.splice(started.indexOf(pid), 1))
  started.push(pid)
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ready = eventually('the demo proceeds', () => said.includes('Proceed:'), 40)
  await Promise.race([ready, early])
  return {
    pid,
    ended,
    introduction: said,
    processes: await descendants(pid),
    closeOutput: () => child.stdout.destroy(),
  }
}

async function descendants(pid: number): Promise<readonly number[]> {
  const children = await childrenOf(pid)
  return [pid, ...(await Promise.all(children.map(descendants))).flat()]
}

async function leavesNothing({ ended, processes }: Demo): Promise<void> {
  await ended
  const alive = (pid: number) => existsSync(`/proc/${pid}/exe`)
  await eventually('every process of the demo has ended', () => !processes.some(alive))
  await eventually('nothing is left on disk', async () => (await readdir(folder)).length === 0)
}

const launcher = ['scripts/run.mjs', 'demo/main.ts']

describe('npm run demo', () => {
  it('X42: names its page first, and what it says to try runs as it is written', async () => {
    const demo = await startDemo('npm', ['run', 'demo'])
    const page = /Page: (\S+)/.exec(demo.introduction)?.[1] ?? ''
    expect(await (await fetch(page)).text()).toContain('data-verdict=')
    const commands = [...demo.introduction.matchAll(/^ {2}\d\. .*? {2,}(\S.*)$/gm)].map(
      ([, line = '']) => line,
    )
    expect(commands).toHaveLength(4)
    const [breaks = '', reads = '', repairs = '', acknowledges = ''] = commands
    await shell(breaks)
    await eventually('status names the stop', async () =>
      (await shell(reads)).stdout.includes('audit-dlq-growing'),
    )
    await shell(repairs)
    await eventually('the stop is acknowledged', async () =>
      (await shell(acknowledges)).stdout.includes('audit-dlq-growing is acknowledged'),
    )
    // As a terminal sends Ctrl-C: to everything in the foreground.
    process.kill(-demo.pid, 'SIGINT')
    await leavesNothing(demo)
  })

  it('leaves nothing behind when its terminal is closed', async () => {
    const demo = await startDemo(process.execPath, launcher)
    demo.closeOutput()
    process.kill(-demo.pid, 'SIGHUP')
    await leavesNothing(demo)
  })

  it('leaves nothing behind when what started it is killed', async () => {
    const demo = await startDemo(process.execPath, launcher)
    signalProcess(demo.pid, 'SIGKILL')
    await leavesNothing(demo)
  })

  it('leaves nothing behind when it is killed itself', async () => {
    const demo = await startDemo(process.execPath, ['demo/main.ts'])
    signalProcess(demo.pid, 'SIGKILL')
    await leavesNothing(demo)
  })
})

/** Runs a line as it would be pasted; exit code 4 of `status` is a stop. */
async function shell(line: string): Promise<{ stdout: string }> {
  const env = { ...process.env, TMPDIR: folder, NODE_DISABLE_COMPILE_CACHE: '1' }
  return promisify(execFile)('sh', ['-c', `${line} || [ "$?" -eq 4 ]`], { cwd: root, env })
}
