import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { shipped } from './daemon.ts'
import { within } from './deadline.ts'
import { withScene } from './scene.ts'
import { short } from './statistics.ts'
import { table } from './table.ts'
import { cpuOf, memoryOf, type Memory } from './usage.ts'

const node = process.execPath
/** Seconds at the end in which memory is read, once a second: it rises until garbage is collected. */
const READINGS = 60

const servesHttp = "require('node:http').createServer((_, answer) => answer.end()).listen(0, '127.0.0.1')"

/** What a mirror of a daemon with twelve replicas takes after some minutes, beside programs of Node that do nothing. */
export async function measureMirror(minutes: number, say: (text: string) => void): Promise<string> {
  return withScene({ seedRows: 1_000 }, say, async (scene) => {
    const { daemon } = await scene.start('mirror', shipped())
    const mirror = ['mirror', '--rollout', 'bench/1', '--listen', '127.0.0.1:0', '--url', daemon.url]
    const programs = {
      'an empty script': ['--eval', 'setInterval(() => {}, 1e9)'],
      'a server of HTTP that nothing asks': ['--eval', servesHttp],
      'the mirror': [...shipped().arguments, ...mirror],
    }
    const running = Object.entries(programs).map(([name, words]) => ({ name, child: started(words) }))
    try {
      say(`${minutes} minutes of a mirror ...`)
      await pause((minutes * 60 - READINGS) * 1_000)
      return table(
        ['program', 'RSS MB, mean', 'most', 'of that anonymous, mean', 'CPU ms/s'],
        await Promise.all(running.map(async ({ name, child }) => [name, ...(await cellsOf(child))])),
      )
    } finally {
      await Promise.all(running.map(({ child }) => ended(child)))
    }
  })
}

function started(words: readonly string[]): ChildProcess {
  return spawn(node, words, { stdio: 'ignore' })
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await within('the end of a program', 15, () => gone).catch(() => child.kill('SIGKILL'))
}

async function cellsOf({ pid = 0 }: ChildProcess): Promise<readonly string[]> {
  const before = cpuOf(pid)
  const seen: Memory[] = []
  for (let reading = 0; reading < READINGS; reading += 1) {
    await pause(1_000)
    seen.push(memoryOf(pid))
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const resident = seen.map((memory) => memory.resident)
  const anonymous = seen.map((memory) => memory.anonymous)
  return [mean(resident), Math.max(...resident), mean(anonymous), (cpuOf(pid) - before) / READINGS].map(short)
}
