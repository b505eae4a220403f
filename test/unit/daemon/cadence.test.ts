import { describe, expect, it } from 'vitest'
import { deadLetterArrivals, pushedEvidence, ready } from '../../../src/rules/signals.ts'
import type { Finding } from '../../../src/core/finding.ts'
import type { CheckState, CheckStatus } from '../../../src/core/gate.ts'
import { phases, type Phase, type Rollout } from '../../../src/core/rollout.ts'
import { initialSnapshot, type Snapshot } from '../../../src/core/snapshot.ts'
import type { StopState, StopStatus } from '../../../src/core/stop.ts'
import { PATIENCE, initialCadence, nextCadence, type CadenceState } from '../../../src/daemon/cadence.ts'
import { withFailing, withValue, without } from '../rules/world-changes.ts'
import { healthyWorld, platformRules, batchesOf, type World } from '../rules/platform-world.ts'
import { smallRules } from '../core/small-rules.ts'
import { play } from '../../support/timeline.ts'

const blind: Finding = {
  key: 'a',
  answer: 'unknown',
  reason: 'timeout',
  message: '',
  unknownReason: 'timeout',
}
const notConfigured: Finding = { ...blind, unknownReason: 'not_configured' }

interface Shown {
  readonly check?: CheckState
  readonly stop?: StopState
  readonly findings?: readonly Finding[]
  readonly phase?: Phase
}

/** What is believed at one instant (milliseconds); all is well but for what is said. */
function believed(
  at: number,
  { check = 'pass', stop = 'clear', findings = [], phase }: Shown = {},
): Snapshot {
  const common = { since: 0, findings, streaks: new Map() }
  const checks = new Map<string, CheckStatus>([['c', { id: 'c', state: check, ...common }]])
  const stops = new Map<string, StopStatus>([['s', { id: 's', state: stop, firings: 0, ...common }]])
  const rollout: Rollout | undefined =
    phase === undefined ? undefined : { id: 'r', phase, startedAt: 0, detectedBy: 'declared' }
  return { ...initialSnapshot(at, smallRules()), checks, stops, ...(rollout !== undefined && { rollout }) }
}

const quiet: CadenceState = { cadence: 'quiet', lastReasonAt: 0 }

/** The cadence after each of these was believed, one after the other. */
function after(state: CadenceState, snapshots: readonly Snapshot[]): string {
  return snapshots.reduce((held, snapshot) => nextCadence(held, snapshot), state).cadence
}

function cadenceAfter(state: CadenceState, ...snapshots: readonly Snapshot[]): string {
  return after(state, snapshots)
}

describe('the cadence', () => {
  it('is brisk at the start, and quiet once all has been clear for 30 s', () => {
    const start = initialCadence(1_000)
    expect(start.cadence).toBe('brisk')
    expect(cadenceAfter(start, believed(30_999))).toBe('brisk')
    expect(cadenceAfter(start, believed(31_000))).toBe('quiet')
  })

  it('turns brisk at once, and each reason begins the 30 s anew', () => {
    const pending = believed(100_000, { stop: 'pending' })
    expect(cadenceAfter(quiet, pending)).toBe('brisk')
    expect(cadenceAfter(quiet, pending, believed(129_999))).toBe('brisk')
    expect(cadenceAfter(quiet, pending, believed(130_000))).toBe('quiet')
    const again = believed(120_000, { stop: 'pending' })
    expect(cadenceAfter(quiet, pending, again, believed(149_999))).toBe('brisk')
  })

  it.each(phases)('in phase %s of a rollout', (phase) => {
    const active = !['idle', 'done', 'failed'].includes(phase)
    expect(cadenceAfter(quiet, believed(100_000, { phase }))).toBe(active ? 'brisk' : 'quiet')
  })

  it.each<[CheckState, StopState, string]>([
    ['pass', 'clear', 'quiet'],
    ['skipped', 'skipped', 'quiet'],
    ['pending', 'clear', 'brisk'],
    ['fail', 'clear', 'brisk'],
    ['unknown', 'clear', 'brisk'],
    ['pass', 'pending', 'brisk'],
    ['pass', 'firing', 'brisk'],
    ['pass', 'unknown', 'brisk'],
  ])('with a check that is %s and a stop that is %s', (check, stop, expected) => {
    expect(cadenceAfter(quiet, believed(100_000, { check, stop, findings: [blind] }))).toBe(expected)
  })

  it('is not quickened by what nobody configured', () => {
    const unknown = { check: 'unknown', stop: 'unknown' } as const
    expect(cadenceAfter(quiet, believed(100_000, { ...unknown, findings: [notConfigured] }))).toBe('quiet')
    const both = [notConfigured, blind]
    expect(cadenceAfter(quiet, believed(100_000, { ...unknown, findings: both }))).toBe('brisk')
  })

  it('R87 X11: is not quickened by what is late because of the exporter itself', () => {
    const late: Finding = { ...blind, unknownReason: 'late' }
    const unknown = { check: 'unknown', stop: 'unknown' } as const
    expect(cadenceAfter(quiet, believed(100_000, { ...unknown, findings: [late] }))).toBe('quiet')
    expect(cadenceAfter(quiet, believed(100_000, { ...unknown, findings: [late, blind] }))).toBe('brisk')
  })

  it('R87: is not quickened by what nobody configured beside what is well', () => {
    const well: Finding = { key: 'b', answer: 'met', reason: 'ok', message: '' }
    const found = believed(100_000, { check: 'unknown', findings: [notConfigured, well] })
    expect(cadenceAfter(quiet, found)).toBe('quiet')
  })
})

describe('R87: the cadence by time', () => {
  it('is brisk for a recovery that is timed, however long the breach before it stood', () => {
    const over = { since: 10 * PATIENCE - 1, clearsAt: 11 * PATIENCE, awaits: 'calm' } as const
    const shown = believed(10 * PATIENCE, { stop: 'firing' })
    const stops = new Map([...shown.stops].map(([id, status]) => [id, { ...status, over }]))
    expect(cadenceAfter(quiet, { ...shown, stops })).toBe('brisk')
    expect(cadenceAfter(quiet, shown)).toBe('quiet')
  })

  it('turns quiet by time alone, without another snapshot', () => {
    const brisk: CadenceState = { cadence: 'brisk', lastReasonAt: 100_000 }
    const well = believed(100_000)
    expect(nextCadence(brisk, well, 129_999).cadence).toBe('brisk')
    expect(nextCadence(brisk, well, 130_000).cadence).toBe('quiet')
    const failing = believed(100_000, { check: 'fail', findings: [blind] })
    expect(nextCadence(brisk, failing, 130_000).lastReasonAt).toBe(130_000)
  })
})

describe('the cadence between rollouts', () => {
  const rules = platformRules()

  /** The cadence of a platform that has been as it is for a minute, looked at once a second. */
  function cadenceOf(world: World, pushedAt?: number): string {
    const moments = Array.from({ length: 61 }, (_, second) => ({
      at: second * 1_000,
      batches: batchesOf(world, second * 1_000).filter(
        ({ probe, at }) => probe !== 'evidence' || pushedAt === undefined || at === pushedAt,
      ),
    }))
    return after(initialCadence(0), play(rules, moments))
  }
  const healthy = healthyWorld()
  const lost = (replica: string) => withValue(healthy, ready, { component: 'sts', replica }, 0, 'not_ready')

  it.each<[string, World]>([
    ['all is well', healthy],
    ['X50: no evidence was pushed', without(healthy, 'evidence', '')],
    ['X50: one piece of evidence is missing', without(healthy, 'evidence', 'schema-compatibility')],
    [
      'X50: evidence speaks against the rollout',
      withValue(healthy, pushedEvidence, { check: 'helm-render' }, 0),
    ],
  ])('R87: is quiet while %s', (_, world) => {
    expect(cadenceOf(world)).toBe('quiet')
  })

  it('R87: X50: is quiet while evidence has expired', () => {
    expect(cadenceOf(healthy, 0)).toBe('quiet')
  })

  it.each<[string, World]>([
    ['a replica is not ready', lost('sts-1')],
    ['a store cannot be seen', withFailing(healthy, 'redis')],
    ['evidence is missing and a replica is not ready', without(lost('sts-0'), 'evidence', '')],
  ])('R87: is brisk while %s', (_, world) => {
    expect(cadenceOf(world)).toBe('brisk')
  })

  it('R87: is brisk while a stop condition fires for what is over', () => {
    const more = withValue(healthy, deadLetterArrivals, { stream: 'caracal.audit.events.dlq' }, 9)
    const played = play(rules, [
      { at: 0, batches: batchesOf(healthy, 0) },
      { at: 1_000, batches: batchesOf(more, 1_000) },
    ])
    expect(after(quiet, played)).toBe('brisk')
  })
})
