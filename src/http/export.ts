import type { Expected } from '../core/expected.ts'
import type { Life, Rollout } from '../core/rollout.ts'
import {
  lacking as parts,
  type ExportedLine,
  type Lacking,
  type PieceReport,
  type Predicate,
  type RunningReport,
  type Statement,
  type TurnReport,
  type WaiverReport,
} from '../contract/exports.ts'
import { canonical, chainsOf } from '../proof/digest.ts'
import { fileText, sealed } from '../proof/envelope.ts'
import { hasVerdict, statementOf, verdictOf } from '../proof/statement.ts'
import type { LedgerEntry } from '../rollout/ledger.ts'
import type { NotEnforced } from '../rollout/not-enforced.ts'
import type { ProvenBy, Running, Turn } from '../rollout/proof.ts'
import type { Exportable, Exports } from './context.ts'
import { toRollout } from './document.ts'
import { clip, expectedForm, rfc3339, timeOrNull } from './forms.ts'
import { latchForm } from './items.ts'

/** Longest statement: in an envelope, as Base64, it is still below 1 MiB. */
const longest = 740_000

/** The file of a rollout: a statement, in a signed envelope where there is a key. */
export function exportText(one: Exportable, lives: readonly Rollout[], facts: Exports): string {
  const statement = fitting(one, lives, facts)
  const { signer } = facts
  return fileText(signer === undefined ? statement : sealed(canonical(statement), signer))
}

/** The statement; what makes it too long goes, first what evidence says, then the front of the ledger. */
function fitting(one: Exportable, lives: readonly Rollout[], facts: Exports): Statement {
  const whole = statementOf(predicateOf(one, lives, facts))
  if (lengthOf(whole) <= longest) return whole
  const { proof, lines } = one
  const short = proof?.evidence.map(({ content: _, ...piece }) => piece) ?? []
  const lean: Exportable = { ...one, ...(proof !== undefined && { proof: { ...proof, evidence: short } }) }
  for (let kept = lines.length; ; kept = Math.floor((kept * 3) / 4)) {
    const front = lines.toSorted((a, b) => a.sequence - b.sequence).slice(lines.length - kept)
    const statement = statementOf(predicateOf({ ...lean, lines: front }, lives, facts))
    if (lengthOf(statement) <= longest || kept === 0) return statement
  }
}

function lengthOf(statement: Statement): number {
  return Buffer.byteLength(canonical(statement))
}

function predicateOf(
  one: Exportable,
  lives: readonly Rollout[],
  { release, signer }: Exports,
): Omit<Predicate, 'integrity'> {
  const { rollout, stops, lines, proof, asOf } = one
  const ledger = chainsOf(lines).map((chain) => chain.map(lineForm))
  const missing = lackingIn(one, ledger)
  const { judge } = proof ?? {}
  return {
    complete: asOf === undefined && missing.length === 0,
    lacking: missing,
    asOf: timeOrNull(asOf),
    rollout: {
      ...toRollout(rollout),
      expected: (rollout.expected ?? []).map((expected: Expected) => expectedForm(expected)),
      lives: lives.map(lifeForm),
    },
    release: { name: clip(release.name), namespace: clip(release.namespace) },
    judgedBy:
      judge === undefined ? null : { version: clip(judge.version), configuration: judge.configuration },
    verdicts: verdictsOf(proof?.course.turns ?? [], rollout.id, ledger.flat()),
    notEnforced: (proof?.course.notEnforced ?? []).map(waiverForm),
    stops: Object.entries(stops).map(([id, latch]) => ({ stopCondition: clip(id), latch: latchForm(latch) })),
    evidence: (proof?.evidence ?? []).map(pieceForm),
    images: (proof?.running ?? []).map(runningForm),
    ledger,
    signer: signer === undefined ? null : { keyid: signer.keyid, publicKey: signer.publicKey },
  }
}

/** What is not whole, of what a rollout that has ended should have. */
function lackingIn(
  { proof, rollout, asOf }: Exportable,
  ledger: readonly (readonly ExportedLine[])[],
): Lacking[] {
  const [chain] = ledger
  const isBegun = chain?.[0]?.kind === 'rollout-begun'
  const isEnded = chain?.some(({ kind, rollout: id }) => kind === 'rollout-finished' && id === rollout.id)
  const isWhole: Readonly<Record<Lacking, boolean>> = {
    verdicts: proof?.course.cut === false,
    notEnforced: proof?.course.notEnforced !== undefined,
    ledger: ledger.length === 1 && isBegun && (asOf !== undefined || isEnded === true),
    images: proof?.runningCut === false,
    evidence: proof !== undefined,
    judgedBy: proof?.judge !== undefined,
  }
  return parts.filter((part) => !isWhole[part])
}

function lifeForm({ startedAt, finishedAt }: Life & Pick<Rollout, 'finishedAt'>) {
  return { startedAt: rfc3339(startedAt), finishedAt: timeOrNull(finishedAt) }
}

/**
 * The verdicts as they were noted, and those that only the ledger has: of a time before they were noted, or of another
 * replica of the exporter.
 */
function verdictsOf(
  noted: readonly Turn[],
  id: string,
  lines: readonly ExportedLine[],
): readonly TurnReport[] {
  let turns = noted.map(({ at, verdict, because, refs }): TurnReport => ({
    at: rfc3339(at),
    atMillis: at,
    verdict,
    because: clip(because),
    refs: refs.map((ref) => clip(ref)),
  }))
  for (const { at, atMillis, detail, rollout, ...line } of lines) {
    const verdict = verdictOf(line)
    if (verdict === undefined || rollout !== id || hasVerdict(turns, verdict, atMillis)) continue
    const turn: TurnReport = { at, atMillis, verdict, because: clip(detail), refs: [] }
    turns = [...turns, turn].toSorted((a, b) => a.atMillis - b.atMillis)
  }
  return turns
}

/** A line exactly as it was written: its hash covers every character. */
function lineForm(entry: LedgerEntry): ExportedLine {
  const { sequence, at, kind, subject, message: detail, from, to, rollout, actor, previous, hash } = entry
  return {
    sequence,
    at: rfc3339(at),
    atMillis: at,
    kind,
    subject,
    detail,
    from: from ?? null,
    to: to ?? null,
    rollout: rollout ?? null,
    actor: actor ?? null,
    previous,
    hash,
  }
}

function waiverForm({ subject, mode, at, until, ended, actor, reason, latched }: NotEnforced): WaiverReport {
  return {
    subject,
    mode,
    at: rfc3339(at),
    until: rfc3339(until),
    ended: timeOrNull(ended),
    actor: actor ?? null,
    reason: reason === undefined ? null : clip(reason),
    latched,
  }
}

function pieceForm({ check, outcome, issued, expires, digest, content, sha256 }: ProvenBy): PieceReport {
  return {
    check: clip(check),
    outcome,
    issuedAt: rfc3339(issued),
    expiresAt: rfc3339(expires),
    digest: digest ?? null,
    content: content ?? null,
    sha256,
  }
}

function runningForm(running: Running): RunningReport {
  const { component, container, role, image, digest, digestOf, revision, runs, replicas } = running
  return {
    component: clip(component),
    container: clip(container),
    role: clip(role),
    image: clip(image),
    digest: digest ?? null,
    digestOf: digestOf === 'content' || digestOf === 'configuration' ? digestOf : null,
    revision: clip(revision),
    runs,
    replicas: replicas.map((name) => clip(name)),
  }
}
