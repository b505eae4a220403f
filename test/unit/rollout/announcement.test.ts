import { describe, expect, it } from 'vitest'
import { announcements } from '../../../src/rollout/announcement.ts'
import { append, type Event } from '../../../src/rollout/ledger.ts'

const now = 1_000_000_000

function line(secondsAgo: number, more: Partial<Event> = {}): Event {
  const rest = { kind: 'transition', subject: 'verdict', from: 'hold', to: 'proceed' } as const
  return { at: now - secondsAgo * 1_000, message: 'because', rollout: 'caracal/48', ...rest, ...more }
}

/** A line outside of a rollout. */
function outside({ rollout: _, ...rest }: Event): Event {
  return rest
}

function reasonsOf(...lines: readonly Event[]): readonly string[] {
  return announcements(append([], lines), now).map(({ reason, note }) => `${reason} ${note}`)
}

describe('what is announced in the cluster', () => {
  it('R183: is each change of the verdict, and each stop condition that fires, in their order', () => {
    expect(
      reasonsOf(
        line(50),
        line(40, { subject: 'gate/readiness', to: 'fail' }),
        line(30, { subject: 'stop-condition/sts-unready', to: 'firing' }),
        line(30, { to: 'stop' }),
        line(20, { subject: 'stop-condition/sts-unready', to: 'clear' }),
        line(10, { kind: 'acknowledged', subject: 'stop-condition/sts-unready', to: 'firing' }),
        outside(line(9, { to: 'hold' })),
      ),
    ).toEqual([
      'RolloutProceed caracal/48: because',
      'RolloutStop caracal/48: sts-unready fires: because',
      'RolloutStop caracal/48: because',
      'RolloutHold because',
    ])
  })

  it('R183: waits until replicas have made one line of what both have seen, and leaves out what is old', () => {
    expect(reasonsOf(line(121), line(120), line(3), line(2.9))).toHaveLength(2)
  })

  it('R183: has a name that is of this line, and an ordinary one for the API server', () => {
    const ledger = append([], [line(50), line(40)])
    const names = announcements(ledger, now).map(({ name }) => name)
    expect(new Set(names).size).toBe(2)
    for (const name of names) expect(name).toMatch(/^[a-z0-9-]{1,63}$/)
    expect(announcements(ledger, now + 5_000).map(({ name }) => name)).toEqual(names)
  })
})
