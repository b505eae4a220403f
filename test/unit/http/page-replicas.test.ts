import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../src/core/observation.ts'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import { serviceViews } from '../../../src/http/page/replica-views.ts'
import { readPage } from './page-views.ts'
import { at, replicas, rules, viewOfBatches, workload } from './page-worlds.ts'

function newnessOf(...batches: readonly Batch[]) {
  const snapshot = step(initialSnapshot(at, rules), batches, at, rules)
  return serviceViews({ snapshot, rules }).flatMap((service) => service.replicas.map(({ isNew }) => isNew))
}

describe('a replica in a rolling update', () => {
  it('has the new revision when as many have it as are updated', () => {
    expect(newnessOf(replicas(['a', 'a', 'b']), workload(3, 1))).toEqual([false, false, true])
    expect(newnessOf(replicas(['b', 'b', 'b']), workload(3, 3))).toEqual([true, true, true])
  })

  it('is called neither old nor new where that would be a guess', () => {
    expect(newnessOf(replicas(['a', 'b']), workload(2, 1))).toEqual([undefined, undefined])
    expect(newnessOf(replicas(['a', 'a', 'b']), workload(3, 0))).toEqual([undefined, undefined, undefined])
    expect(newnessOf(replicas(['a', 'a', 'b']))).toEqual([undefined, undefined, undefined])
  })

  it('is baselines as old beside those that are new, and counted', () => {
    const batches = [replicas(['a', 'a', 'b'], 0), workload(3, 1)]
    const page = readPage(viewOfBatches(...batches))
    expect(page.text('.service')).toContain('2 of 3 replicas proven ready, 1 of 3 updated')
    expect(page.text('.cells')).toBe('sts-1: ready old sts-2: ready')
    expect(page.text('.exceptions')).toContain('unknown sts-0 old')
    expect(page.text('tbody')).toMatch(/sts-1\s*ready\s*a \(old\)/)
  })

  it('that the workload wants and nobody has seen leaves a row without signs', () => {
    const page = readPage(viewOfBatches(workload(3, 0)))
    expect(page.text('.service')).toContain('sts 0 of 3 replicas proven ready, 0 of 3 updated')
  })
})
