import { describe, expect, it } from 'vitest'
import { spread } from '../../../src/http/crowd.ts'

describe('spreading', () => {
  it('serves everyone once, in order, a few in each turn of the event loop', async () => {
    const many = Array.from({ length: 100 }, (_, index) => index)
    const served: number[] = []
    const perTurn: number[] = []
    let before = 0
    const done = new Promise<void>((resolve) => spread(many, (item) => void served.push(item), resolve))
    const atOnce = served.length
    const count = () => {
      perTurn.push(served.length - before)
      before = served.length
      if (before < many.length) setImmediate(count)
    }
    count()
    await done
    expect(atOnce).toBeGreaterThan(0)
    expect(atOnce).toBeLessThan(30)
    expect(served).toEqual(many)
    expect(Math.max(...perTurn)).toBeLessThan(30)
  })

  it('is done at once when there is nobody', () => {
    let done = false
    spread(
      [],
      () => expect.unreachable(),
      () => void (done = true),
    )
    expect(done).toBe(true)
  })
})
