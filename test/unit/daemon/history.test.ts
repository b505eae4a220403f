import { describe, expect, it } from 'vitest'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { historyOf } from '../../../src/daemon/history.ts'
import { append, type Event } from '../../../src/rollout/ledger.ts'
import { nothingRemembered, type Memory } from '../../../src/rollout/memory.ts'
import { merge } from '../../../src/rollout/merge.ts'
import { coveredFields, hashOfLine } from '../../support/ledger-lines.ts'
import { start } from '../http/context.ts'
import { open } from '../http/opening.ts'
import { smallRules } from '../core/small-rules.ts'

const rollout = { id: 'r1', phase: 'rolling', startedAt: start, detectedBy: 'declared' } as const

function event(at: number, more: Partial<Event> = {}): Event {
  const line = { at: start + at, kind: 'transition', subject: 'verdict', message: `at ${at}` } as const
  return { ...line, from: 'hold', to: 'proceed', rollout: 'r1', ...more }
}

interface Line {
  readonly [field: string]: unknown
  readonly at: string
  readonly previous: string
  readonly hash: string
}

/** The lines of the rollout as a client gets them. */
async function published(memory: Memory): Promise<readonly Line[]> {
  const rules = smallRules()
  const current = { ...initialSnapshot(start, rules), rollout }
  const { app } = await open(current, rules, {
    history: () => historyOf({ memory: () => memory, current: () => current }),
  })
  const answer = (await app.inject('/rollouts/r1')).json<{ ledger: Line[] }>()
  return answer.ledger
}

const events = [
  event(0, {
    kind: 'rollout-begun',
    subject: 'r1',
    from: 'idle',
    to: 'preflight',
    actor: 'ann (ci)',
    message: 'why "not"?',
  }),
  event(1.25),
  event(2, {
    kind: 'evidence',
    subject: 'helm-render',
    actor: 'ci',
    message: 'pass for sha256:00: ünïcode \u2028 \u0007',
  }),
  event(3, { kind: 'acknowledged', subject: 'stop-condition/x', actor: 'ann', message: 'x'.repeat(900) }),
  event(4, { message: '' }),
].map(({ from, ...rest }, n) => (n === 2 ? rest : { ...rest, ...(from !== undefined && { from }) }))

describe('the ledger that is published', () => {
  it('R86: X38: can be verified by its reader, every hash and every link', async () => {
    const lines = await published({ ...nothingRemembered, rollout, ledger: append([], events) })
    expect(lines).toHaveLength(events.length)
    for (const [n, line] of lines.entries()) {
      expect(hashOfLine(line)).toBe(line.hash)
      if (n > 0) expect(line.previous).toBe(lines[n - 1]?.hash)
    }
  })

  it('R86: X38: does not verify when any field of it was changed', async () => {
    const [line] = await published({ ...nothingRemembered, rollout, ledger: append([], events) })
    if (line === undefined) throw new Error('no line')
    for (const field of coveredFields)
      expect(hashOfLine({ ...line, [field]: `${String(line[field])}!` })).not.toBe(line.hash)
  })

  it('R86: X70: is in the order of time after a merge, and still verifies', async () => {
    const base: Memory = { ...nothingRemembered, rollout, ledger: append([], [event(0)]) }
    const ours = {
      ...base,
      ledger: append(base.ledger, [event(10, { subject: 'a' }), event(7_000, { subject: 'c' })]),
    }
    const theirs = { ...base, ledger: append(base.ledger, [event(500, { subject: 'b' })]) }
    const lines = await published(merge(base, ours, theirs))
    expect(lines.map(({ subject }) => subject)).toEqual(['verdict', 'a', 'b', 'c'])
    expect(lines.map(({ at }) => at)).toEqual(lines.map(({ at }) => at).toSorted())
    for (const line of lines) expect(hashOfLine(line)).toBe(line.hash)
  })
})
