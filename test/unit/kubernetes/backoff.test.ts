import { describe, expect, it } from 'vitest'
import { isFinal, notUnderstood, openBackoff } from '../../../src/kubernetes/unavailable.ts'
import { KubernetesFailure } from '../../../src/connections/kubernetes.ts'

function failure(status?: number, retryAfter?: number, reason = 'reason'): KubernetesFailure {
  const more = { ...(status !== undefined && { status }), ...(retryAfter !== undefined && { retryAfter }) }
  return new KubernetesFailure({ unknownReason: 'unreachable', reason, message: '' }, more)
}

function pauses(fault: unknown, count: number, random = 0.5): readonly number[] {
  const backoff = openBackoff(() => random)
  return Array.from({ length: count }, () => Math.round(backoff.after(0, fault)))
}

describe('the pause', () => {
  it('after a broken connection is none at first, then doubles up to ten seconds', () => {
    expect(pauses(failure(), 9)).toEqual([0, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000])
  })

  it('after a refusal begins with 200 ms', () => {
    expect(pauses(failure(503), 3)).toEqual([200, 400, 800])
  })

  it('is spread by a quarter to either side', () => {
    expect(pauses(failure(503), 1, 0)).toEqual([150])
    expect(pauses(failure(503), 1, 1)).toEqual([250])
  })

  it('is what the API server asks for, and a little more, never less', () => {
    expect(pauses(failure(429, 3_000), 2, 0)).toEqual([3_000, 3_000])
    expect(pauses(failure(429, 3_000), 1, 1)).toEqual([3_600])
    expect(pauses(failure(429, 0), 1, 0)).toEqual([200])
  })

  it('is none for a version that is gone, but not over and over', () => {
    expect(pauses(failure(410, undefined, 'gone'), 3)).toEqual([0, 200, 400])
  })

  it('is short again after something has lived for a while', () => {
    const backoff = openBackoff(() => 0.5)
    for (let turn = 0; turn < 5; turn += 1) backoff.after(0, failure())
    expect(backoff.after(60_000, failure())).toBe(0)
  })
})

describe('a fault', () => {
  it.each([
    [401, true],
    [403, true],
    [404, true],
    [410, false],
    [429, false],
    [500, false],
    [503, false],
    [undefined, false],
  ])('of status %s promises nothing when asked again: %s', (status, isFinalOne) => {
    expect(isFinal(failure(status))).toBe(isFinalOne)
  })

  it('of ours does not fix itself', () => {
    expect(isFinal(new TypeError('x'))).toBe(true)
  })
})

describe('what is not understood', () => {
  it('is named, a few of many, without control characters', () => {
    const { message, unknownReason } = notUnderstood('pods', ['a\u001b[31m', 'b', 'c', 'd', 'e'])
    expect(unknownReason).toBe('malformed')
    expect(message).toContain('of the pods, a [31m, b, c and 2 more can')
  })
})
