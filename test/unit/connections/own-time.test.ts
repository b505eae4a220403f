import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  afterOwnTime,
  lostSince,
  measureOwnTime,
  ownTimeSignal,
  ownTimeTotals,
  punctuality,
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

  it('aborts a signal as AbortSignal.timeout does', async () => {
    const signal = ownTimeSignal(10)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' })
  })
})

describe('how punctual the process was', () => {
  it('X11: is told of the last seconds and in all', async () => {
    await turn(30)
    const before = ownTimeTotals().lost
    block(500)
    const { lost, longest } = punctuality()
    expect(longest).toBeGreaterThan(400)
    expect(lost).toBeGreaterThanOrEqual(longest)
    expect(ownTimeTotals().lost - before).toBeGreaterThan(400)
  })
})
