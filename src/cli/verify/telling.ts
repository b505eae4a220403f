import type { Predicate, WaiverReport } from '../../contract/exports.ts'
import { counted } from '../../core/lists.ts'
import { printable } from '../text.ts'
import type { Proven, Verified } from './verified.ts'

/** What was found, for a program. */
export function findingsOf(result: Verified): object {
  if (!result.ok) return { result: 'not-verified', where: result.where, problem: result.problem }
  const { predicate, subject } = result.statement
  const { rollout, complete, lacking, signer, verdicts, notEnforced } = predicate
  return {
    result: result.signedBy === 'key' ? 'proven' : 'unproven',
    signedBy: result.signedBy,
    keyid: signer?.keyid ?? null,
    rollout: {
      id: rollout.id,
      startedAt: rollout.startedAt,
      finishedAt: rollout.finishedAt,
      phase: rollout.phase,
    },
    verdict: verdicts.at(-1)?.verdict ?? null,
    notEnforced,
    complete,
    lacking,
    subject,
  }
}

/** What was found, for a person. */
export function linesOf({ statement: { predicate }, signedBy }: Proven): readonly string[] {
  const { rollout, signer, forced } = { ...predicate, ...predicate.rollout }
  const ended = rollout.finishedAt === null ? '' : `, ended ${rollout.finishedAt}`
  const name = `rollout ${printable(rollout.id ?? '', 200)} of ${rollout.startedAt ?? ''}`
  return [
    `${headline[signedBy]}${signer === null ? '' : ` ${signer.keyid}`}`,
    `${name}: ${rollout.phase}${forced === null ? '' : ' by force'}${ended}`,
    verdictsIn(predicate),
    ...predicate.notEnforced.map((waiver) => waiverLine(waiver, rollout.finishedAt)),
    ...predicate.stops.map(({ stopCondition, latch }) => {
      const { acknowledged } = latch
      const by = acknowledged === null ? 'not acknowledged' : `acknowledged by ${acknowledged.actor}`
      return `stop ${printable(stopCondition)} latched at ${latch.at}, ${printable(by)}`
    }),
    contentsOf(predicate),
    ...judgedBy(predicate),
    predicate.complete
      ? 'complete'
      : `not complete: ${[...(predicate.asOf === null ? [] : ['under way']), ...predicate.lacking].join(', ')}`,
  ]
}

const headline = {
  key: 'proven: unchanged, and signed by',
  itself: 'not proven: unchanged, but whose key this is was not checked (--key FILE):',
  none: 'not proven: unchanged, but not signed, so that anyone may have written it',
} as const

function verdictsIn({ verdicts }: Predicate): string {
  const last = verdicts.at(-1)
  if (last === undefined) return 'no verdict'
  return `${counted(verdicts.length, 'verdict')}, the last ${last.verdict} at ${last.at}: ${printable(last.because)}`
}

function waiverLine(
  { subject, mode, at, until, ended, actor, reason }: WaiverReport,
  finished: string | null,
): string {
  const by = actor === null ? '' : ` by ${printable(actor)} (${printable(reason ?? '')})`
  const kind = mode === 'shadow' ? 'in shadow' : 'overridden'
  return `${printable(subject)} did not count: ${kind}${by} from ${at} until ${ended ?? (finished !== null && finished < until ? finished : until)}`
}

function contentsOf({ ledger, images, evidence }: Predicate): string {
  const digests = new Set(images.flatMap(({ digest }) => digest ?? []))
  return [
    counted(ledger.flat().length, 'line of the ledger', 'lines of the ledger'),
    counted(digests.size, 'image digest'),
    counted(evidence.length, 'piece of evidence', 'pieces of evidence'),
  ].join(', ')
}

function judgedBy({ judgedBy: judge }: Predicate): readonly string[] {
  return judge === null
    ? []
    : [`judged by version ${printable(judge.version)}, configuration ${judge.configuration}`]
}
