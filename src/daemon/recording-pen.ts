import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { isActive } from '../core/rollout.ts'
import { HOUR, SECOND, type Millis } from '../core/time.ts'
import type { PlainConfig } from '../config/schema.ts'
import type { Happening, JudgedBy } from '../recording/happening.ts'
import type { Place } from '../recording/lines.ts'
import { newWriting, type Writing } from '../recording/writing.ts'
import { steadyClock } from './clock.ts'
import { createRecording, type RecordingFile } from './recording-file.ts'
import { recordingFolder, type RecordingFolder } from './recording-folder.ts'

/** A crash loses no more than this. */
const FLUSH: Millis = 5 * SECOND
/** What one file covers at most. */
const LONGEST: Millis = HOUR
/** Parts of the whole that one file may take, so that the oldest can go one by one. */
const PARTS = 8

/** Something to write, with what was judged by then. */
export interface Noted {
  readonly happening: Happening
  readonly judgedBy: JudgedBy
  /** So many were dropped right before it. */
  readonly dropped: number
}

/** Writes what happened into files: a new one for each rollout, each hour and so many bytes. */
export interface Pen {
  readonly folder: RecordingFolder
  /** @throws when it can't be written */
  write(noted: Noted): Promise<void>
  /** What was written becomes readable, now and then. */
  flush(): Promise<void>
  /** Ends the file. */
  end(): Promise<void>
  /** Leaves the file as it is. */
  abandon(): void
}

interface Open {
  readonly file: RecordingFile
  readonly writing: Writing
  readonly since: Millis
  flushedAt: Millis
}

export type RecordingConfig = NonNullable<PlainConfig['recording']>

export function newPen({ directory, maxBytes, maxAge }: RecordingConfig, version: string): Pen {
  const folder = recordingFolder(directory, () => open?.file.name)
  let open: Open | undefined
  let place = newSequence()

  async function begin({ happening, judgedBy }: Noted): Promise<Open> {
    await end()
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const from = new Date(happening.before.snapshot.at).toISOString()
    const name = `${from.replaceAll(/[-:.]/g, '')}-${randomBytes(2).toString('hex')}.jsonl.zst`
    const now = steadyClock.now()
    open = { file: await createRecording(directory, name), writing: newWriting(), since: now, flushedAt: now }
    place = { ...place, part: place.part + 1 }
    for (const line of open.writing.begin(happening, judgedBy, version, from, place))
      await open.file.write(line)
    await open.file.flush()
    await folder.prune({ maxBytes: maxBytes * (1 - 1 / PARTS), maxAge, now: Date.now() })
    return open
  }

  async function end(): Promise<void> {
    const ended = open
    open = undefined
    if (ended === undefined) return
    await ended.file.write(ended.writing.end())
    await ended.file.close()
  }

  function isOver({ file, since }: Open): boolean {
    return file.bytes() > maxBytes / PARTS || steadyClock.now() - since > LONGEST
  }

  return {
    folder,
    async write(noted) {
      const { happening, judgedBy, dropped } = noted
      const held = open === undefined || isOver(open) || begins(happening) ? await begin(noted) : open
      if (dropped > 0)
        for (const line of held.writing.goOn(happening, judgedBy, dropped)) await held.file.write(line)
      await held.file.write(held.writing.line(happening, judgedBy))
      if (ends(happening)) await end()
    },
    async flush() {
      const now = steadyClock.now()
      if (open === undefined || now - open.flushedAt < FLUSH) return
      open.flushedAt = now
      await open.file.flush()
    },
    end,
    abandon() {
      open?.file.abandon()
      open = undefined
      // What is lost with it is a gap.
      place = newSequence()
    },
  }
}

function newSequence(): Place {
  return { sequence: randomBytes(8).toString('hex'), part: 0 }
}

/** Whether a rollout begins in this round: the recording of a rollout has all of it. */
function begins(happening: Happening): boolean {
  if (happening.kind !== 'round') return false
  const [before, after] = [happening.before.snapshot.rollout, happening.after.snapshot.rollout]
  const isOther = before?.id !== after?.id || before?.startedAt !== after?.startedAt
  return isActive(after) && (isOther || !isActive(before))
}

function ends(happening: Happening): boolean {
  return (
    happening.kind === 'round' &&
    isActive(happening.before.snapshot.rollout) &&
    !isActive(happening.after.snapshot.rollout)
  )
}
