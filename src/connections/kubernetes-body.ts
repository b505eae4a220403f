import { StringDecoder } from 'node:string_decoder'
import type { Dispatcher } from 'undici'
import { inWords, KubernetesFailure, type Asked } from './kubernetes-failure.ts'

type Body = Dispatcher.ResponseData['body']

/** One frame is one object; etcd takes none that is much larger than a megabyte. */
const LONGEST_FRAME = 8 * 1024 * 1024

/** @throws KubernetesFailure when it is longer than `maxBytes` */
export async function readAll(body: Body, maxBytes: number, asked: Asked): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge(asked)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/**
 * The frames of a watch: one JSON object in a line, cut into chunks anywhere. A line without an end is dropped.
 * @param onChunk told of each sign of life
 * @throws KubernetesFailure for what is no JSON, or has no end
 */
export async function* framesOf(
  body: Body,
  asked: Asked,
  signal: AbortSignal,
  onChunk: () => void,
): AsyncGenerator<unknown> {
  const onAbort = () => void body.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  const decoder = new StringDecoder('utf8')
  let parts: string[] = []
  let size = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      onChunk()
      const [first = '', ...further] = decoder.write(chunk).split('\n')
      parts.push(first)
      size += first.length
      if (size > LONGEST_FRAME) throw tooLarge(asked)
      for (const next of further) {
        const line = parts.join('')
        parts = [next]
        size = next.length
        if (line.trim() !== '') yield parsed(line, asked)
      }
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    body.destroy()
  }
}

function tooLarge(asked: Asked): KubernetesFailure {
  const message = `can't ${inWords(asked)}: the answer is larger than is accepted`
  return new KubernetesFailure({ unknownReason: 'malformed', reason: 'body_too_large', message })
}

/** @throws KubernetesFailure when it is no JSON */
export function parsed(text: string, asked: Asked): unknown {
  try {
    return JSON.parse(text)
  } catch (fault) {
    const message = `can't ${inWords(asked)}: the answer is not JSON; see whether that address is an API server's`
    throw new KubernetesFailure({ unknownReason: 'malformed', reason: 'not_json', message }, { cause: fault })
  }
}
