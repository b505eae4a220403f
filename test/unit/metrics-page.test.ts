import { describe, expect, it } from 'vitest'
import { exampleQueries } from '../../scripts/metrics-page.ts'
import { selfFamilies, verdictFamilies } from '../../src/contract/families.ts'
import { readExpression } from '../support/promql.ts'

const labelsOf = new Map(
  [...Object.values(verdictFamilies), ...Object.values(selfFamilies)].map(({ name, labels }) => [
    name,
    labels,
  ]),
)
const fromPrometheus = ['job', 'instance']

describe('the example queries of the metrics', () => {
  it.each(exampleQueries)('%s', (_, query) => {
    const { faults, selectors, groupedBy } = readExpression(query)
    expect(faults).toEqual([])
    const known = selectors.flatMap(({ metric }) => labelsOf.get(metric) ?? [])
    expect(selectors.filter(({ metric }) => !labelsOf.has(metric))).toEqual([])
    expect(
      [...groupedBy, ...selectors.flatMap(({ matchedBy }) => matchedBy)].filter(
        (label) => !known.includes(label) && !fromPrometheus.includes(label),
      ),
    ).toEqual([])
  })
})
