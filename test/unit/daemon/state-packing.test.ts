import { describe, expect, it } from 'vitest'
import { pack, unpack } from '../../../src/daemon/state-packing.ts'
import type { Memory } from '../../../src/rollout/memory.ts'
import { largeMemory } from '../../support/large-memory.ts'

const memory = largeMemory()

async function cutTo(most: number): Promise<{ readonly kept: Memory; readonly left: string }> {
  const { text, bytes, left } = await pack(memory, most)
  expect(Buffer.from(text, 'base64').length).toBe(bytes)
  expect(bytes).toBeLessThanOrEqual(most)
  const unpacked = await unpack(text)
  if (!unpacked.ok) throw new Error(unpacked.why)
  return { kept: unpacked.memory, left }
}

describe('a packed state', () => {
  it('is the whole memory while there is room', async () => {
    expect(await cutTo(900 * 1024)).toEqual({ kept: memory, left: '' })
  })

  it('has room for all that is ever remembered, as a ConfigMap takes it', async () => {
    const { bytes, left } = await pack(largeMemory(500, 500))
    expect(bytes).toBeLessThan(900 * 1024)
    expect(left).toMatch(/^(\d+ ledgers of past rollouts)?$/)
  })

  it('leaves out ledgers of past rollouts first, the oldest before the others', async () => {
    const { kept, left } = await cutTo(60_000)
    expect(kept.ledger).toEqual(memory.ledger)
    expect(kept.history.map(({ rollout }) => rollout)).toEqual(memory.history.map(({ rollout }) => rollout))
    const missing = kept.history.filter(({ ledger }) => ledger.length === 0).length
    expect(missing).toBeGreaterThan(0)
    expect(kept.history.slice(missing)).toEqual(memory.history.slice(missing))
    expect(left).toBe(`${missing} ledgers of past rollouts`)
  })

  it('then past rollouts, then the front of the ledger, and never what is under way', async () => {
    const { kept, left } = await cutTo(4_000)
    expect(kept.history).toEqual([])
    expect(kept.ledger.length).toBeGreaterThan(10)
    expect(kept.ledger).toEqual(memory.ledger.slice(-kept.ledger.length))
    expect(kept.rollout).toEqual(memory.rollout)
    expect(left).toBe(`20 past rollouts, ${300 - kept.ledger.length} lines of the ledger`)
  })

  it('is refused when it would become too large', async () => {
    const { text } = await pack(memory)
    expect(await unpack(text.slice(0, 400))).toMatchObject({ ok: false })
    expect(await unpack('')).toMatchObject({ ok: false })
  })
})
