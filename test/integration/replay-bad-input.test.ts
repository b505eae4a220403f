import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root, runHere } from '../support/cli-process.ts'

let folder: string
let whole: Buffer
let lines: readonly string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caracal-replay-'))
  whole = await readFile(join(root, 'test/recordings/sts-unready.jsonl.zst'))
  lines = zstdDecompressSync(whole).toString().split('\n')
})
afterAll(() => rm(folder, { recursive: true }))

async function replay(bytes: Uint8Array | string) {
  const file = join(folder, 'given.jsonl.zst')
  await writeFile(file, bytes)
  return runHere(['replay', file])
}

const packed = (text: readonly string[]) => zstdCompressSync(text.join('\n'))

describe('a file that is no whole recording', () => {
  it('R197: is refused with what is wrong with it', async () => {
    const [header = '', ...rest] = lines
    const later = header.replace(/"version":\d+/, '"version":99')
    const cases: readonly (readonly [string, Uint8Array | string, string])[] = [
      ['empty', '', 'it ends before its first line'],
      ['text', 'hello', 'it is no recording of caracal-gate'],
      ['of another kind', packed(['{"verdict":"proceed"}', '']), 'it is no recording of caracal-gate'],
      [
        'of a later version',
        packed([later, ...rest]),
        'its format has version 99; this version of caracal-gate reads 1',
      ],
      ['without a state', packed([header, lines[3] ?? '', '']), 'it has no state to begin with'],
      ['with a line of text', packed([...lines.slice(0, 5), 'hello', '']), 'a line of it is no JSON'],
      ['with a line of a list', packed([...lines.slice(0, 5), '[1]', '']), 'a line of it is no mapping'],
      [
        'with a line without an end',
        packed([header, 'x'.repeat(65 << 20), '']),
        'a line of it is longer than 64 MiB',
      ],
    ]
    for (const [what, bytes, why] of cases) {
      const { code, stderr, stdout } = await replay(bytes)
      expect([what, code, stderr]).toEqual([what, 5, expect.stringContaining(why)])
      expect(stdout).not.toContain('identical')
    }
    const { code, stderr } = await runHere(['replay', join(folder, 'none')])
    expect([code, stderr]).toEqual([2, expect.stringContaining("can't be read")])
  })

  it('R197: is replayed up to where it is cut, and says so', async () => {
    const { code, stdout } = await replay(packed([...lines.slice(0, 6), (lines[6] ?? '').slice(0, 40)]))
    expect(stdout).toContain(
      'it ends early: it was being written, or its process ended; replayed up to there',
    )
    expect(stdout).toContain('\nidentical: ')
    expect(code).toBe(0)
  })

  it('R197: is never identical with a byte of it changed', async () => {
    const passed: number[] = []
    for (let n = 1; n < 12; n++) {
      const bytes = Buffer.from(whole)
      const at = Math.floor((whole.length * n) / 12)
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at)
      if ((await replay(bytes)).code === 0) passed.push(at)
    }
    expect(passed).toEqual([])
  })

  it('R197: says at how many places rounds are missing', async () => {
    const { code, stdout } = await replay(packed([...lines.slice(0, 6), '{"gap":17}', '']))
    expect(stdout).toContain('17 rounds were not recorded, at 1 place')
    expect(code).toBe(0)
  })
})
