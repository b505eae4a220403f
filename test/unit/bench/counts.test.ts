import { describe, expect, it } from 'vitest'
import { allocationsIn, type ProfileNode } from '../../../bench/allocations.ts'
import type { Counts } from '../../../bench/counts.ts'
import { findingsOf, reportOf } from '../../../bench/regressions.ts'
import { sumOf } from '../../../bench/samples.ts'

function frame(functionName: string, selfSize: number, children: readonly ProfileNode[] = []): ProfileNode {
  return { callFrame: { functionName, url: 'file:///dist/main.js' }, selfSize, children }
}

function builtIn(functionName: string, selfSize: number): ProfileNode {
  return { callFrame: { functionName, url: '' }, selfSize, children: [] }
}

describe('what a sampling profile says', () => {
  const head = frame('(root)', 0, [
    frame('look', 1_000, [frame('parse', 2_000, [builtIn('next', 200)]), frame('parse', 300)]),
    frame('', 500, [frame('parse', 1_000)]),
  ])

  it('is all that was allocated, in a second', () => {
    expect(allocationsIn(head, 10).bytesPerSecond).toBe(500)
  })

  it('names the functions that allocated most, wherever they were called from', () => {
    expect(allocationsIn(head, 10).most.slice(0, 3)).toEqual([
      { name: 'parse (main.js)', share: 0.7 },
      { name: 'look (main.js)', share: 0.2 },
      { name: 'anonymous (main.js)', share: 0.1 },
    ])
  })
})

describe('a family in an exposition', () => {
  const text = '# HELP a_total A.\na_total{b="x y"} 1\na_total{b="}"} 2.5\na_total_more 40\nsingle 7\n'

  it('is the sum of its samples', () => {
    expect(sumOf(text, 'a_total')).toBe(3.5)
    expect(sumOf(text, 'single')).toBe(7)
  })

  it('is no number where there is none, rather than 0', () => {
    expect(sumOf(text, 'gone')).toBeNaN()
  })
})

function counted(evaluations: number): Counts['brisk'] {
  const cost = {
    cpu: 1,
    evaluation: { perSecond: evaluations, milliseconds: 1 },
    looks: 80,
    turn: 5,
    statements: { perSecond: 0.1, milliseconds: 0.1 },
    redis: { commands: 1, roundTrips: 1, byCommand: {} },
    requests: { 'api /ready 200': 0.1 },
    throttled: 0,
    lines: { api: 2 },
  }
  return { cost, allocations: { bytesPerSecond: 1_000, most: [{ name: 'parse (main.js)', share: 0.7 }] } }
}

describe('the check of counts', () => {
  const well: Counts = { brisk: counted(1), quiet: counted(0.1), evaluationRatio: 1.1 }

  it('holds while none has grown', () => {
    expect(findingsOf(well).filter(({ holds }) => !holds)).toEqual([])
  })

  it('fails, and says where to begin, when each attempt is judged again', () => {
    const judged: Counts = { ...well, brisk: counted(80 * 1.1) }
    const grown = findingsOf(judged).filter(({ holds }) => !holds)
    expect(grown.map(({ what }) => what)).toEqual(['evaluations for one attempt, brisk'])
    expect(reportOf(judged)).toContain('src/daemon/engine.ts')
  })

  it('fails when a count was not made', () => {
    const unmeasured = { ...well, evaluationRatio: Number.NaN }
    expect(findingsOf(unmeasured).some(({ holds }) => !holds)).toBe(true)
  })
})
