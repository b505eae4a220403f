import { setImmediate as nextTurn } from 'node:timers/promises'
import { isSame } from '../core/same.ts'
import { messageOf } from '../core/text.ts'
import { MINUTE, type Millis } from '../core/time.ts'
import type { Recordings, RecordingState } from '../http/context.ts'
import type { Happening, JudgedBy } from '../recording/happening.ts'
import { steadyClock } from './clock.ts'
import type { Configured, Dependencies } from './facts.ts'
import { newPen, type Noted, type Pen, type RecordingConfig } from './recording-pen.ts'
import type { Watching } from './watching.ts'

/** Records what moves belief, beside the judging: it is written down later, and dropped where that can't keep up. */
export interface Recorder extends Recordings {
  /** Costs next to nothing. */
  take(happening: Happening): void
  /** Records as this configuration says from now on. */
  use(configured: Configured): Promise<void>
  /** Writes what is left, and ends the file. */
  close(): Promise<void>
}

/** What came in is written this much later, together. */
const PAUSE: Millis = 200
/** The daemon's own work waits no longer than that. */
const SLICE: Millis = 4
/** Happenings that wait to be written: some minutes of them. */
const MOST = 5_000
/** A disk that was full may have room again. */
const RETRY: Millis = 5 * MINUTE

/** @param judgedBy what is judged by now */
export function openRecorder(
  { config }: Configured,
  dependencies: Pick<Dependencies, 'version' | 'log'>,
  judgedBy: () => JudgedBy,
): Recorder {
  let inForce = config.recording
  let own = madeFor(inForce)

  function madeFor(recording: RecordingConfig | undefined) {
    const { version, log } = dependencies
    return recording && recordWith(newPen(recording, version), judgedBy, telling(log, recording.directory))
  }

  return {
    take: (happening) => own?.take(happening),
    async use({ config: { recording: next } }) {
      if (isSame(inForce, next)) return
      const ended = own
      inForce = next
      own = madeFor(next)
      await ended?.close()
    },
    close: async () => own?.close(),
    state: () => own?.state() ?? { isOn: false, problem: undefined, dropped: 0 },
    list: async () => ((await own?.pen.folder.list()) ?? []).toReversed(),
    read: async (name) => own?.pen.folder.read(name),
  }
}

/** All that is judged by, as it is recorded. */
export function judgedByOf({ config, shown, hash }: Configured, { options }: Watching): JudgedBy {
  return { options, release: config.release.name, configuration: shown, hash }
}

/** Whether it can be written; says so once when that changes. */
function telling(log: Dependencies['log'], directory: string) {
  let problem: string | undefined
  let failedAt = -Infinity
  return {
    problem: () => problem,
    waits: () => problem !== undefined && steadyClock.now() - failedAt < RETRY,
    succeeded(): void {
      if (problem !== undefined) log.info({ directory }, 'recording again')
      problem = undefined
    },
    failed(fault: unknown): void {
      const why = `nothing is recorded in ${directory}: ${messageOf(fault)}`
      if (problem === undefined) log.error({ why }, 'recording failed; it is tried again in 5 minutes')
      problem = why
      failedAt = steadyClock.now()
    },
  }
}

function recordWith(pen: Pen, judgedBy: () => JudgedBy, tell: ReturnType<typeof telling>) {
  let queue: Noted[] = []
  let dropped = 0
  let droppedInAll = 0
  let timer: NodeJS.Timeout | undefined
  let working: Promise<void> = Promise.resolve()
  let isClosed = false

  /** Nothing of it ever concerns the judging. */
  async function trying(write: () => Promise<void>): Promise<void> {
    try {
      await write()
      tell.succeeded()
    } catch (fault) {
      tell.failed(fault)
      queue = []
      pen.abandon()
    }
  }

  const writeAll = () => writeQueue(queue, pen)

  function plan(): void {
    timer ??= setTimeout(() => {
      working = trying(writeAll).finally(() => {
        timer = undefined
        if (queue.length > 0 && !isClosed) plan()
      })
    }, PAUSE).unref()
  }

  return {
    pen,
    take(happening: Happening): void {
      if (isClosed || tell.waits()) return
      if (queue.length >= MOST) {
        dropped += 1
        droppedInAll += 1
        return
      }
      queue.push({ happening, judgedBy: judgedBy(), dropped })
      dropped = 0
      plan()
    },
    state: (): RecordingState => ({ isOn: true, problem: tell.problem(), dropped: droppedInAll }),
    async close(): Promise<void> {
      isClosed = true
      clearTimeout(timer)
      await working
      await trying(writeAll)
      await trying(() => pen.end())
    },
  }
}

/** In slices: the daemon's own work comes between. */
async function writeQueue(queue: Noted[], pen: Pen): Promise<void> {
  let turnAt = steadyClock.now()
  for (let noted = queue.shift(); noted !== undefined; noted = queue.shift()) {
    await pen.write(noted)
    if (steadyClock.now() - turnAt < SLICE) continue
    await nextTurn()
    turnAt = steadyClock.now()
  }
  await pen.flush()
}
