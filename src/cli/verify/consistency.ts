import type { Predicate, Statement } from '../../contract/exports.ts'
import { canonical, hashOfLine, sha256 } from '../../proof/digest.ts'
import { hasVerdict, integrityOf, subjectsOf, verdictOf } from '../../proof/statement.ts'
import { wrongWaiver } from './waivers.ts'
import type { Wrong } from './wrong.ts'

/** The first thing in a statement that does not follow from the rest of it. */
export function wrongIn(statement: Statement): Wrong | undefined {
  const { predicate, subject } = statement
  if (integrityOf(statement) !== predicate.integrity.sha256)
    return { where: 'predicate.integrity', problem: 'is not the digest of the statement' }
  return (
    wrongLine(predicate) ??
    wrongEvidence(predicate) ??
    wrongVerdict(predicate) ??
    wrongWaiver(predicate) ??
    (canonical(subject) === canonical(subjectsOf(predicate))
      ? undefined
      : { where: 'subject', problem: 'is not what the rollout and its images come to' }) ??
    wrongWhole(predicate)
  )
}

function wrongLine({ ledger }: Predicate): Wrong | undefined {
  let sequence = -Infinity
  for (const [c, chain] of ledger.entries()) {
    for (const [n, line] of chain.entries()) {
      const where = `predicate.ledger.${c}.${n} (line ${line.sequence})`
      const { previous, atMillis: at, kind, subject, detail: message, hash } = line
      const { from, to, rollout, actor } = line
      const covered = { at, kind, subject, message, from, to, rollout, actor }
      if (hashOfLine(previous, line.sequence, covered) !== hash)
        return { where, problem: 'does not have the hash of what it says' }
      if (n > 0 && previous !== chain[n - 1]?.hash)
        return { where, problem: 'is not chained to the line before it' }
      if (line.sequence <= sequence) return { where, problem: 'is not in its order' }
      if (timeOf(line.atMillis) !== line.at) return { where, problem: 'has two different times' }
      sequence = line.sequence
    }
  }
  return undefined
}

function wrongEvidence({ evidence }: Predicate): Wrong | undefined {
  const index = evidence.findIndex(
    ({ content, sha256: digest }) => content !== null && sha256(content) !== digest,
  )
  if (index < 0) return undefined
  const check = evidence[index]?.check ?? ''
  return {
    where: `predicate.evidence.${index} (${check})`,
    problem: 'does not have the digest of its content',
  }
}

function wrongVerdict({ verdicts, ledger, rollout }: Predicate): Wrong | undefined {
  const late = verdicts.findIndex(
    ({ at, atMillis }, n) => timeOf(atMillis) !== at || atMillis < (verdicts[n - 1]?.atMillis ?? -Infinity),
  )
  if (late >= 0) return { where: `predicate.verdicts.${late}`, problem: 'is not in the order of time' }
  for (const line of ledger.flat()) {
    const verdict = verdictOf(line)
    if (verdict === undefined || line.rollout !== rollout.id) continue
    if (!hasVerdict(verdicts, verdict, line.atMillis))
      return {
        where: 'predicate.verdicts',
        problem: `do not have ${verdict}, as line ${line.sequence} of the ledger`,
      }
  }
  return undefined
}

/** What it says of its own completeness. */
function wrongWhole({ complete, lacking, asOf, rollout, ledger, judgedBy }: Predicate): Wrong | undefined {
  const isLacking = (part: (typeof lacking)[number]) => lacking.includes(part)
  const hasEnded = rollout.phase === 'done' || rollout.phase === 'failed'
  if (complete !== (asOf === null && lacking.length === 0) || hasEnded !== (asOf === null))
    return { where: 'predicate.complete', problem: 'contradicts what is lacking' }
  if (ledger.length !== 1 && !isLacking('ledger'))
    return { where: 'predicate.lacking', problem: 'does not name the ledger, which is not one chain' }
  if (judgedBy === null && !isLacking('judgedBy'))
    return { where: 'predicate.lacking', problem: 'does not name judgedBy, which is not there' }
  if (!rollout.lives.some(({ startedAt }) => startedAt === rollout.startedAt))
    return { where: 'predicate.rollout.lives', problem: 'do not have this rollout' }
  return undefined
}

function timeOf(millis: number): string {
  const time = new Date(millis)
  return Number.isNaN(time.getTime()) ? '' : time.toISOString()
}
