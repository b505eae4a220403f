import { newReading } from '../src/recording/reading.ts'
import { newReplay } from '../src/recording/replay.ts'

/** How fast lines of a recording are judged once more. */
export interface Speed {
  /** Rounds for each second of CPU of all threads, and by the clock. */
  readonly cpu: number
  readonly clock: number
  readonly rounds: number
  /** Rounds that came to something else than was recorded. */
  readonly other: number
}

/**
 * The median of so many replays, the first two left out: the program is compiled in them, which is seconds of a day.
 * @param lines all but the header
 */
export function replaySpeed(lines: readonly string[], times: number): Speed {
  const speeds = Array.from({ length: times + 2 }, () => once(lines)).slice(2)
  const [speed] = speeds.toSorted((a, b) => a.cpu - b.cpu).slice(Math.floor(times / 2))
  if (speed === undefined) throw new RangeError('nothing was replayed')
  return speed
}

function once(lines: readonly string[]): Speed {
  const [read, replay] = [newReading(), newReplay()]
  const [cpuBefore, before] = [process.cpuUsage(), performance.now()]
  let [rounds, other] = [0, 0]
  for (const line of lines) {
    const round = replay.take(read(line))
    if (round === undefined) continue
    rounds += 1
    if (round.isNews && JSON.stringify(round.recorded) !== JSON.stringify(round.replayed)) other += 1
  }
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    cpu: (rounds * 1e6) / (user + system),
    clock: (rounds * 1e3) / (performance.now() - before),
    rounds,
    other,
  }
}
