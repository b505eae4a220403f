import type { Rules, Snapshot } from '../../core/snapshot.ts'
import type { RolloutRecord } from '../context.ts'
import type { GateReport } from '../../contract/document.ts'
import type { CheckReport, StopConditionReport } from '../../contract/items.ts'

/** The addresses of the files that the page loads. */
export interface AssetLinks {
  /** @throws RangeError for an unknown name */
  href(name: string): string
  /** The same as long as no asset changes. */
  readonly build: string
}

/** What the page shows. */
export interface PageView {
  readonly report: GateReport
  /** The source of the report, for what that leaves out: single replicas and attempts. */
  readonly snapshot: Snapshot
  /** The rules that it was judged by. */
  readonly rules: Pick<Rules, 'gates' | 'stops' | 'providers'>
  /** Newest first. */
  readonly history: readonly RolloutRecord[]
  /** The report has expired: the exporter answers, but it does not evaluate. */
  readonly expired: boolean
  /** The page has forms that acknowledge. */
  readonly acknowledging: boolean
  readonly assets: AssetLinks
}

/** A blocker's check or stop condition. */
export type Judged =
  | { readonly kind: 'check'; readonly gate: string; readonly item: CheckReport }
  | { readonly kind: 'stop'; readonly item: StopConditionReport }

/** The check or stop condition at a path of the document; undefined for a fact of the exporter itself. */
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
