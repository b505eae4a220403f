import { describe, expect, it } from 'vitest'
import { openHttp } from '../../../src/connections/http.ts'
import { readyEndpoint } from '../../../src/probes/ready-endpoint.ts'
import { components, targetOf, type Component, type Replica } from '../../../src/probes/replicas.ts'

function replicasOf(component: Component, count: number): readonly Replica[] {
  return Array.from({ length: count }, (_, i) => ({
    component,
    name: `${component}-${i}`,
    url: 'http://127.0.0.1:9',
  }))
}

function paceOf(component: Component, count: number) {
  const replicas = components.flatMap((other) => replicasOf(other, other === component ? count : 3))
  const probe = readyEndpoint({
    http: openHttp(),
    discovery: { replicas: () => replicas },
    clock: { now: () => 0 },
  })
  const target = probe.targets().find(({ labels }) => labels['component'] === component)
  if (target === undefined) throw new Error('no such target')
  return probe.pace(target)
}

describe('the pace of /ready', () => {
  it('is asked of every replica of every component, Web included', () => {
    const replicas = components.flatMap((component) => replicasOf(component, 2))
    const probe = readyEndpoint({
      http: openHttp(),
      discovery: { replicas: () => replicas },
      clock: { now: () => 0 },
    })

    expect(probe.targets()).toEqual(replicas.map(targetOf))
  })

  it.each(
    (['api', 'coordinator'] as const).flatMap((component) =>
      [1, 2, 3, 8, 16, 100].map((count) => [component, count] as const),
    ),
  )('T29, T34: asks %s with %i replicas less than 40 times a minute over all of them', (component, count) => {
    const { brisk, quiet } = paceOf(component, count)

    // Intervals may be cut by a tenth so that looks do not all start at once.
    expect((count * 60_000) / (brisk * 0.9)).toBeLessThan(40)
    expect(quiet).toBeGreaterThanOrEqual(brisk)
    expect(brisk).toBeGreaterThanOrEqual(5_000)
  })

  it.each(['sts', 'gateway', 'audit', 'web'] as const)(
    'does not depend on how many replicas %s has',
    (component) => {
      expect(paceOf(component, 16)).toEqual(paceOf(component, 1))
    },
  )

  it.each([
    ['sts', 2_000],
    ['gateway', 2_000],
    ['audit', 2_000],
    ['api', 5_000],
    ['coordinator', 5_000],
  ] as const)('T35: outwaits the bound that %s sets itself', (component, bound) => {
    expect(paceOf(component, 2).timeout).toBeGreaterThan(bound)
  })
})
