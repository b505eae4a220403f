import { describe, expect, it } from 'vitest'
import * as signals from '../../../src/rules/signals.ts'
import { nothingDrifted, secretsExist, servicesReach } from '../../../src/rules/source.ts'
import { components } from '../../../src/core/replica.ts'
import { changed, faultsIn, findingsIn, named, type Case } from './judging.ts'
import { healthyWorld } from './platform-world.ts'
import { checkStatesOf, inPhase, playScenes } from './playing.ts'
import { withFailing, without, withSilence } from './world-changes.ts'

const healthy = healthyWorld()
const api = { component: 'api' }
const runtime = { secret: 'caracal-runtime' }
const everyone = (text: string) => components.map((component) => `${component} ${text}`).toSorted()

describe('the live workloads equal the manifest', () => {
  const condition = nothingDrifted(components)
  const cases: readonly Case[] = [
    [[signals.workloadDrift, api, 1, 'containers[api].image'], ['api unmet manifest_drift']],
    [[signals.workloadDrift, api, 'blind'], ['api unknown cannot_tell']],
    [[signals.workloadDrift, api, 'silent'], ['api unknown never_measured']],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(condition, changed(healthy, change))).toEqual(faults)
  })

  it('names the fields that differ', () => {
    const drifted = changed(healthy, [
      signals.workloadDrift,
      api,
      2,
      'replicas, containers[api].env[LOG_LEVEL]',
    ])
    expect(findingsIn(condition, drifted)[0]?.message).toBe(
      'api differs from the manifest in 2 fields: replicas, containers[api].env[LOG_LEVEL]',
    )
  })

  it('judges what the manifest holds beside the expected components', () => {
    const drifted = changed(healthy, [signals.workloadDrift, { component: 'web' }, 3])
    expect(faultsIn(nothingDrifted(['api']), drifted)).toEqual(['web unmet manifest_drift'])
  })

  it('R05: is unknown as a whole where the release cannot be seen', () => {
    expect(faultsIn(condition, withFailing(healthy, 'helm-release'))).toEqual([
      'kubernetes unknown unreachable',
    ])
    expect(faultsIn(condition, without(healthy, 'helm-release', ''))).toEqual(
      everyone('unknown never_measured'),
    )
  })

  it('gives watches of several kinds of objects a moment to agree', () => {
    const drifted = changed(healthy, [signals.workloadDrift, api, 1])
    const played = playScenes([
      { world: drifted, seconds: 4 },
      { world: drifted, seconds: 1 },
    ])
    expect(checkStatesOf(played, 'workload-drift')).toEqual(['pending', 'fail'])
  })
})

describe('every referenced Secret and key exists', () => {
  const cases: readonly Case[] = [
    [
      [signals.secretKeysMissing, runtime, 1, 'key metricsBearer, referenced by api and sts'],
      ['caracal-runtime unmet secret_key_missing'],
    ],
    [[signals.secretKeysMissing, runtime, 'blind'], ['caracal-runtime unknown cannot_tell']],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(secretsExist, changed(healthy, change))).toEqual(faults)
  })

  it('tells Secrets apart, also those that may not be read', () => {
    const hidden = changed(healthy, [signals.secretKeysMissing, {}, 'blind'])
    expect(faultsIn(secretsExist, hidden)).toEqual([
      'caracal-metrics unknown cannot_tell',
      'caracal-runtime unknown cannot_tell',
    ])
  })

  it('names the keys and who refers to them', () => {
    const lacking = changed(healthy, [
      signals.secretKeysMissing,
      runtime,
      2,
      'no_such_secret: referenced by api',
    ])
    expect(findingsIn(secretsExist, lacking)[0]?.message).toBe(
      'Secret caracal-runtime does not exist, referenced by api',
    )
  })

  it('R04: is unknown when nothing is said of any', () => {
    const silent = withSilence(healthy, signals.secretKeysMissing, {})
    expect(faultsIn(secretsExist, silent)).toEqual(['evidence unknown never_measured'])
  })
})

describe('every Service port reaches its pods', () => {
  const condition = servicesReach(components)
  const cases: readonly Case[] = [
    [[signals.servicePortReaches, api, 0, 'no_such_port: Service x leads to 80'], ['api unmet no_such_port']],
    [[signals.servicePortReaches, api, 0], ['api unmet service_port']],
    [[signals.servicePortReaches, api, 'blind'], ['api unknown cannot_tell']],
    [[signals.servicePortReaches, api, 'silent'], ['api unmet no_workload']],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(condition, changed(healthy, change))).toEqual(faults)
  })

  it('gives endpoints a moment to follow their pods, and a first installation the time that it takes', () => {
    const lagging = changed(healthy, [
      signals.servicePortReaches,
      api,
      0,
      'endpoint_missing: none leads to it',
    ])
    const played = playScenes([
      { world: lagging, seconds: 9 },
      { world: lagging, seconds: 1 },
    ])
    expect(checkStatesOf(played, 'service-ports')).toEqual(['pending', 'fail'])
    const bare = withSilence(healthy, signals.servicePortReaches, {})
    const first = playScenes([{ world: bare, seconds: 100, command: inPhase('migrating') }])
    expect(checkStatesOf(first, 'service-ports')).toEqual(['pending'])
  })
})
