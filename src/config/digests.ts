import { createHash } from 'node:crypto'
import { codeOf } from '../core/text.ts'
import type { ReadFile } from './read.ts'

/** SHA-256 of the files that a configuration was made from, by path; of one that could not be read, why. */
export type Digests = ReadonlyMap<string, string>

/** A reader that notes what it has read. */
export function noting(readFile: ReadFile, noted: Map<string, string>): ReadFile {
  return async function readAndNote(path) {
    try {
      const bytes = await readFile(path)
      noted.set(path, createHash('sha256').update(bytes).digest('hex'))
      return bytes
    } catch (error) {
      noted.set(path, codeOf(error) ?? 'no code')
      throw error
    }
  }
}

/** The digests of these files now. Never rejects. */
export async function digestsOf(paths: Iterable<string>, readFile: ReadFile): Promise<Digests> {
  const digests = new Map<string, string>()
  const read = noting(readFile, digests)
  await Promise.allSettled([...paths].map(read))
  return digests
}

export function areSame(a: Digests, b: Digests): boolean {
  return a.size === b.size && [...a].every(([path, digest]) => b.get(path) === digest)
}
