import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { framesOf } from '../../../src/connections/kubernetes-failure.ts'
import { KubernetesFailure } from '../../../src/connections/kubernetes.ts'

const settings = {
  seed: Number(process.env['FC_SEED'] ?? 20_261_129),
  numRuns: Number(process.env['FC_RUNS'] ?? 300),
}

type Body = Parameters<typeof framesOf>[0]

/** Cuts after as many bytes as the lengths say, over and over. */
function cut(bytes: Buffer, lengths: readonly number[]): readonly Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; at += pieces.at(-1)?.length ?? 1)
    pieces.push(bytes.subarray(at, at + (lengths[pieces.length % lengths.length] ?? 1)))
  return pieces
}

async function framesIn(pieces: readonly Buffer[]): Promise<readonly unknown[]> {
  const body = Readable.from(pieces) as unknown as Body
  const frames: unknown[] = []
  const asked = { method: 'GET', path: '/api/v1/namespaces/caracal/pods?watch=1' }
  for await (const frame of framesOf(body, asked, new AbortController().signal, () => {})) frames.push(frame)
  return frames
}

const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 })
const frames = fc.array(fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }), { maxLength: 8 })

function written(all: readonly unknown[]): Buffer {
  return Buffer.from(all.map((frame) => `${JSON.stringify(frame)}\n`).join(''))
}

describe('a watch', () => {
  it('gives its frames as they were written, cut into whatever pieces', async () => {
    await fc.assert(
      fc.asyncProperty(frames, lengths, async (all, sizes) => {
        const read = await framesIn(cut(written(all), sizes))
        expect(JSON.stringify(read)).toBe(JSON.stringify(all))
      }),
      settings,
    )
  })

  it('that brings other bytes gives whole frames or a KubernetesFailure', async () => {
    const damage = fc.tuple(fc.nat(2_000), fc.uint8Array({ maxLength: 6 }))
    await fc.assert(
      fc.asyncProperty(frames, lengths, damage, async (all, sizes, [at, noise]) => {
        const bytes = written(all)
        const place = at % (bytes.length + 1)
        const pieces = [bytes.subarray(0, place), Buffer.from(noise), bytes.subarray(place + noise.length)]
        await framesIn(cut(Buffer.concat(pieces), sizes)).catch((fault: unknown) => {
          expect(fault).toBeInstanceOf(KubernetesFailure)
        })
      }),
      settings,
    )
  })

  it('that brings a frame without an end is refused before it holds more than one may have', async () => {
    let sent = 0
    const piece = Buffer.alloc(64 * 1024, 'a')
    function* endless() {
      for (;;) {
        sent += piece.length
        yield piece
      }
    }
    const body = Readable.from(endless()) as unknown as Body
    const asked = { method: 'GET', path: '/x' }
    const read = framesOf(body, asked, new AbortController().signal, () => {}).next()
    await expect(read).rejects.toMatchObject({ reason: 'body_too_large' })
    expect(sent).toBeLessThan(10 * 1024 * 1024)
  })
})
