import { describe, expect, it } from 'vitest'
import { countVitest } from '../../scripts/vitest-counts.ts'

function report(...statuses: readonly string[]): string {
  const assertionResults = statuses.map((status, n) => ({ status, fullName: `test ${n}` }))
  const status = statuses.includes('failed') ? 'failed' : 'passed'
  return JSON.stringify({ testResults: [{ name: 'a.test.ts', status, assertionResults }] })
}

const everything = { filtered: false }

describe('counting a run of tests', () => {
  it('counts what passed and what failed', () => {
    expect(countVitest(report('passed', 'failed', 'passed'), 1, everything)).toEqual({
      passed: 2,
      failed: 1,
      remarks: [],
    })
  })

  it('counts a skipped test as a failure and names it', () => {
    expect(countVitest(report('passed', 'pending'), 0, everything)).toEqual({
      passed: 1,
      failed: 1,
      remarks: ['skipped: test 1'],
    })
  })

  it('accepts skipped tests when a person named the ones to run', () => {
    expect(countVitest(report('passed', 'pending'), 0, { filtered: true }).failed).toBe(0)
  })

  it('counts a file that cannot be loaded as a failure', () => {
    const text = JSON.stringify({
      testResults: [{ name: 'b.test.ts', status: 'failed', assertionResults: [] }],
    })
    expect(countVitest(text, 1, everything)).toMatchObject({ passed: 0, failed: 1 })
  })

  it('counts a bad end that no test explains as a failure', () => {
    expect(countVitest(report('passed'), 1, everything)).toMatchObject({ passed: 1, failed: 1 })
  })

  it('counts a missing report as a failure', () => {
    expect(countVitest(undefined, 1, everything)).toMatchObject({ passed: 0, failed: 1 })
  })
})
