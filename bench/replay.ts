// What recording costs, and how fast a recording is replayed, at 12 replicas in the brisk cadence:
//   node_modules/.bin/node bench/replay.ts
// One probe has news in each round here; bench/recording.ts measures both on a daemon's own rounds.
import { zstdCompressSync } from 'node:zlib'
import type { Batch } from '../src/core/observation.ts'
import { newWriting } from '../src/recording/writing.ts'
import { recordedJudgement } from '../test/unit/recording/recorded.ts'
import { batchesOf, healthyWorld, platformOptions } from '../test/unit/rules/platform-world.ts'
import { replaySpeed } from './replay-speed.ts'

/** Milliseconds between two rounds: some ten in a second, as a daemon makes. */
const between = 100.37
const rounds = 20_000
/** One Gateway says something else in every so many rounds. */
const newsEvery = 10

/** One probe's batch a round in turn, as attempts end; the outcomes are those of before unless there is news. */
function course() {
  const daemon = recordedJudgement(platformOptions({ steady: 10_000 }))
  const world = batchesOf(healthyWorld(), daemon.now()).map((batch) => ({
    ...batch,
    observations: batch.observations.map((one) => ({ ...one, validFor: 60_000 })),
  }))
  daemon.step(world)
  for (let n = 0; n < rounds; n += 1) {
    daemon.pass(between)
    daemon.step([dated(world[n % world.length], daemon.now(), n)])
  }
  return daemon.happenings
}

function dated(batch: Batch | undefined, at: number, n: number): Batch {
  if (batch === undefined) throw new Error('the world has no probes')
  const observations = batch.observations.map((one) => {
    const { outcome } = one
    if (n % newsEvery !== 0 || !outcome.ok) return { ...one, at, took: (n * 7.317) % 50 }
    const readings = outcome.readings.map((reading) =>
      reading.signal.endsWith('age_seconds') ? { ...reading, value: 10 + (n % 3) } : reading,
    )
    return { ...one, at, took: 3.25, outcome: { ...outcome, readings } }
  })
  return { ...batch, at, observations }
}

function timed<T>(run: () => T): { readonly result: T; readonly seconds: number } {
  const before = process.cpuUsage()
  const result = run()
  const { user, system } = process.cpuUsage(before)
  return { result, seconds: (user + system) / 1e6 }
}

const happenings = course()
const [first] = happenings
if (first === undefined) throw new Error('nothing happened')
const writing = newWriting()
const written = timed(() => [
  ...writing.begin(first.happening, first.by, '0.1.0', '2026-01-01T00:00:00.000Z'),
  ...happenings.map(({ happening, by }) => writing.line(happening, by)),
])
const packed = timed(() => zstdCompressSync(written.result.join('')))
const replayed = replaySpeed(written.result.slice(1), 3)
const spanHours = (rounds * between) / 3_600_000
process.stdout.write(
  [
    `rounds ${rounds}, different ${replayed.other}`,
    `replay ${Math.round(replayed.cpu)} steps/s of CPU, ${Math.round(replayed.clock)} by the clock`,
    `write ${((1e6 * written.seconds) / rounds).toFixed(1)} µs a round, compress ${((1e6 * packed.seconds) / rounds).toFixed(1)} µs`,
    `bytes per hour ${Math.round(packed.result.length / spanHours)}`,
    '',
  ].join('\n'),
)
