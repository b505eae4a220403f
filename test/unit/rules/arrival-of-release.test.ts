import { describe, expect, it } from 'vitest'
import { arrivalNotSeen, arrivalOf, declaredHasArrived } from '../../../src/rules/arrival.ts'
import * as signals from '../../../src/rules/signals.ts'
import type { Expected } from '../../../src/core/expected.ts'
import { REVISION_AT_BEGIN } from '../../../src/core/rollout.ts'
import { faultsIn, findingsIn, remembering } from './judging.ts'
import { evidenceIn, healthyWorld, type World } from './platform-world.ts'
import { withBlindSpot, withFailing } from './world-changes.ts'

const tag = { images: { api: 'ghcr.io/acme/api:1.9.1' } }

function said(expected: Expected, seen: World, memory = remembering({}, 'preflight')): string {
  const [{ answer, reason, observed } = {}] = arrivalOf(expected, evidenceIn(seen), memory)
  return `${answer} ${reason} ${observed?.value ?? '-'}`
}

describe('what was declared of the release', () => {
  it.each<[string, Expected, string, string]>([
    ['the revision', { revision: '5' }, 'met ok -', 'met ok -'],
    ['a revision to come', { revision: '6' }, 'unmet not_arrived -', 'unmet not_arrived -'],
    [
      'a revision that has passed',
      { revision: '4' },
      'unmet arrived_otherwise -',
      'unmet arrived_otherwise -',
    ],
    ['the chart', { chart: 'caracal-1.0.0' }, 'met ok -', 'met ok -'],
    ['another chart', { chart: 'caracal-1.0' }, 'unmet not_arrived -', 'unmet arrived_otherwise -'],
    ['the application version', { appVersion: '1.0.0' }, 'met ok -', 'met ok -'],
    ['another application version', { appVersion: '2' }, 'unmet not_arrived -', 'unmet arrived_otherwise -'],
  ])('X03: R113: compares %s of the release', (_, expected, same, changed) => {
    expect(said(expected, healthyWorld(), remembering({ [REVISION_AT_BEGIN]: 5 }, 'preflight'))).toBe(same)
    expect(said(expected, healthyWorld(), remembering({ [REVISION_AT_BEGIN]: 4 }, 'rolling'))).toBe(changed)
  })

  it('X03: R114: is unknown where it cannot be seen, and not configured where no cluster is watched', () => {
    const seen = healthyWorld()
    const running = { images: { api: 'api:1.0.0' } }
    expect(said(running, seen)).toBe('met ok 2')
    expect(said(running, withFailing(seen, 'workloads'))).toBe('unknown unreachable -')
    expect(said(running, withBlindSpot(seen, signals.workloadContainer, { component: 'api' }))).toBe(
      'unknown cannot_tell -',
    )
    expect(said({ revision: '5' }, withFailing(seen, 'helm-release'))).toBe('unknown unreachable -')
    expect(said(running, [])).toBe('unknown never_measured -')
    const memory = remembering({}, { expected: [running] })
    expect(faultsIn(arrivalNotSeen, seen, memory)).toEqual(['source unknown not_configured'])
    expect(faultsIn(declaredHasArrived, seen, memory)).toEqual([])
    expect(faultsIn(declaredHasArrived, seen, remembering({}, { expected: [running, tag] }))).toEqual([
      'api unmet not_arrived',
    ])
    expect(findingsIn(declaredHasArrived, seen).map(({ answer }) => answer)).toEqual(['met'])
  })
})
