import { describe, expect, it } from 'vitest'
import { initialSnapshot, type Snapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import { verdicts as words } from '../../../src/core/verdict.ts'
import { nothingRemembered, recall, remember } from '../../../src/rollout/memory.ts'
import { play, playShown, showing, type Shown } from '../../support/timeline.ts'
import { inRollout, last } from '../rollout/commanding.ts'
import { healthyWorld, platformRules, batchesOf } from '../rules/platform-world.ts'
import { withFailing, withValue } from '../rules/world-changes.ts'
import { deadLetterArrivals, postgresAccepts, ready } from '../../../src/rules/signals.ts'
import { aCheck, aStop, smallRules, verdicts } from './small-rules.ts'

describe('the verdict', () => {
  it('is hold before anything was looked at', () => {
    const empty = initialSnapshot(0, smallRules())
    expect(empty.verdict).toMatchObject({ verdict: 'hold', summary: 'Hold: nothing has been measured yet' })
    expect(words).toEqual(['proceed', 'hold', 'stop'])
  })

  it('R26: is proceed once everything has been proven for the steady time', () => {
    const played = playShown(smallRules({ steady: 30_000 }), [
      [0, { a: 0 }],
      [29, { a: 0 }],
      [30, { a: 0 }],
      [31, { a: 'failed' }],
      [32, { a: 0 }],
      [61, { a: 0 }],
      [62, { a: 0 }],
    ])
    expect(verdicts(played)).toEqual(['hold', 'hold', 'proceed', 'hold', 'hold', 'hold', 'proceed'])
    expect(played.map(({ verdict }) => verdict.since / 1_000)).toEqual([0, 0, 30, 31, 31, 31, 62])
    expect(played[1]?.verdict.summary).toBe(
      'Hold: 1 of 1 required gates pass; it must stand for 30 s before the rollout may proceed',
    )
    expect(played[2]?.verdict.summary).toBe('Proceed: all 1 required gates pass and no stop condition stands')
  })

  it('R07: needs the whole steady time anew after a gap', () => {
    const played = playShown(smallRules({ steady: 30_000 }), [
      [0, { a: 0 }],
      [30, { a: 0 }],
      [91, { a: 0 }],
      [120, { a: 0 }],
      [121, { a: 0 }],
    ])
    expect(verdicts(played)).toEqual(['hold', 'proceed', 'hold', 'hold', 'proceed'])
  })

  it.each(['pending', 'unknown'] as const)('R26: is hold while a stop condition is %s', (state) => {
    const gates = [{ id: 'depth', title: 'Depth', checks: [aCheck('other', { condition: always })] }]
    const rules = smallRules({ gates, stops: [aStop({ hold: 60_000 })] })
    const [snapshot] = playShown(rules, [[0, { a: state === 'pending' ? 20 : 'failed' }]])
    expect(snapshot?.gates.get('depth')?.state).toBe('pass')
    expect(snapshot?.stops.get('deep')?.state).toBe(state)
    expect(snapshot?.verdict.verdict).toBe('hold')
    expect(snapshot?.verdict.blocking[0]?.ref).toBe('stop-conditions/deep')
  })

  it('R26: is stop while a stop condition fires, whatever the gates say', () => {
    const [snapshot] = playShown(smallRules({ gates: [] }), [[0, { a: 20 }]])
    expect(snapshot?.verdict).toMatchObject({ verdict: 'stop', summary: 'Stop: It is deep: a is 20 deep' })
  })

  it.each<[string, Shown]>([
    ['unknown', { a: 'failed' }],
    ['unknown', { a: 'never' }],
    ['pending', { a: 20 }],
    ['clear', { a: 0 }],
  ])('R82: X62: says stop, and why, after a restart with a latch that is %s', (state, shown) => {
    const rules = smallRules({ stops: [aStop({ hold: 60_000 })], steady: 0 })
    const fired = inRollout(smallRules(), [[0, { a: 20 }]])
    const memory = remember(nothingRemembered, initialSnapshot(0, rules), fired, [])
    const again = recall(initialSnapshot(1_000, rules), memory)
    const snapshot = last(playShown(rules, [[1, shown]], again))
    expect([snapshot.stops.get('deep')?.state, snapshot.verdict.verdict]).toEqual([state, 'stop'])
    const now = state === 'clear' ? '' : `; now ${state}`
    const message = `It is deep: fired during this rollout and is not acknowledged (a is 20 deep)${now}`
    expect(snapshot.verdict.summary).toBe(`Stop: ${message}`)
    expect(snapshot.verdict.blocking[0]).toMatchObject({
      ref: 'stop-conditions/deep',
      state: 'latched',
      message,
    })
  })

  it('R82: names the gate that asks nothing', () => {
    const rules = smallRules({ stops: [], skipped: new Map([['shallow', 'we know']]) })
    const [snapshot] = playShown(rules, [[0, { a: 0 }]])
    expect(snapshot?.verdict).toMatchObject({
      verdict: 'hold',
      summary: 'Hold: no check of the gate depth is switched on, so nothing proves it',
      blocking: [{ ref: 'gates/depth', state: 'unknown', reason: 'no_check', rootCause: true }],
    })
  })

  it('R27: is hold while the daemon itself may not say proceed', () => {
    const rules = smallRules()
    const empty = {
      ...initialSnapshot(0, rules),
      impediments: new Map([['memory-lost', 'the state is lost']]),
    }
    const [snapshot] = playShown(rules, [[0, { a: 0 }]], empty)
    expect(snapshot?.verdict).toMatchObject({
      verdict: 'hold',
      summary: 'Hold: the state is lost',
      blocking: [{ ref: 'evaluator/memory-lost', state: 'unknown', reason: 'memory-lost', rootCause: true }],
    })
  })

  it('X83: R74: is not proceed after a rollout that failed, until another begins', () => {
    const rules = smallRules()
    const rollout = { id: 'r1', startedAt: 0, detectedBy: 'declared' } as const
    const failed = { ...initialSnapshot(0, rules), rollout: { ...rollout, phase: 'failed' as const } }
    const well = [0, 30, 60].map((second) => [second, { a: 0 }] as const)
    const played = playShown(rules, well, failed)
    expect(verdicts(played)).toEqual(['hold', 'hold', 'hold'])
    expect(played[2]?.verdict).toMatchObject({
      summary: expect.stringContaining('Hold: rollout r1 ended as failed') as string,
      blocking: [{ ref: 'rollout', state: 'fail', reason: 'rollout_failed', rootCause: true }],
    })
    const next = { ...failed, rollout: { ...rollout, id: 'r2', phase: 'rolling' as const } }
    expect(verdicts(playShown(rules, well, next))).toEqual(['proceed', 'proceed', 'proceed'])
    const firing = playShown(rules, [[0, { a: 20 }]], failed)
    expect(verdicts(firing)).toEqual(['stop'])
  })
})

const always = {
  claims: 'it is so',
  signals: [],
  judge: () => [{ key: 'it', answer: 'met' as const, reason: 'ok', message: 'it is so' }],
}

describe('what blocks', () => {
  const rules = platformRules({ steady: 0 })

  function blocking(world: ReturnType<typeof healthyWorld>): Snapshot['verdict']['blocking'] {
    const healthy = batchesOf(healthyWorld(), 0)
    const played = play(rules, [
      { at: 0, batches: healthy },
      { at: 1_000, batches: batchesOf(world, 1_000) },
    ])
    return played[1]?.verdict.blocking ?? []
  }

  function roots(world: ReturnType<typeof healthyWorld>): readonly string[] {
    return blocking(world).flatMap(({ rootCause, ref, state, reason }) =>
      rootCause ? [`${ref} ${state} ${reason}`] : [],
    )
  }

  it('is empty when all is well', () => {
    expect(blocking(healthyWorld())).toEqual([])
  })

  it('R28: begins with what stops', () => {
    const dlq = { stream: 'caracal.audit.events.dlq' }
    const world = withValue(healthyWorld(), deadLetterArrivals, dlq, 8)
    const slow = withValue(world, ready, { component: 'api', replica: 'api-0' }, 0)
    expect(blocking(slow).map(({ ref, state }) => `${ref} ${state}`)).toEqual([
      'stop-conditions/audit-dlq-growing firing',
      'gates/readiness/checks/ready-api fail',
      'gates/event-health/checks/dead-letters fail',
    ])
  })

  it('R28: names the one outage behind everything that it hides', () => {
    const dark = withFailing(healthyWorld(), 'redis')
    expect(blocking(dark).length).toBeGreaterThan(5)
    expect(roots(dark)).toHaveLength(1)
    expect(blocking(dark)[0]).toMatchObject({ rootCause: true, reason: 'unreachable' })
  })

  it('R28: takes what a service says about a lost dependency for a consequence of that loss', () => {
    const dark = withFailing(withFailing(healthyWorld(), 'redis'), 'redis-server')
    const world = withValue(dark, ready, { component: 'sts' }, 0, 'redis_unreachable')
    expect(roots(world)).toHaveLength(1)
    const only = withValue(healthyWorld(), ready, { component: 'sts' }, 0, 'redis_unreachable')
    expect(roots(only).join()).toContain('redis_unreachable')
  })

  it('names what a pending stop is about', () => {
    expect(blocking(withValue(healthyWorld(), postgresAccepts, {}, 0))).toMatchObject([
      {
        ref: 'stop-conditions/postgres-pool-saturation',
        state: 'pending',
        reason: 'connection_refused_by_limit',
        message: 'Postgres connections are used up: Postgres grants no connection: its limit is reached',
      },
    ])
  })
})

describe('a step', () => {
  it('R29: changes nothing that it was handed, and answers the same again', () => {
    const rules = smallRules()
    const batch = deepFreeze(showing(1_000, { a: 3, b: 'failed' }))
    const before = deepFreeze(initialSnapshot(0, rules))
    const after = step(before, [batch], 1_000, rules)
    expect(step(before, [batch], 1_000, rules)).toEqual(after)
    expect([before.beliefs.size, before.checks.size, before.stops.size, before.baselines.size]).toEqual([
      0, 0, 0, 0,
    ])
  })

  it('does not step back in time', () => {
    const rules = smallRules()
    const later = step(initialSnapshot(5_000, rules), [], 4_000, rules)
    expect(later.at).toBe(5_000)
  })
})

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(deepFreeze)
  }
  return value
}
