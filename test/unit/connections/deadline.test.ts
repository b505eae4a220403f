import { describe, expect, it } from 'vitest'
import { Deadline, signalOf } from '../../../src/connections/deadline.ts'

describe('a deadline', () => {
  it('tells once of its end and why, and not who stopped listening', () => {
    const deadline = new Deadline()
    const told: string[] = []
    const left = () => told.push('left')
    deadline.addEventListener('abort', () => told.push('stayed'))
    deadline.addEventListener('abort', left)
    deadline.removeEventListener('abort', left)
    expect([deadline.aborted, deadline.reason]).toEqual([false, undefined])
    deadline.pass('late')
    deadline.pass('later')
    expect([deadline.aborted, deadline.reason, told]).toEqual([true, 'late', ['stayed']])
  })

  it('is a signal for who asks for one, before its end or after', () => {
    const [before, after] = [new Deadline(), new Deadline()]
    const { signal } = before
    before.pass('late')
    after.pass('late')
    for (const seen of [signal, signalOf(before), signalOf(after)])
      expect(seen).toMatchObject({ aborted: true, reason: 'late' })
    const own = AbortSignal.abort()
    expect(signalOf(own)).toBe(own)
  })
})
