import { codeOf } from '../core/text.ts'
import { open } from 'node:fs/promises'

/** Gives a file's bytes. Rejects as `node:fs` does, with a `code`. */
export type ReadFile = (path: string) => Promise<Uint8Array>

/** No configuration and no secret comes near it; a device never ends. */
const LARGEST = 1024 * 1024

const CHUNK = 16 * 1024

/** Reads a file of at most 1 MiB; a larger one rejects with `EFBIG`. */
export async function readConfigFile(path: string): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const chunks: Uint8Array[] = []
    let length = 0
    for (;;) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(CHUNK), 0, CHUNK)
      if (bytesRead === 0) return Buffer.concat(chunks, length)
      chunks.push(buffer.subarray(0, bytesRead))
      length += bytesRead
      if (length > LARGEST) throw Object.assign(new Error('larger than 1 MiB'), { code: 'EFBIG' })
    }
  } finally {
    await file.close()
  }
}

const problems: Readonly<Record<string, string>> = {
  EACCES: 'which may not be read',
  EFBIG: 'which is larger than 1 MiB',
  EISDIR: 'which is a folder',
  ENOENT: 'which does not exist',
  ENOTDIR: 'which does not exist',
  EPERM: 'which may not be read',
}

/** Why a file could not be read, as a clause after its name. */
export function readProblem(error: unknown): string {
  const code = codeOf(error) ?? 'no code'
  return problems[code] ?? `which cannot be read (${code})`
}
