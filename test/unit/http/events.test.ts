import { afterEach, describe, expect, it } from 'vitest'
import { initialSnapshot, type Snapshot } from '../../../src/core/snapshot.ts'
import { answerBook } from '../../../src/http/answers.ts'
import type { GateReport } from '../../../src/contract/document.ts'
import { eventStreams, type Asked, type EventStreams } from '../../../src/http/events.ts'
import { handMadeRules, newBoard, play, reportContext, start } from './context.ts'
import { heardIn, retriesIn } from './event-stream.ts'

const rules = handMadeRules(new Map())
const first = play(rules, 60)
const asked: Asked = { document: 'report', demands: {}, last: undefined, allowed: () => true }

const opened: EventStreams[] = []
afterEach(() => {
  for (const streams of opened.splice(0)) streams.close()
})

function open(limits: Parameters<typeof eventStreams>[3] = {}) {
  const board = newBoard(first)
  let reports = 0
  let now = first.at
  const report = () => {
    reports++
    return reportContext(rules)
  }
  const streams = eventStreams(
    { board, clock: { now: () => now } },
    answerBook({ board, report }),
    () => 0.5,
    {
      tick: 5,
      ...limits,
    },
  )
  opened.push(streams)
  function change(): void {
    const current = board.current() ?? first
    board.post({ ...current, revision: current.revision + 1 })
  }
  return { streams, board, change, reports: () => reports, pass: (span: number) => void (now += span) }
}

/** A client that takes everything, unless it is `deaf`. */
function listen(streams: EventStreams, more: Partial<Asked> = {}, deaf = false) {
  const written: Buffer[] = []
  let end: string | undefined
  const leave = streams.open(
    {
      write(bytes, done) {
        written.push(bytes)
        if (!deaf) queueMicrotask(done)
      },
      end: (bytes) => void (end = bytes.toString()),
      cut: () => void (end = 'cut'),
    },
    { ...asked, ...more },
  )
  const heard = () => heardIn(written.join(''))
  return {
    leave,
    written,
    heard,
    end: () => end,
    documents: () =>
      heard().flatMap(({ event, data }) => (event === 'gates' ? [JSON.parse(data)] : [])) as GateReport[],
    ids: () => heard().flatMap(({ event, id }) => (event === 'gates' ? [id] : [])),
    ticks: () => heard().filter(({ event }) => event === 'tick').length,
  }
}

const index = (moved = 0) => `k7f2.${first.revision + moved}`

/** What must come to be; the limit only says when a test gives up. */
function soon<Value>(look: () => Value) {
  return expect.poll(look, { timeout: 30_000, interval: 5 })
}

describe('event streams', { timeout: 60_000 }, () => {
  it('begin with the document and a sign of life', async () => {
    const { streams } = open()
    const client = listen(streams)
    await soon(client.ticks).toBeGreaterThan(0)
    expect(retriesIn(client.written.join(''))).toEqual([2_500])
    expect(
      client
        .heard()
        .map(({ event }) => event)
        .slice(0, 2),
    ).toEqual(['gates', 'tick'])
    expect(client.documents()[0]).toMatchObject({ kind: 'GateReport', verdict: 'proceed', index: index() })
  })

  it('R61: tell of a change when the index moves, and not before', async () => {
    const { streams, board, change } = open()
    const client = listen(streams)
    await soon(client.ids).toEqual([index()])
    board.post({ ...first, at: first.at + 1_000 })
    const ticks = client.ticks()
    await soon(client.ticks).toBeGreaterThan(ticks + 2)
    expect(client.ids()).toEqual([index()])
    change()
    await soon(client.ids).toEqual([index(), index(1)])
  })

  it('R61: send the same bytes to all, made once for a change', async () => {
    const { streams, change, reports } = open({ tick: 60_000 })
    const clients = Array.from({ length: 100 }, () => listen(streams))
    await soon(() => clients.every(({ ids }) => ids().length === 1)).toBe(true)
    const before = reports()
    change()
    await soon(() => clients.every(({ ids }) => ids().at(-1) === index(1))).toBe(true)
    expect(reports()).toBe(before + 1)
    const last = new Set(clients.map(({ written }) => written.at(-1)))
    expect(last.size).toBe(1)
  })

  it('R61: tell those whose turn has passed of what came meanwhile', async () => {
    const { streams, change } = open({ tick: 60_000 })
    const clients = Array.from({ length: 100 }, () => listen(streams))
    for (let moved = 1; moved <= 20; moved++) {
      change()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await soon(() => clients.every(({ ids }) => ids().at(-1) === index(20))).toBe(true)
  })

  it('resume where the client was, and start anew for an id from another life', async () => {
    const { streams } = open()
    const clients = [index(), 'old1.99', '<script>', 'x'.repeat(8_000)].map((last) =>
      listen(streams, { last }),
    )
    await soon(() => clients.every(({ ticks }) => ticks() > 0)).toBe(true)
    expect(clients.map(({ ids }) => ids())).toEqual([[], [index()], [index()], [index()]])
  })

  it('judge by the demands of each client', async () => {
    const { streams, change } = open()
    const plain = listen(streams, { document: 'envelope' })
    const stricter = listen(streams, { document: 'envelope', demands: { rollout: 'another' } })
    await soon(() => plain.ids().length + stricter.ids().length).toBe(2)
    change()
    await soon(() => plain.ids().length + stricter.ids().length).toBe(4)
    expect(plain.documents().map(({ verdict }) => verdict)).toEqual(['proceed', 'proceed'])
    expect(stricter.documents().map(({ verdict }) => verdict)).toEqual(['hold', 'hold'])
  })

  it('say that the evaluation has come to a halt, though no index moves', async () => {
    const { streams, pass } = open()
    const client = listen(streams)
    await soon(client.ids).toEqual([index()])
    pass(10_000)
    await soon(() => client.documents().map(({ verdict }) => verdict)).toEqual(['proceed', 'hold'])
    expect(client.documents()[1]?.blocking[0]?.reason).toBe('expired')
  })

  it('cut off a client that takes nothing, and nobody else', async () => {
    const { streams, pass, change } = open({ patience: 1_000 })
    const [deaf, other] = [listen(streams, {}, true), listen(streams)]
    change()
    await soon(() => other.ids().at(-1)).toBe(index(1))
    expect(deaf.end()).toBeUndefined()
    pass(1_500)
    await soon(deaf.end).toBe('cut')
    expect(deaf.written).toHaveLength(1)
    expect(other.end()).toBeUndefined()
    expect(streams.count).toBe(1)
  })

  it('end when the token that they began with is withdrawn', async () => {
    const { streams } = open()
    let allowed = true
    const client = listen(streams, { allowed: () => allowed })
    await soon(client.ticks).toBeGreaterThan(1)
    allowed = false
    await soon(client.end).toBe('cut')
    expect(streams.count).toBe(0)
  })

  it('are no more than there is room for, and make room when a client goes', () => {
    const { streams } = open({ streams: 2 })
    const clients = [1, 2].map(() => listen(streams))
    expect(streams.isFull(undefined)).toBe(true)
    clients[0]?.leave()
    clients[0]?.leave()
    expect([streams.count, streams.isFull(undefined)]).toEqual([1, false])
  })

  it('X81: are half of what there is room for, for one address', () => {
    const { streams } = open({ streams: 4 })
    const clients = [1, 2].map(() => listen(streams, { from: '10.0.0.1' }))
    expect([streams.isFull('10.0.0.1'), streams.isFull('10.0.0.2')]).toEqual([true, false])
    clients[0]?.leave()
    clients[0]?.leave()
    expect(streams.isFull('10.0.0.1')).toBe(false)
    for (let turn = 0; turn < 3; turn++) listen(streams, { from: '127.0.0.1' })
    expect([streams.count, streams.isFull('10.0.0.1'), streams.isFull('127.0.0.1')]).toEqual([4, true, true])
  })

  it('end with a last word when the daemon stops, and let go of the board', async () => {
    const { streams, board } = open()
    const [client, deaf] = [listen(streams), listen(streams, {}, true)]
    await soon(client.ids).toHaveLength(1)
    streams.close()
    expect(client.end()).toMatch(/^: .+\n\n$/)
    expect(deaf.end()).toBe('cut')
    expect([streams.count, streams.isFull(undefined), board.listeners]).toEqual([0, true, 0])
  })

  it('wait for the first evaluation with those who were there before it', async () => {
    const blank: Snapshot = initialSnapshot(start, rules)
    const { streams, board } = open()
    board.post(blank)
    const client = listen(streams)
    board.post(first)
    await soon(client.ids).toEqual([index()])
  })
})
