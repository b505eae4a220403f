import { describe, expect, it } from 'vitest'
import { BEAT, Beats, beatsIn, NEVER, type Beating } from '../../../src/daemon/beats.ts'

function beating(begin: () => void): Beating {
  return { beat: NEVER, begin }
}

describe('beats', () => {
  it('are as many as an interval has, and never fewer', () => {
    expect([1, BEAT, BEAT + 1, 250, 1_700].map(beatsIn)).toEqual([1, 1, 2, 5, 34])
  })

  it('begin all that is planned for one of them in one turn of the event loop, in the order of the plan', async () => {
    const beats = new Beats()
    const begun: string[] = []
    let turns = 0
    const { next } = beats
    await new Promise<void>((resolve) => {
      for (const name of ['first', 'second', 'third'])
        beats.plan(
          beating(() => {
            if (begun.push(name) === 1) setImmediate(() => (turns += 1))
            else expect(turns).toBe(0)
            if (name === 'third') resolve()
          }),
          next + 1,
        )
    })
    expect(begun).toEqual(['first', 'second', 'third'])
    beats.stop()
  })

  it('begin nothing before its time, and at once what is late', async () => {
    const beats = new Beats()
    const startedAt = performance.now()
    const soon = new Promise<number>((resolve) => {
      beats.plan(
        beating(() => resolve(performance.now())),
        0,
      )
    })
    const later = new Promise<number>((resolve) => {
      beats.plan(
        beating(() => resolve(performance.now())),
        beats.next + 3,
      )
    })
    expect((await later) - startedAt).toBeGreaterThan(3 * BEAT - 2)
    expect(await soon).toBeLessThan(await later)
    beats.stop()
  })

  it('begin once what is planned anew, and leave what is planned no more', async () => {
    const beats = new Beats()
    const begun: string[] = []
    const moved = beating(() => begun.push('moved'))
    const dropped = beating(() => begun.push('dropped'))
    await new Promise<void>((resolve) => {
      const { next } = beats
      beats.plan(moved, next + 1)
      beats.plan(dropped, next + 1)
      beats.plan(moved, next + 3)
      beats.plan(moved, next + 1)
      beats.plan(moved, next + 1)
      dropped.beat = NEVER
      beats.plan(beating(resolve), beats.next + 4)
    })
    expect(begun).toEqual(['moved'])
    beats.stop()
  })

  it('begin nothing once they are stopped, whatever is planned then', async () => {
    const beats = new Beats()
    const begun: string[] = []
    const stopping = beating(() => {
      beats.stop()
      beats.plan(
        beating(() => begun.push('after')),
        beats.next,
      )
    })
    beats.plan(stopping, beats.next)
    const others = new Beats()
    await new Promise<void>((resolve) => {
      others.plan(beating(resolve), others.next + 4)
    })
    expect(begun).toEqual([])
    others.stop()
  })

  it('leave to the next what is more than one can bear, in order', async () => {
    const beats = new Beats()
    const begun: number[] = []
    const turns: number[] = []
    await new Promise<void>((resolve) => {
      for (let n = 0; n < 450; n += 1)
        beats.plan(
          beating(() => {
            if (begun.length === 0 || begun.length === 200 || begun.length === 400)
              setImmediate(() => turns.push(begun.length))
            begun.push(n)
            if (n === 449) setImmediate(resolve)
          }),
          beats.next + 1,
        )
    })
    expect(begun).toEqual(Array.from({ length: 450 }, (_, n) => n))
    expect(turns).toEqual([200, 400, 450])
    beats.stop()
  })
})
