import { describe, expect, it } from 'vitest'
import { noGraph } from '../../../src/core/cause.ts'
import { initialSnapshot, type Snapshot } from '../../../src/core/snapshot.ts'
import { HOUR, MINUTE } from '../../../src/core/time.ts'
import { acknowledge, begin, finish, type Result } from '../../../src/rollout/commands.ts'
import { evaluate, type Evaluated } from '../../../src/rollout/evaluation.ts'
import { nothingRemembered } from '../../../src/rollout/memory.ts'
import { endOverride, override } from '../../../src/rollout/overrides.ts'
import { showing, type Shown } from '../../support/timeline.ts'
import { smallRules } from '../core/small-rules.ts'
import { author, ok } from './commanding.ts'
import { beginning, daemon, overriding, rules, underWay, wish } from './overriding.ts'

function codeOf(result: Result): string {
  return result.ok ? 'accepted' : result.code
}

describe('an override', () => {
  it('R204: opens one thing for its rollout, is written down, and ends by itself', () => {
    const one = underWay()
    one.say(3_000, overriding({ until: 63_000 }))
    expect(one.see(4_000, { a: 11 }).stops.get('deep')).toMatchObject({
      state: 'firing',
      waived: { mode: 'overridden', until: 63_000 },
    })
    expect(one.see(62_999, { a: 11 }).verdict.verdict).toBe('hold')
    expect(one.see(63_000).verdict.verdict).toBe('stop')
    expect(one.held.snapshot.overrides?.size).toBe(0)
    expect(one.lines()).toEqual([
      '3000 | stop-condition/deep | enforce -> overridden | seen (for 60 s, until 00:01:03 UTC) | ann | r1',
      '63000 | stop-condition/deep | overridden -> enforce | the override ended at 00:01:03 UTC | - | r1',
    ])
  })

  it('R206: ends with its rollout, and holds for no other', () => {
    const one = underWay()
    one.say(3_000, overriding())
    one.say(4_000, beginning('r2'))
    expect(one.see(5_000, { a: 11 }).verdict.verdict).toBe('stop')
    expect(one.lines().at(-1)).toBe(
      '4000 | stop-condition/deep | overridden -> enforce | the override ended with the rollout r1 | - | r1',
    )
    one.say(6_000, (snapshot, now) => finish(snapshot, 'r2', { outcome: 'failed' }, author, now))
    expect(one.held.snapshot.overrides?.get('deep')).toMatchObject({ rollout: 'r1', ended: 4_000 })
  })

  it('R206: that was given between two rollouts holds for the next one alone', () => {
    const one = daemon()
    one.see(1_000, { a: 1 })
    one.say(2_000, overriding())
    one.say(3_000, beginning('r1'))
    expect(one.see(4_000, { a: 11 }).verdict.verdict).toBe('hold')
    expect(one.held.snapshot.overrides?.get('deep')).toMatchObject({ rollout: 'r1' })
    one.say(5_000, beginning('r2'))
    expect(one.see(6_000, { a: 11 }).verdict.verdict).toBe('stop')
  })

  it('R206: survives a restart, with what has ended', () => {
    const one = underWay()
    one.say(3_000, overriding())
    one.say(3_000, overriding({ item: 'shallow' }))
    one.say(4_000, (snapshot, now) => endOverride(snapshot, 'shallow', author, now))
    one.restart(5_000)
    const { stops, checks } = one.see(6_000, { a: 11 })
    expect(stops.get('deep')?.waived?.mode).toBe('overridden')
    expect(checks.get('shallow')?.waived).toBeUndefined()
  })

  it('R207: of a breach that was latched before is refused, unless it says so', () => {
    const one = underWay()
    one.see(3_000, { a: 11 })
    one.see(4_000, { a: 1 })
    const refused = one.say(5_000, overriding())
    expect(refused).toMatchObject({ code: 'latched-before' })
    expect(one.held.snapshot.verdict.verdict).toBe('stop')
    expect(codeOf(one.say(6_000, overriding({ latched: true })))).toBe('accepted')
    expect(one.held.snapshot.verdict.verdict).not.toBe('stop')
    one.say(7_000, (snapshot, now) => endOverride(snapshot, 'deep', author, now))
    expect(one.held.snapshot.verdict.verdict).toBe('stop')
  })

  it('R207: of what is overridden already is refused by its name, unless it replaces it', () => {
    const one = underWay()
    const bob = { actor: 'bob', reason: 'other' }
    one.say(3_000, overriding())
    expect(one.say(4_000, overriding({}, bob))).toEqual({
      ok: false,
      code: 'override-in-force',
      detail:
        'deep is overridden by ann since 00:00:03 UTC until 02:00:00 UTC (seen); end it, or say that this one replaces it',
    })
    expect(codeOf(one.say(5_000, overriding({ until: HOUR, replace: true }, bob)))).toBe('accepted')
    expect(one.held.snapshot.overrides?.get('deep')).toMatchObject({ actor: 'bob', until: HOUR })
  })

  it('R207: for another span is another one, however little longer', () => {
    const one = daemon()
    one.see(0, { queue: 1 })
    one.say(1_000, overriding({ until: 11_000 }))
    const longer = { until: 71_000 - 1_000 }
    expect(one.say(2_000, overriding(longer))).toMatchObject({ ok: false, code: 'override-in-force' })
    one.say(3_000, overriding({ ...longer, replace: true }))
    expect(one.held.memory.overrides?.['deep']?.until).toBe(70_000)
  })

  it('R207: that is sent again for want of an answer is the same one', () => {
    const one = underWay()
    one.say(3_000, overriding())
    expect(one.say(33_000, overriding({ until: 2 * HOUR + 30_000 }))).toMatchObject({ ok: true, events: [] })
    expect(one.held.snapshot.overrides?.get('deep')?.until).toBe(2 * HOUR)
  })

  it.each([
    [{ item: 'depht' }, 'no-such-item'],
    [{ item: 'state-unreadable' }, 'no-such-item'],
    [{ item: 'none' }, 'not-overridable'],
    [{ item: 'asked' }, 'not-overridable'],
    [{ item: 'shallow', latched: true }, 'not-overridable'],
    [{ until: 3_000 }, 'override-span'],
    [{ until: 24 * HOUR + 3_001 }, 'override-span'],
    [{ until: 24 * HOUR + 3_000 }, 'accepted'],
    [{ item: 'depth' }, 'accepted'],
  ])('R207: of %o is %s', (changes, code) => {
    expect(codeOf(overriding(changes)(underWay().held.snapshot, 3_000))).toBe(code)
  })

  it('R207: that is not in force can not be ended', () => {
    const one = underWay()
    one.say(3_000, overriding({ until: 63_000 }))
    const end = (snapshot: Snapshot, now: number) => endOverride(snapshot, 'shallow', author, now)
    expect(end(one.held.snapshot, 4_000)).toMatchObject({
      code: 'no-such-override',
      detail: 'in force: deep',
    })
    expect(endOverride(one.held.snapshot, 'deep', author, 63_000)).toMatchObject({
      detail: 'none is in force',
    })
  })

  it('R206: lets a rollout be done without what is overridden, and says so in the ledger', () => {
    const one = daemon()
    const calm = smallRules({ graph: noGraph })
    let held: Evaluated = { snapshot: initialSnapshot(0, calm), memory: nothingRemembered }
    const pass = (now: number, commanded: Result | undefined, shown: Shown) => {
      const { snapshot = held.snapshot, events = [] } = commanded?.ok === true ? commanded : {}
      held = evaluate(held, { now, batches: [showing(now, shown)], commanded: snapshot, events }, calm, 'c')
    }
    pass(1_000, undefined, { a: 1 })
    pass(2_000, begin(held.snapshot, { ...author, id: 'r1' }, 2_000), { a: 1 })
    pass(3_000, override(held.snapshot, calm, wish, author, 3_000), { a: 1 })
    expect(one.lines()).toEqual([])
    pass(4_000, finish(held.snapshot, 'r1', { outcome: 'done' }, author, 4_000), { a: 1 })
    expect(held.memory.history[0]?.ledger.map(({ message }) => message)).toContain(
      'seen (not enforced: deep (overridden))',
    )
    expect(held.memory.history[0]?.ledger.at(-1)).toMatchObject({ kind: 'override', to: 'enforce' })
  })

  it('R206: ends when the clock by which it was given turns out to have been ahead', () => {
    const one = underWay()
    const at = 3_000 + 2 * MINUTE
    const ahead = ok(overriding()(one.held.snapshot, at))
    one.say(3_000, () => ({ ok: true, snapshot: ahead, events: [] }))
    expect(one.held.snapshot.overrides?.get('deep')?.ended).toBe(3_000)
  })
})

describe('the ledger of what does not count', () => {
  it('R208: says what would have stopped the rollout, when, and for how long', () => {
    const one = underWay()
    one.say(3_000, overriding())
    one.see(4_000, { a: 11 })
    one.see(64_000, { a: 11 })
    one.see(65_000, { a: 1 })
    const lines = one.held.memory.ledger.filter(({ subject }) => subject === 'not-enforced/deep')
    expect(lines.map(({ from, to, message }) => `${from} -> ${to}: ${message}`)).toEqual([
      'well -> stop: it would stop the rollout: a is 11 deep',
    ])
    one.say(66_000, (snapshot, now) => acknowledge(snapshot, 'deep', author, now))
    one.see(67_000, { a: 1 })
    expect(one.held.memory.ledger.at(-1)).toMatchObject({
      subject: 'not-enforced/deep',
      to: 'well',
      message: 'it would have stopped the rollout at 00:00:04 UTC, for 62 s',
    })
  })

  it('R208: says when something comes into shadow by a new configuration, and when it counts again', () => {
    const shadow = { ...rules, shadows: new Map([['deep', 9_000]]) }
    const first = evaluate(
      { snapshot: initialSnapshot(0, rules), memory: nothingRemembered },
      { now: 1_000, batches: [showing(1_000, { a: 1 })] },
      rules,
      'caracal',
    )
    const second = evaluate(first, { now: 2_000, batches: [] }, shadow, 'caracal')
    const third = evaluate(second, { now: 9_000, batches: [] }, shadow, 'caracal')
    const lines = third.memory.ledger.filter(({ kind }) => kind === 'shadow')
    expect(lines.map(({ at, subject, from, to, message }) => [at, subject, from, to, message])).toEqual([
      [2_000, 'stop-condition/deep', 'enforce', 'shadow', 'it is in shadow for 7 s'],
      [9_000, 'stop-condition/deep', 'shadow', 'enforce', 'it is enforced again: its shadow is over'],
    ])
  })
})
