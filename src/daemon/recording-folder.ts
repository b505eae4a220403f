import { open, readdir, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { createZstdDecompress } from 'node:zlib'
import { byText } from '../core/lists.ts'
import { MINUTE, type Millis } from '../core/time.ts'
import type { RecordingFacts } from '../http/context.ts'
import { readHeader } from '../recording/reading.ts'

/** Follows the name while the file is being written, and for good when that ended with the process. */
export const PART = '.part'

const pattern = /^\d{8}T\d{9}Z-[0-9a-f]{4}\.jsonl\.zst$/

/** One that another process writes right now is left alone. */
const WRITTEN: Millis = MINUTE

interface Found {
  readonly name: string
  readonly path: string
  readonly bytes: number
  readonly writtenAt: Millis
  readonly complete: boolean
}

/** The recordings in a directory, oldest first. */
export interface RecordingFolder {
  list(): Promise<readonly RecordingFacts[]>
  /** Its bytes as of now; undefined where there is none of this name. */
  read(name: string): Promise<{ readonly bytes: number; readonly stream: Readable } | undefined>
  /** Removes what is too old, and the oldest of what is too much together; never the one that is being written. */
  prune(bounds: { readonly maxBytes: number; readonly maxAge: Millis; readonly now: Millis }): Promise<void>
}

/** @param current the name of the file that is being written */
export function recordingFolder(directory: string, current: () => string | undefined): RecordingFolder {
  const headers = new Map<string, HeaderFacts>()

  async function found(): Promise<readonly Found[]> {
    // It is made with the first recording.
    const there = await readdir(directory).catch((): string[] => [])
    const files = there.filter((file) => pattern.test(file.replace(PART, '')))
    const all = await Promise.all(
      files.toSorted(byText).map(async (file): Promise<readonly Found[]> => {
        const path = join(directory, file)
        // It may have been renamed or removed meanwhile.
        const facts = await stat(path).catch(() => undefined)
        if (facts === undefined) return []
        const name = file.replace(PART, '')
        return [{ name, path, bytes: facts.size, writtenAt: facts.mtimeMs, complete: file === name }]
      }),
    )
    return all.flat()
  }

  async function headerOf({ name, path }: Found) {
    const known = headers.get(name) ?? (await firstLine(path).then(factsIn, () => undefined))
    if (known !== undefined) headers.set(name, known)
    return known
  }

  return {
    async list() {
      const all = await found()
      const listed: RecordingFacts[] = []
      for (const one of all) {
        const header = await headerOf(one)
        const { name, bytes, writtenAt: to, complete } = one
        if (header !== undefined) listed.push({ name, to, bytes, complete, ...header })
      }
      return listed
    },
    async read(name) {
      if (!pattern.test(name)) return undefined
      const file = await openEither(join(directory, name))
      if (file === undefined) return undefined
      const { size: bytes } = await file.stat()
      return { bytes, stream: file.createReadStream({ start: 0, end: Math.max(0, bytes - 1) }) }
    },
    async prune({ maxBytes, maxAge, now }) {
      const all = await found()
      let total = all.reduce((sum, { bytes }) => sum + bytes, 0)
      for (const { name, path, bytes, writtenAt, complete } of all) {
        if (total <= maxBytes && now - writtenAt <= maxAge) continue
        if (name === current() || (!complete && now - writtenAt < WRITTEN)) continue
        await rm(path, { force: true })
        headers.delete(name)
        total -= bytes
      }
    },
  }
}

/** Under the name that it has by now. */
async function openEither(path: string): Promise<FileHandle | undefined> {
  for (const one of [path, `${path}${PART}`, path]) {
    const file = await open(one, 'r').catch(() => undefined)
    if (file !== undefined) return file
  }
  return undefined
}

async function firstLine(path: string): Promise<string> {
  const file = await open(path, 'r')
  const stream = file.createReadStream().pipe(createZstdDecompress())
  let text = ''
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      text += chunk.toString('utf8')
      if (text.includes('\n')) break
    }
  } finally {
    await file.close()
  }
  return text.slice(0, text.indexOf('\n'))
}

type HeaderFacts = Pick<RecordingFacts, 'from' | 'rollouts' | 'version' | 'sequence' | 'part'>

function factsIn(line: string): HeaderFacts {
  const { from, rollouts, product: version, sequence, part } = readHeader(line)
  return { from: Date.parse(from), rollouts, version, sequence, part }
}
