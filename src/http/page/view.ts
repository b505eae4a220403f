import type { Rules, Snapshot } from '../../core/snapshot.ts'
import type { RolloutRecord } from '../context.ts'
import type { GateReport } from '../../contract/document.ts'
import type { CheckReport, StopConditionReport } from '../../contract/items.ts'

/** The addresses of what the page loads beside itself. */
export interface AssetLinks {
  /** @throws RangeError for a name that there is none of */
  href(name: string): string
  /** The same as long as no asset changes. */
  readonly build: string
}

/** All that the page is a view of. */
export interface PageView {
  readonly report: GateReport
  /** What the report was made from; here only for what the report leaves out: single replicas and looks. */
  readonly snapshot: Snapshot
  /** The rules that it was judged by. */
  readonly rules: Pick<Rules, 'gates' | 'stops' | 'providers'>
  /** Newest first. */
  readonly history: readonly RolloutRecord[]
  /** The report is older than it may be: the daemon answers, but it does not judge any more. */
  readonly expired: boolean
  readonly assets: AssetLinks
}

/** A blocker's check or stop condition. */
export type Judged =
  | { readonly kind: 'check'; readonly gate: string; readonly item: CheckReport }
  | { readonly kind: 'stop'; readonly item: StopConditionReport }

/** The check or stop condition that a path in the document names; undefined for what the daemon says of itself. */
export function judgedAt(report: GateReport, ref: string): Judged | undefined {
  const [head, id, , checkId] = ref.split('/')
  if (head === 'stop-conditions') {
    const item = report.stopConditions.find((stop) => stop.id === id)
    return item && { kind: 'stop', item }
  }
  const gate = head === 'gates' ? report.gates.find((candidate) => candidate.id === id) : undefined
  const item = gate?.checks.find((check) => check.id === checkId)
  return gate && item && { kind: 'check', gate: gate.title, item }
}
