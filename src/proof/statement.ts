import type { ExportedLine, Predicate, Statement, TurnReport } from '../contract/exports.ts'
import { predicateType, statementType } from '../contract/wire.ts'
import { byText } from '../core/lists.ts'
import type { Verdict } from '../core/verdict.ts'
import { canonical, sha256 } from './digest.ts'

type Subject = Statement['subject'][number]

/** The whole statement of what is known of a rollout. */
export function statementOf(predicate: Omit<Predicate, 'integrity'>): Statement {
  const integrity = { sha256: '' }
  const statement: Statement = {
    _type: statementType,
    subject: subjectsOf(predicate),
    predicateType,
    predicate: { ...predicate, integrity },
  }
  return { ...statement, predicate: { ...predicate, integrity: { sha256: integrityOf(statement) } } }
}

/** Digest of all that a statement says, but of the digest itself. */
export function integrityOf({ predicate: { integrity: _, ...predicate }, ...rest }: Statement): string {
  return sha256(canonical({ ...rest, predicate }))
}

/** What the statement is about: the rollout, and the images of its new replicas that a registry knows by their digest. */
export function subjectsOf({ rollout, images }: Pick<Predicate, 'rollout' | 'images'>): readonly Subject[] {
  const known = images.flatMap(({ component, container, digest, digestOf, revision, runs }): Subject[] =>
    digest !== null && digestOf === 'content' && revision === 'target' && runs
      ? [{ name: `${component}/${container}`, digest: { sha256: digest.replace(/^sha256:/, '') } }]
      : [],
  )
  const different = new Map(known.map((one) => [canonical(one), one]))
  const name = `${rollout.id ?? ''}@${rollout.startedAt ?? ''}`
  return [
    { name, digest: { sha256: sha256(name) } },
    ...[...different].toSorted(([a], [b]) => byText(a, b)).map(([, one]) => one),
  ]
}

/** A line of the ledger that says what the verdict became. */
export function verdictOf({
  kind,
  subject,
  to,
}: Pick<ExportedLine, 'kind' | 'subject' | 'to'>): Verdict | undefined {
  if (kind !== 'transition' || subject !== 'verdict') return undefined
  return to === 'proceed' || to === 'hold' || to === 'stop' ? to : undefined
}

/** Whether a history of verdicts, oldest first, has this verdict in force at that instant. */
export function hasVerdict(turns: readonly TurnReport[], verdict: Verdict, atMillis: number): boolean {
  if (turns.some((turn) => turn.atMillis === atMillis && turn.verdict === verdict)) return true
  return turns.findLast((turn) => turn.atMillis <= atMillis)?.verdict === verdict
}
