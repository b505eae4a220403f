import { basename } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Files that take half a minute or more, the longest first: none of them may begin when the others are done. Vitest
 * knows the times of the last run only on a machine that has run them before. From the times that it prints.
 */
const LONGEST = [
  'tour.test.ts',
  'cluster-blind.test.ts',
  'two-replicas.test.ts',
  'cluster-faults.test.ts',
  'chaos.test.ts',
  'daemon-soak.test.ts',
  'starved.test.ts',
  'cluster-restarts.test.ts',
  'cluster-failures.test.ts',
  'demo.test.ts',
  'cluster-lives.test.ts',
  'cluster-rights.test.ts',
  'daemon-evidence.test.ts',
  'alerts-reachable.test.ts',
  'pipelines.test.ts',
  'kubernetes-outage.test.ts',
  'alert-delivery.test.ts',
  'cluster-refusals.test.ts',
  'daemon-hung.test.ts',
  'dashboards.test.ts',
]

/** Starts the longest files of each group first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => groupOf(a) - groupOf(b) || rank(a) - rank(b))
  }
}

function groupOf({ project }: TestSpecification): number {
  return project.config.sequence.groupOrder
}

function rank({ moduleId }: TestSpecification): number {
  const place = LONGEST.indexOf(basename(moduleId))
  return place < 0 ? LONGEST.length : place
}
