import { atMost, noneAdded } from '../../../src/core/claim.ts'
import { type Condition } from '../../../src/core/finding.ts'
import type { Check } from '../../../src/core/gate.ts'
import { gauge } from '../../../src/core/signal.ts'
import type { Rules, Snapshot } from '../../../src/core/snapshot.ts'
import type { StopCondition, StopStatus } from '../../../src/core/stop.ts'

/** The one signal of the small scenarios. */
export const depth = gauge('small_depth', 'entries', [], { help: 'How deep it is.' })

/** Breached above 10, over at or below 5. */
export const shallow: Condition = {
  claims: 'no target is deep',
  signals: [depth],
  judge: (evidence) =>
    atMost(
      evidence.of(depth),
      depth,
      { trip: 10, clear: 5 },
      {
        reason: 'deep',
        describe: ({ reading }, key) => `${key} is ${reading.value} deep`,
      },
    ),
}

/** Nothing is added; what is there at first sight is known. */
export const nothingArrives: Condition = {
  claims: 'nothing arrives',
  signals: [depth],
  judge: (evidence, recollection) =>
    noneAdded(evidence.of(depth), depth, 'first-sight', recollection, {
      reason: 'arrived',
      describe: ({ reading }, key) => `${key} took ${reading.value}`,
    }),
}

export function aCheck(id: string, overrides: Partial<Check> = {}): Check {
  return {
    id,
    condition: shallow,
    source: 'platform',
    failAfter: 0,
    warmUp: 0,
    nextStep: 'look',
    runbook: id,
    ...overrides,
  }
}

export function aStop(overrides: Partial<StopCondition> = {}): StopCondition {
  return {
    id: 'deep',
    title: 'It is deep',
    component: 'redis',
    condition: shallow,
    kind: 'level',
    source: 'platform',
    hold: 0,
    clearAfter: 0,
    warmUp: 0,
    window: 600_000,
    nextStep: 'look',
    runbook: 'deep',
    ...overrides,
  }
}

/** One gate with one check and one stop condition about the same thing; each part can be replaced. */
export function smallRules(overrides: Partial<Rules> = {}): Rules {
  return {
    gates: [{ id: 'depth', title: 'Depth', checks: [aCheck('shallow')] }],
    stops: [aStop()],
    providers: new Map([[depth.name, 'small']]),
    steady: 0,
    longestGap: 60_000,
    skipped: new Map(),
    ...overrides,
  }
}

export function checkStates(snapshots: readonly Snapshot[], id = 'shallow'): readonly (string | undefined)[] {
  return snapshots.map((snapshot) => snapshot.checks.get(id)?.state)
}

export function stopStates(snapshots: readonly Snapshot[], id = 'deep'): readonly (string | undefined)[] {
  return snapshots.map((snapshot) => snapshot.stops.get(id)?.state)
}

export function verdicts(snapshots: readonly Snapshot[]): readonly string[] {
  return snapshots.map((snapshot) => snapshot.verdict.verdict)
}

/** The stop condition's status; it must be there. */
export function stopOf(snapshot: Snapshot, id = 'deep'): StopStatus {
  const status = snapshot.stops.get(id)
  if (status === undefined) throw new Error(`no stop condition ${id}`)
  return status
}
