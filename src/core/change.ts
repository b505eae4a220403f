import { beside } from './beside.ts'
import type { Finding } from './finding.ts'
import type { CheckStatus, GateStatus } from './gate.ts'
import type { Snapshot } from './snapshot.ts'
import type { StopStatus } from './stop.ts'
import type { Instant } from './time.ts'
import { waivedItems, wordsAfter, wordsOf, wouldMake } from './would.ts'

/** A change of state worth remembering. */
export interface Transition {
  readonly at: Instant
  readonly subject: 'gate' | 'check' | 'stop-condition' | 'not-enforced' | 'verdict'
  readonly id: string
  readonly from: string
  readonly to: string
  readonly message: string
}

const meanings = beside<object, string>()

/** What a waiting client wants to be woken for, as a string to compare. */
export function meaning(snapshot: Snapshot): string {
  const known = meanings.get(snapshot)
  if (known !== undefined) return known
  const { verdict, rollout, gates, checks, stops } = snapshot
  const parts = [verdict.verdict, rollout?.id, rollout?.phase, ...snapshot.impediments.keys()]
  for (const [phase, question] of snapshot.questions ?? []) parts.push(`${phase} ${question.verdict}`)
  for (const status of gates.values()) parts.push(status.id, status.state, howItCounts(status))
  for (const status of checks.values()) parts.push(meaningOf(status))
  for (const status of stops.values()) parts.push(meaningOf(status))
  const text = parts.join('\n')
  meanings.set(snapshot, text)
  return text
}

/** Of one check or stop condition, most of which stay as they are from step to step. */
function meaningOf(status: CheckStatus | StopStatus): string {
  const known = meanings.get(status)
  if (known !== undefined) return known
  const { id, state, findings } = status
  const latch = 'latch' in status ? status.latch : undefined
  const latched = latch && `${latch.at}/${latch.acknowledged?.at}`
  const text = [id, state, latched, howItCounts(status), ...concerned(findings)].join('\n')
  meanings.set(status, text)
  return text
}

/** Until when it does not count, if so; empty for almost everything. */
function howItCounts({ waived }: CheckStatus | StopStatus | GateStatus): string {
  return waived === undefined ? '' : `${waived.mode} ${waived.of} ${waived.until}`
}

function concerned(findings: readonly Finding[]): readonly string[] {
  return (
    findings
      .filter((finding) => finding.answer === 'unmet' || finding.answer === 'unknown')
      .map((finding) => `${finding.key}:${finding.reason}`)
      // Culprits that change places by their numbers are no news.
      .toSorted()
  )
}

/** Every change of state from one snapshot to the next, in the order of the tables. */
export function transitions(before: Snapshot, after: Snapshot): readonly Transition[] {
  const { at } = after
  const changes: Transition[] = []
  function compare(
    subject: Transition['subject'],
    from: ReadonlyMap<string, Stated>,
    to: ReadonlyMap<string, Stated>,
  ) {
    for (const [id, status] of to) {
      const was = from.get(id)?.state ?? 'unknown'
      const message = status.findings?.[0]?.message ?? ''
      if (was !== status.state) changes.push({ at, subject, id, from: was, to: status.state, message })
    }
  }
  compare('check', before.checks, after.checks)
  compare('gate', before.gates, after.gates)
  compare('stop-condition', before.stops, after.stops)
  changes.push(...wouldChanges(before, after))
  const { verdict, summary } = after.verdict
  if (before.verdict.verdict !== verdict)
    changes.push({
      at,
      subject: 'verdict',
      id: 'verdict',
      from: before.verdict.verdict,
      to: verdict,
      message: summary,
    })
  return changes
}

function wouldChanges(before: Snapshot, after: Snapshot): readonly Transition[] {
  const { at } = after
  const known = new Map(waivedItems(before).map((item) => [item.id, item]))
  return waivedItems(after).flatMap((item): readonly Transition[] => {
    const was = known.get(item.id)
    const [from, to] = [was === undefined ? 'well' : wouldMake(was), wouldMake(item)]
    if (from === to) return []
    const message = to === 'well' ? wordsAfter(was, at) : wordsOf(item)
    return [{ at, subject: 'not-enforced', id: item.id, from, to, message }]
  })
}

interface Stated {
  readonly state: string
  readonly findings?: readonly Finding[]
}
