// What recording costs a daemon, at 12 replicas in the brisk cadence, and how fast its recording is replayed:
//   node_modules/.bin/node bench/recording.ts [seconds]
// Two daemons watch one platform at the same time, one of them records; then they change places.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { partsOf } from '../src/cli/replay/parts.ts'
import { linesOf } from '../src/cli/replay/recorded-lines.ts'
import { fromSource } from './daemon.ts'
import { isWell } from './faults.ts'
import { replaySpeed } from './replay-speed.ts'
import { withScene, type Scene } from './scene.ts'
import { cpuOf } from './usage.ts'

const seconds = Number(process.argv[2] ?? 60)
/** Of a daemon that was just started; what it compiles is no cost of recording. */
const settling = 20_000

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

async function brisk(scene: Scene, name: string, directory: string | undefined) {
  const recording = directory === undefined ? {} : { recording: { directory } }
  const watched = await scene.start(name, fromSource, recording)
  await watched.gates.until('all is well', isWell, 60_000)
  await watched.gates.post('/rollouts', { id: 'bench', phase: 'rolling' })
  return watched
}

/** Milliseconds of CPU in a second, of the one that records and of the one that does not. */
async function turn(scene: Scene, directory: string, isFirst: boolean): Promise<readonly [number, number]> {
  const first = await brisk(scene, 'first', isFirst ? directory : undefined)
  const second = await brisk(scene, 'second', isFirst ? undefined : directory)
  const [on, off] = isFirst ? [first, second] : [second, first]
  await pause(settling)
  const spot = () => [cpuOf(on.daemon.pid), cpuOf(off.daemon.pid), performance.now()] as const
  const before = spot()
  await pause(seconds * 1_000)
  const after = spot()
  await Promise.all([scene.stop(first), scene.stop(second)])
  const lasted = (after[2] - before[2]) / 1_000
  return [(after[0] - before[0]) / lasted, (after[1] - before[1]) / lasted]
}

const folder = await mkdtemp(join(tmpdir(), 'caracal-gate-bench-'))
try {
  const directories = ['a', 'b'].map((name) => join(folder, name))
  await withScene({ seedRows: 1_000 }, say, async (scene) => {
    for (const [n, directory] of directories.entries()) {
      const [on, off] = await turn(scene, directory, n === 0)
      say(
        `CPU ${on.toFixed(1)} ms/s with recording, ${off.toFixed(1)} without: ${(on / off).toFixed(2)} times`,
      )
    }
  })
  for (const directory of directories) {
    const files = (await readdir(directory)).map((name) => join(directory, name))
    const last = (await partsOf(files)).at(-1)
    if (last === undefined) throw new Error('nothing was recorded')
    const lines: string[] = []
    for await (const line of linesOf(last.file)) lines.push(line)
    const { cpu, clock, rounds, other } = replaySpeed(lines.slice(1), 15)
    say(
      `replay of ${rounds} recorded rounds, ${other} different: ${Math.round(cpu)} rounds/s of CPU, ${Math.round(clock)} by the clock`,
    )
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
