import { describe, expect, it } from 'vitest'
import { askedIn } from '../../../src/core/question.ts'
import { askedPhases } from '../../../src/core/rollout.ts'
import { initialSnapshot, type Rules, type Snapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import { corrected } from '../../../src/rollout/correction.ts'
import { platformRules, healthyWorld, batchesOf, type World } from '../rules/platform-world.ts'
import { withValue } from '../rules/world-changes.ts'
import { releaseDeployed, redisMemoryUsed, workloadRolledOut } from '../../../src/rules/signals.ts'
import type { Expected } from '../../../src/core/expected.ts'

const rules = platformRules()
const toCome: Expected = { images: { api: 'api:2.0.0' } }

/** Plays a world for so long, with a rollout that was declared with this. */
function played(world: World, seconds: number, expected: Expected = toCome, by: Rules = rules): Snapshot {
  const rollout = {
    id: 'r1',
    phase: 'preflight',
    startedAt: 0,
    detectedBy: 'declared',
    expected: [expected],
  } as const
  let snapshot: Snapshot = { ...initialSnapshot(0, by), rollout }
  for (let at = 1; at <= seconds; at++)
    snapshot = step(snapshot, batchesOf(world, at * 1_000, 0), at * 1_000, by)
  return snapshot
}

const verdicts = (snapshot: Snapshot) =>
  askedPhases.map((phase) => `${phase} ${askedIn(phase, snapshot, rules).verdict.verdict}`)

describe('the question of a phase', () => {
  it('X03: R117: leaves out what comes later, and takes its own steady time', () => {
    const young = played(healthyWorld(), 20)
    expect(verdicts(young)).toEqual(['preflight hold', 'migrating hold', 'rolling hold', 'verifying hold'])
    const old = played(healthyWorld(), 40)
    expect(old.verdict).toMatchObject({
      verdict: 'hold',
      summary: expect.stringContaining('0 of 2 replicas of api') as string,
    })
    expect(verdicts(old)).toEqual([
      'preflight proceed',
      'migrating proceed',
      'rolling hold',
      'verifying hold',
    ])
  })

  it('X03: R117: is the whole question in verifying, and once all has arrived in every phase', () => {
    const old = played(healthyWorld(), 40)
    expect(askedIn('verifying', old, rules)).toBe(old)
    const arrived = played(healthyWorld(), 40, { images: { api: 'api:1.0.0' } })
    expect(verdicts(arrived)).toEqual(askedPhases.map((phase) => `${phase} proceed`))
  })

  it.each([
    ['what every phase asks', withValue(healthyWorld(), workloadRolledOut, { component: 'sts' }, 0), []],
    ['a stop', withValue(healthyWorld(), redisMemoryUsed, {}, 999), []],
    [
      'what is asked in preflight alone',
      withValue(healthyWorld(), releaseDeployed, {}, 0, { status: 'pending-upgrade' }),
      ['migrating proceed'],
    ],
  ])('X03: R117: holds for %s', (_, world, proceeding) => {
    expect(verdicts(played(world, 60)).filter((line) => line.endsWith('proceed'))).toEqual(proceeding)
  })

  it('X03: R117: shows what it leaves out as skipped, in a document that agrees with itself', () => {
    const asked = askedIn('preflight', played(healthyWorld(), 40), rules)
    expect(asked.checks.get('arrival')).toMatchObject({
      state: 'skipped',
      findings: [{ reason: 'not_asked' }],
    })
    expect(asked.gates.get('source-verification')?.state).toBe('pass')
    expect(asked.verdict.blocking).toEqual([])
  })

  it('X03: R117: moves the revision when its verdict turns, and begins its steady time anew after a gap', () => {
    const before = played(healthyWorld(), 30)
    const after = step(before, batchesOf(healthyWorld(), 31_000, 0), 31_000, rules)
    expect([before, after].map((one) => one.questions?.get('preflight')?.verdict)).toEqual([
      'hold',
      'proceed',
    ])
    expect(after.revision).toBeGreaterThan(before.revision)
    const late = step(after, batchesOf(healthyWorld(), 50_000, 0), 50_000, rules)
    expect(late.questions?.get('preflight')?.verdict).toBe('hold')
    expect(corrected(before, -7_000).questions?.get('preflight')?.provenSince).toBe(
      (before.questions?.get('preflight')?.provenSince ?? 0) - 7_000,
    )
  })

  it('X03: R114: asks for what was declared also where its gate, its check or Kubernetes is switched off', () => {
    const without: readonly Partial<Parameters<typeof platformRules>[0]>[] = [
      { off: new Map([['source-verification', 'no cluster']]) },
      { off: new Map([['arrival', 'not wanted']]) },
      { kubernetes: 'off', off: new Map([['source-verification', 'no cluster']]) },
    ]
    for (const one of without) {
      const by = platformRules(one)
      const snapshot = played(healthyWorld(), 40, toCome, by)
      expect([snapshot.verdict.verdict, snapshot.checks.get('arrival')?.state === 'pass']).toEqual([
        'hold',
        false,
      ])
      expect(askedIn('preflight', snapshot, by).verdict.verdict).toBe('proceed')
    }
    const bare = platformRules(without[0])
    const { rollout: _, ...none } = played(healthyWorld(), 1, toCome, bare)
    const quiet = step(none, batchesOf(healthyWorld(), 2_000, 0), 2_000, bare)
    expect(quiet.gates.get('source-verification')?.state).toBe('skipped')
  })

  it('X03: R117: of gates that only ask what is left out is never answered with proceed', () => {
    const off = new Map(
      rules.gates
        .flatMap(({ checks }) => checks)
        .flatMap(({ id }) => (id === 'arrival' ? [] : [[id, 'off'] as const])),
    )
    const bare = platformRules({ off })
    expect(played(healthyWorld(), 40, toCome, bare).questions?.get('preflight')?.verdict).toBe('hold')
  })
})
