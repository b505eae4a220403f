import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  afterOwnTime,
  lostSince,
  measureOwnTime,
  ownTimeSignal,
  ownTimeTotals,
  punctuality,
  signalledWithin,
  withinOwnTime,
} from '../../../src/connections/own-time.ts'
import { block } from '../../support/standing-still.ts'

let measuring: ReturnType<typeof measureOwnTime>
beforeAll(() => {
  measuring = measureOwnTime()
})
afterAll(() => measuring.stop())

function turn(span: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, span))
}

describe('a span of own time', () => {
  it('X11: goes on after its end by the clock by as much as the loop stood still', async () => {
    const startedAt = performance.now()
    const over = new Promise<number>((resolve) => afterOwnTime(200, () => resolve(performance.now())))
    await turn(20)
    block(400)
    expect(lostSince(startedAt)).toBeGreaterThan(300)
    const took = (await over) - startedAt
    expect(took).toBeGreaterThan(500)
  })

  it('X11: ends by the clock where the loop hardly turns', async () => {
    const startedAt = performance.now()
    let isOver = false
    afterOwnTime(100, () => (isOver = true))
    while (!isOver) {
      block(60)
      await turn(1)
    }
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  it('is not called back when it was ended', async () => {
    let called = false
    afterOwnTime(5, () => (called = true))()
    await turn(30)
    expect(called).toBe(false)
  })

  it('is over in the order of the ends, and of two ends at once in that of the beginnings', async () => {
    const over: string[] = []
    const last = new Promise<void>((resolve) => {
      for (const [name, span] of [
        ['last', 90],
        ['first', 10],
        ['second', 50],
        ['third', 50],
      ] as const)
        afterOwnTime(span, () => {
          over.push(name)
          if (name === 'last') resolve()
        })
    })
    afterOwnTime(30, () => over.push('never'))()
    await last
    expect(over).toEqual(['first', 'second', 'third', 'last'])
  })

  it('gives what a promise gives in it, and else what is said of its end', async () => {
    expect(await withinOwnTime(Promise.resolve(1), 1_000, () => 2)).toBe(1)
    expect(await withinOwnTime(new Promise(() => {}), 5, () => 2)).toBe(2)
    const fault = new Error('late')
    const throws = () => {
      throw fault
    }
    await expect(withinOwnTime(new Promise(() => {}), 5, throws)).rejects.toBe(fault)
    await expect(withinOwnTime(Promise.reject(fault), 1_000, () => 2)).rejects.toBe(fault)
  })

  it('ends what runs by a signal, and is over with it', async () => {
    const ended = (signal: AbortSignal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    await expect(signalledWithin(10, ended)).rejects.toMatchObject({ name: 'TimeoutError' })
    let kept: AbortSignal | undefined
    expect(await signalledWithin(5, (signal) => Promise.resolve((kept = signal)))).toBe(kept)
    await turn(30)
    expect(kept?.aborted).toBe(false)
  })

  it('aborts a signal as AbortSignal.timeout does', async () => {
    const signal = ownTimeSignal(10)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' })
  })
})

describe('how punctual the process was', () => {
  it('X11: is told of the last seconds and in all', async () => {
    const end = afterOwnTime(4_000, () => {})
    await turn(30)
    const before = ownTimeTotals().lost
    block(500)
    const { lost, longest } = punctuality()
    expect(longest).toBeGreaterThan(400)
    expect(lost).toBeGreaterThanOrEqual(longest)
    expect(ownTimeTotals().lost - before).toBeGreaterThan(400)
    end()
  })

  it('X11: is told within a quarter of a second while nothing is waited for', async () => {
    await turn(1)
    const before = ownTimeTotals().lost
    block(800)
    expect(punctuality().longest).toBeGreaterThan(500)
    expect(ownTimeTotals().lost - before).toBeGreaterThan(500)
  })
})
