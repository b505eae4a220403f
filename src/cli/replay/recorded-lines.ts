import { createReadStream } from 'node:fs'
import { createZstdDecompress } from 'node:zlib'
import { codeOf, messageOf } from '../../core/text.ts'
import { Unreadable } from '../../recording/reading.ts'

/** The longest line that is read: a state of 500 replicas has a tenth of it. */
const LONGEST = 64 * 1024 * 1024

/** How the file ended: as it should, before its end (its process ended, or it was still being written), or damaged. */
export type End = { readonly kind: 'whole' | 'cut' } | { readonly kind: 'damaged'; readonly message: string }

/**
 * The lines of a recording, one after the other: no more than one of them is held.
 * @returns how the file ended
 * @throws when it can't be opened or read
 */
export async function* linesOf(file: string): AsyncGenerator<string, End> {
  const source = createReadStream(file)
  const stream = createZstdDecompress()
  source.on('error', (fault) => stream.destroy(fault))
  source.pipe(stream)
  const decoder = new TextDecoder('utf-8')
  // Joined once its line is whole: to join it with each chunk would take minutes for a long one.
  let begun: string[] = []
  let length = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const [first = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n')
      begun.push(first)
      length += first.length
      if (length > LONGEST) throw new Unreadable('a line of it is longer than 64 MiB')
      const last = others.pop()
      if (last === undefined) continue
      yield begun.join('')
      yield* others
      begun = [last]
      length = last.length
    }
  } catch (fault) {
    const code = codeOf(fault)
    if (code === 'Z_BUF_ERROR') return { kind: 'cut' }
    if (code?.startsWith('ZSTD_') === true) return { kind: 'damaged', message: messageOf(fault) }
    throw fault
  } finally {
    source.destroy()
  }
  return { kind: length === 0 ? 'whole' : 'cut' }
}
