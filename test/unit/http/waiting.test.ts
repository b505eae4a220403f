import { describe, expect, it } from 'vitest'
import { waitingRoom } from '../../../src/http/waiting.ts'
import { handMadeRules, newBoard, play } from './context.ts'

const rules = handMadeRules(new Map())
const first = play(rules, 1)
const second = { ...first, revision: first.revision + 1 }

function changed(snapshot: { readonly revision: number }): boolean {
  return snapshot.revision !== first.revision
}

describe('the waiting room', () => {
  it('lets a client go when the board posts what it waits for, and not before', async () => {
    const board = newBoard(first)
    const room = waitingRoom(board, () => 0)
    const waits = [1, 2, 3].map(() => room.wait({ satisfied: changed, span: 60_000 }))
    expect(room.count).toBe(3)
    board.post({ ...first })
    expect(room.count).toBe(3)
    board.post(second)
    expect(await Promise.all(waits.map(async (wait) => wait))).toEqual(['changed', 'changed', 'changed'])
    expect(room.count).toBe(0)
  })

  it('lets a client go when its time is over', async () => {
    const room = waitingRoom(newBoard(first), () => 0)
    expect(await room.wait({ satisfied: changed, span: 5 })).toBe('elapsed')
    expect(room.count).toBe(0)
  })

  it('forgets a client that has gone', async () => {
    const room = waitingRoom(newBoard(first), () => 0)
    const gone = new AbortController()
    const wait = room.wait({ satisfied: changed, span: 60_000, left: gone.signal })
    gone.abort()
    expect(await wait).toBe('left')
    expect(room.count).toBe(0)
    expect(await room.wait({ satisfied: changed, span: 60_000, left: gone.signal })).toBe('left')
  })

  it('takes no more clients than it has room for', async () => {
    const room = waitingRoom(newBoard(first), () => 0, 2)
    const waits = [1, 2].map(() => room.wait({ satisfied: changed, span: 60_000 }))
    expect(room.wait({ satisfied: changed, span: 60_000 })).toBeUndefined()
    room.close()
    expect(await Promise.all(waits.map(async (wait) => wait))).toEqual(['left', 'left'])
  })

  it('X81: keeps half of its places for other addresses, and none from what comes by loopback', async () => {
    const room = waitingRoom(newBoard(first), () => 0, 4)
    const gone = new AbortController()
    const wait = (from: string, left?: AbortSignal) =>
      room.wait({ satisfied: changed, span: 60_000, from, ...(left !== undefined && { left }) })
    const [one] = [wait('10.0.0.1', gone.signal), wait('10.0.0.1')]
    expect(wait('10.0.0.1')).toBeUndefined()
    expect(wait('10.0.0.2')).toBeDefined()
    gone.abort()
    expect(await one).toBe('left')
    expect(wait('10.0.0.1')).toBeDefined()
    expect(wait('10.0.0.1')).toBeUndefined()
    room.close()
    const another = waitingRoom(newBoard(first), () => 0, 4)
    const waits = Array.from({ length: 4 }, () =>
      another.wait({ satisfied: changed, span: 60_000, from: '127.0.0.1' }),
    )
    expect(waits.every((each) => each !== undefined)).toBe(true)
    another.close()
  })

  it('lets everybody go when it closes, and keeps nobody after that', async () => {
    const board = newBoard(first)
    const room = waitingRoom(board, () => 0)
    const wait = room.wait({ satisfied: changed, span: 60_000 })
    room.close()
    expect(await wait).toBe('left')
    expect(await room.wait({ satisfied: changed, span: 60_000 })).toBe('left')
    expect(board.listeners).toBe(0)
  })

  it('asks once for all who wait for the same', async () => {
    const board = newBoard(first)
    const room = waitingRoom(board, () => 0)
    const asked: string[] = []
    const waitFor = (alike: string) =>
      room.wait({
        span: 60_000,
        alike,
        satisfied: (snapshot) => {
          asked.push(alike)
          return changed(snapshot)
        },
      })
    const waits = ['a', 'b', 'a', 'a', 'b'].map(waitFor)
    board.post({ ...first })
    expect(asked).toEqual(['a', 'b'])
    board.post(second)
    for (const wait of waits) expect(await wait).toBe('changed')
  })

  it('lets a crowd go a few at a time, and everybody though it changes back meanwhile', async () => {
    const board = newBoard(first)
    const room = waitingRoom(board, () => 0)
    const waits = Array.from({ length: 200 }, () => room.wait({ satisfied: changed, span: 60_000 }))
    board.post(second)
    expect(room.count).toBeGreaterThan(150)
    board.post({ ...first })
    for (const wait of waits) expect(await wait).toBe('changed')
    expect(room.count).toBe(0)
  })
})
