import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { constants, createZstdCompress } from 'node:zlib'
import { PART } from './recording-folder.ts'

/** A recording that is being written: one frame of zstd, which is readable up to its last flush at any moment. */
export interface RecordingFile {
  readonly name: string
  /** Takes a line; resolves when there is room for another. */
  write(text: string): Promise<void> | undefined
  /** Bytes that are written. */
  bytes(): number
  /** All that was taken becomes readable. */
  flush(): Promise<void>
  /** Ends it as it should be. */
  close(): Promise<void>
  /** Lets go of it as it is. */
  abandon(): void
}

/** A window of 1 MiB: what a probe said last is a few kilobytes ago, and memory is dear. */
const WINDOW_LOG = 20

/** @throws when the directory or the file can't be written */
export async function createRecording(directory: string, name: string): Promise<RecordingFile> {
  const path = join(directory, name)
  const file = await open(`${path}${PART}`, 'wx', 0o600)
  const compress = createZstdCompress({
    params: {
      [constants.ZSTD_c_compressionLevel]: 3,
      [constants.ZSTD_c_windowLog]: WINDOW_LOG,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  })
  let bytes = 0
  async function pump(): Promise<void> {
    try {
      for await (const chunk of compress as AsyncIterable<Buffer>) {
        await file.writeFile(chunk)
        bytes += chunk.length
      }
    } finally {
      await file.close()
    }
  }
  const ended = pump()
  // It is awaited with the next write, flush or close.
  ended.catch(() => undefined)

  /** Of a stream that failed no callback comes. */
  function orFailed(begin: (done: () => void) => void): Promise<void> {
    return Promise.race([new Promise<void>((resolve) => begin(resolve)), ended])
  }

  return {
    name,
    write(text) {
      if (compress.destroyed) return ended
      return compress.write(text) ? undefined : orFailed((done) => compress.once('drain', done))
    },
    bytes: () => bytes,
    flush: () => orFailed((done) => compress.flush(constants.ZSTD_e_flush, done)),
    async close() {
      compress.end()
      await ended
      await rename(`${path}${PART}`, path)
    },
    abandon: () => void compress.destroy(),
  }
}
