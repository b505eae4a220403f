import { describe, expect, it } from 'vitest'
import type { Finding } from '../../../src/core/finding.ts'
import type { Rules, Snapshot } from '../../../src/core/snapshot.ts'
import type { Trends } from '../../../src/contract/document.ts'
import { trendBook } from '../../../src/http/trends.ts'
import { finding, handMadeRules, newBoard, play, reportContext, start, type World } from './context.ts'
import { openWith } from './opening.ts'

const lag = 'gates/readiness/checks/ready-sts'

function measured(value: number, more: Partial<Finding> = {}): Finding {
  return finding(value > 100 ? 'unmet' : 'met', {
    observed: { value, unit: 'entries' },
    threshold: { op: '<=', value: 100, clear: 50 },
    ...more,
  })
}

/** A world of which tests turn one check, judged once a second from `start` on. */
function judging(more: Partial<Rules> = {}) {
  const world: World = new Map()
  let configured = more
  let rules = handMadeRules(world, configured)
  const board = newBoard()
  let at = start
  let last: Snapshot | undefined
  const book = trendBook({ board, clock: { now: () => at }, report: () => reportContext(rules) })
  function judge(found: Finding | readonly Finding[], seconds = 1, id = 'ready-sts'): void {
    world.set(id, found)
    // What the same rules have judged without news stands.
    rules = handMadeRules(world, configured)
    for (let second = 0; second < seconds; second++) {
      last = play(rules, 1, last)
      at = last.at
      board.post(last)
    }
  }
  /** Nobody judges for so long. */
  function halt(seconds: number): void {
    at += seconds * 1_000
    if (last !== undefined) last = { ...last, at }
  }
  function reconfigure(next: Partial<Rules>): void {
    configured = next
    rules = handMadeRules(world, configured)
  }
  function trends(minutes = 60): Trends {
    return JSON.parse(book.view(minutes * 60_000).body.toString()) as Trends
  }
  function values(ref = lag, minutes = 60): readonly (readonly (number | null)[])[] {
    const list = trends(minutes).series.filter((series) => series.ref === ref)
    return list.map(({ points }) => points.map(([, value]) => value))
  }
  return { book, judge, halt, reconfigure, trends, values }
}

describe('trends', { timeout: 60_000 }, () => {
  it('R62: show the worst value of each interval that is over', () => {
    const { judge, ...platform } = judging()
    for (const value of [1, 2, 9, 3, 40, 41, 42, 90, 41, 7]) judge(measured(value))
    // The fifth evaluation is the first of the second interval; the third is still open.
    expect(platform.values()).toEqual([[9, 90]])
    judge(measured(0), 5)
    expect(platform.values()).toEqual([[9, 90, 7]])
  })

  it('take the lowest for the worst where the limit is from below, and the furthest where it is a value', () => {
    const { judge, ...platform } = judging()
    const least = (value: number) => measured(value, { threshold: { op: '>=', value: 2 } })
    const exactly = (value: number) => measured(value, { threshold: { op: '==', value: 2 } })
    for (const value of [3, 1, 2, 3]) judge(least(value))
    for (const value of [3, 1, 2, -7, 4]) judge(exactly(value))
    judge(exactly(2))
    expect(platform.values()).toEqual([[1, -7]])
  })

  it('show the worst subject', () => {
    const { judge, ...platform } = judging()
    const one = (key: string, value: number, limit: number) =>
      measured(value, { key, threshold: { op: '<=', value: limit } })
    judge([one('a', 50, 100), one('b', 9, 10), one('c', 3, 10)], 5)
    expect(platform.values()).toEqual([[9]])
    expect(platform.trends().series[0]?.threshold).toEqual({
      op: '<=',
      value: 10,
      clear: null,
      unit: 'entries',
    })
  })

  it('R62: have a gap while something of it cannot be seen, though the rest can', () => {
    const { judge, ...platform } = judging()
    judge(measured(5), 4)
    judge([finding('unknown', { key: 'b' }), measured(3)], 5)
    judge(measured(6), 6)
    expect(platform.values()).toEqual([[5, null, 6]])
  })

  it('R62: have a gap while nobody judges', () => {
    const { judge, halt, ...platform } = judging()
    judge(measured(5), 4)
    halt(15)
    expect(platform.values()).toEqual([[5, null, null]])
    judge(measured(6), 6)
    expect(platform.values()).toEqual([[5, null, null, null, 6]])
  })

  it('are one series for each unit that something is judged by', () => {
    const { judge, ...platform } = judging()
    const idle = finding('met', { key: 'b', observed: { value: 20, unit: 'seconds' } })
    judge([measured(5), idle], 5)
    expect(platform.trends().series.map(({ unit, points }) => [unit, points.length])).toEqual([
      ['entries', 1],
      ['seconds', 1],
    ])
  })

  it('hold an hour at 5 s and no more, at the times of their intervals', () => {
    const { judge, ...platform } = judging()
    judge(measured(1), 3_700)
    const { intervalSeconds, series } = platform.trends()
    const points = series[0]?.points ?? []
    expect(intervalSeconds).toBe(5)
    expect(points).toHaveLength(720)
    expect(points.every(([, value]) => value === 1)).toBe(true)
    expect(points.map(([at]) => at)).toEqual(
      Array.from({ length: 720 }, (_, place) => start / 1_000 + 100 + 5 * place),
    )
    expect(platform.values(lag, 1)[0]).toHaveLength(12)
  })

  it('name stop conditions and checks as the document does, with title, unit and limit', () => {
    const { judge, ...platform } = judging()
    judge(measured(1), 1, 'audit-dlq-growing')
    judge(measured(1), 4)
    const { series, ...rest } = platform.trends()
    expect(rest).toEqual({ apiVersion: 'gates.caracal.run/v1', kind: 'Trends', intervalSeconds: 5 })
    expect(series.map(({ points: _, ...named }) => named)).toEqual(
      [
        ['stop-conditions/audit-dlq-growing', 'Title of audit-dlq-growing'],
        [lag, 'ready-sts holds'],
      ].map(([ref, title]) => ({
        ref,
        title,
        unit: 'entries',
        threshold: { op: '<=', value: 100, clear: 50, unit: 'entries' },
      })),
    )
  })

  it('forget what is not judged any more', () => {
    const { judge, reconfigure, ...platform } = judging()
    judge(measured(1), 5)
    const { gates } = handMadeRules(new Map())
    reconfigure({ gates: gates.slice(1) })
    expect(platform.trends().series).toEqual([])
    judge(measured(1), 10)
    reconfigure({})
    judge(finding('met'), 1)
    expect(platform.trends().series).toEqual([])
  })

  it('are rendered once in an interval for all who ask for the same window', () => {
    const { judge, book, halt } = judging()
    judge(measured(1), 9)
    const first = book.view(60_000)
    for (let viewer = 0; viewer < 100; viewer++) expect(book.view(58_000)).toBe(first)
    expect(book.view(120_000)).not.toBe(first)
    judge(measured(2), 5)
    halt(0)
    expect(book.view(60_000).etag).not.toBe(first.etag)
  })
})

describe('GET /trends', () => {
  it('answers with 15 minutes, and 304 for what the client has', async () => {
    const { app } = await openWith('proceed')
    const answer = await app.inject('/trends')
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.json()).toMatchObject({ kind: 'Trends', series: [] })
    const headers = { 'if-none-match': String(answer.headers.etag) }
    expect((await app.inject({ url: '/trends?window=900', headers })).statusCode).toBe(304)
  })

  it.each(['61m', '-1', '1d', '', '15m&window=15m'])('refuses the window %j', async (window) => {
    const { app } = await openWith('proceed')
    expect((await app.inject(`/trends?window=${window}`)).statusCode).toBe(400)
  })

  it('says that nothing has been evaluated yet', async () => {
    const { app } = await openWith('nothing')
    expect((await app.inject('/trends')).statusCode).toBe(503)
  })
})
