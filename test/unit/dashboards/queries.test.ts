import { describe, expect, it } from 'vitest'
import { selfFamilies, signalFamilies, verdictFamilies } from '../../../src/contract/families.ts'
import { observedFamilies } from '../../../src/contract/observed-families.ts'
import type { Family } from '../../../src/contract/family.ts'
import { dashboardNames, openedAt, queriesOf, readDashboard } from '../../support/dashboards.ts'
import { interpolate, readExpression } from '../../support/promql.ts'

const families: readonly Family[] = [
  ...Object.values(verdictFamilies),
  ...signalFamilies.values(),
  ...Object.values(selfFamilies),
  ...Object.values(observedFamilies),
]

/** Labels that Prometheus gives to what it scrapes; the dashboards use no others. */
const ofTargets = ['cluster', 'namespace', 'job', 'instance']

/** The labels of every series that the daemon may expose. */
const exposed = new Map<string, readonly string[]>(
  families.flatMap(({ name, type, labels }): (readonly [string, readonly string[]])[] => {
    const own = [...labels, ...ofTargets]
    if (type !== 'summary' && type !== 'histogram') return [[name, own]]
    const parts = [`${name}_sum`, `${name}_count`].map((part) => [part, own] as [string, string[]])
    return type === 'summary' ? parts : [...parts, [`${name}_bucket`, [...own, 'le']]]
  }),
)

const variables = openedAt({ name: 'caracal', namespace: 'caracal' })
const queries = dashboardNames.flatMap((name) => queriesOf(readDashboard(name)))

/** What is wrong with a query: its grammar, its metrics, its labels. */
function faultsOf(expr: string): readonly string[] {
  const { faults, selectors, groupedBy, made } = readExpression(interpolate(expr, variables))
  const known = [...made, ...selectors.flatMap(({ metric }) => exposed.get(metric) ?? [])]
  return [
    ...faults,
    ...selectors.filter(({ metric }) => !exposed.has(metric)).map(({ metric }) => `no metric ${metric}`),
    ...selectors.flatMap(({ metric, matchedBy }) =>
      matchedBy
        .filter((label) => exposed.get(metric)?.includes(label) === false)
        .map((label) => `${metric} has no label ${label}`),
    ),
    ...groupedBy.filter((label) => !known.includes(label)).map((label) => `nothing has a label ${label}`),
    ...(selectors.length === 0 ? ['it asks for no metric'] : []),
  ]
}

describe('every query of the dashboards', () => {
  it('is there to be checked', () => {
    expect(queries.filter(({ kind }) => kind === 'panel').length).toBeGreaterThan(60)
    expect(queries.filter(({ kind }) => kind === 'annotation').length).toBeGreaterThanOrEqual(4)
    expect(queries.filter(({ kind }) => kind === 'variable').length).toBeGreaterThanOrEqual(8)
  })

  it.each(queries)('$dashboard: $place is PromQL over metrics and labels of the daemon', ({ expr }) => {
    expect(faultsOf(expr)).toEqual([])
  })

  it.each([
    ['a bracket that is missing', 'max (caracal_rollout_active'],
    ['a metric that is not exposed', 'max (caracal_rollout_verdicts)'],
    ['a label that the metric has not', 'caracal_rollout_gate_state{check="x"}'],
    ['a grouping by a label that nothing has', 'max by (gates) (caracal_rollout_gate_state)'],
    ['no metric at all', 'vector(1)'],
  ])('would be found out for %s', (_, expr) => {
    expect(faultsOf(expr)).toHaveLength(1)
  })

  it('is about the release that is chosen, and about no other', () => {
    const panels = queries.filter(({ kind }) => kind !== 'variable')
    const loose = panels.filter(
      ({ expr }) => !expr.includes(`${selfFamilies.release.name}{cluster=~"$cluster"`),
    )
    expect(loose.map(({ place }) => place)).toEqual([])
  })

  it('uses a variable that the dashboard has', () => {
    for (const name of dashboardNames) {
      const dashboard = readDashboard(name)
      const own = dashboard.templating.list.map((variable) => [variable.name, 'x'] as const)
      const given = { ...Object.fromEntries(own), __rate_interval: '1m', __interval: '1m', __range: '1h' }
      for (const { expr } of queriesOf(dashboard)) expect(() => interpolate(expr, given)).not.toThrow()
    }
  })
})
