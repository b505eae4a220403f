import { blockers, type Blocker, type Blocking } from './blocking.ts'
import type { Judged } from './candidate.ts'
import type { Moment } from './moment.ts'
import { forbids } from './stop.ts'
import { inWords, type Instant, type Millis } from './time.ts'
import type { Waiver } from './waiver.ts'

export const verdicts = ['proceed', 'hold', 'stop'] as const
export type Verdict = (typeof verdicts)[number]

export interface VerdictStatus {
  readonly verdict: Verdict
  readonly since: Instant
  /** One sentence with the verdict's word before it: `Hold: ...`. */
  readonly summary: string
  /** The same sentence without the word. */
  readonly because: string
  readonly blocking: readonly Blocker[]
  /** Since when everything required has been proven without a break; absent while something is not. */
  readonly provenSince?: Instant
  readonly steadyRequired: Millis
}

export interface Concluded extends Judged {
  readonly moment: Moment
  readonly gap: boolean
  readonly steadyRequired: Millis
  /** What is waived; its statuses count as switched off here. */
  readonly waived?: readonly Waiver[]
}

/** A verdict with what makes it so: the summary is made from that and from nothing else. */
type Conclusion =
  | { readonly verdict: 'stop'; readonly because: Because }
  | { readonly verdict: 'proceed' }
  | { readonly verdict: 'hold'; readonly because: Because | undefined }

interface Because {
  readonly first: Blocking
  /** How many more there are of the same weight. */
  readonly more: number
}

/** Concludes from gates and stop conditions whether the rollout may proceed. */
export function conclude(previous: VerdictStatus | undefined, judged: Concluded): VerdictStatus {
  const { moment, gap, gates, stops, steadyRequired } = judged
  const { now } = moment
  // What failed says nothing else, however well the platform looks: its latches went with it.
  const isOpen = judged.rollout?.phase !== 'failed' && judged.impediments.size === 0
  const proven = isOpen && allProven(gates, stops)
  const provenSince = !proven ? undefined : gap ? now : (previous?.provenSince ?? now)
  const steady = provenSince !== undefined && moment.reached(provenSince + steadyRequired)
  const blocking = blockers(judged)
  const conclusion = concluded(blocking, steady)
  const { verdict } = conclusion
  const because = sentenceOf(conclusion, judged)
  return {
    verdict,
    since: previous?.verdict === verdict ? previous.since : now,
    summary: `${words[verdict]}: ${because}`,
    because,
    blocking: blocking.map(({ forbids: _, headline: __, ...blocker }) => blocker),
    steadyRequired,
    ...(provenSince !== undefined && { provenSince }),
  }
}

function concluded(blocking: readonly Blocking[], steady: boolean): Conclusion {
  const roots = blocking.filter(({ rootCause }) => rootCause)
  const forbidding =
    becauseOf(roots.filter((blocker) => blocker.forbids)) ??
    becauseOf(blocking.filter((blocker) => blocker.forbids))
  if (forbidding !== undefined) return { verdict: 'stop', because: forbidding }
  if (steady) return { verdict: 'proceed' }
  return { verdict: 'hold', because: becauseOf(roots) }
}

function becauseOf([first, ...rest]: readonly Blocking[]): Because | undefined {
  return first && { first, more: rest.length }
}

/** Every gate that is not switched off passes, there is at least one, and no stop condition is in doubt. */
function allProven(gates: Judged['gates'], stops: Judged['stops']): boolean {
  const required = gates.filter((gate) => gate.state !== 'skipped')
  return (
    required.length > 0 &&
    required.every((gate) => gate.state === 'pass') &&
    stops.every(({ status }) => !forbids(status) && (status.state === 'clear' || status.state === 'skipped'))
  )
}

const words: Readonly<Record<Verdict, string>> = { proceed: 'Proceed', hold: 'Hold', stop: 'Stop' }

/** Names that the sentence has room for. */
const NAMED = 4

function without(waived: readonly Waiver[]): string {
  const names = waived
    .slice(0, NAMED)
    .map(({ of, mode }) => `${of} (${mode === 'shadow' ? 'in shadow' : mode})`)
  const more = waived.length > NAMED ? ` and ${waived.length - NAMED} more` : ''
  return names.length === 0 ? '' : `; not enforced: ${names.join(', ')}${more}`
}

function sentenceOf(conclusion: Conclusion, { gates, steadyRequired, waived = [] }: Concluded): string {
  const required = gates.filter((gate) => gate.state !== 'skipped').length
  switch (conclusion.verdict) {
    case 'proceed':
      return `all ${required} required gates pass and no stop condition stands${without(waived)}`
    case 'stop':
      return inShort(conclusion.because)
    case 'hold':
      if (conclusion.because !== undefined) return inShort(conclusion.because)
      if (required === 0)
        return waived.length === 0
          ? 'every gate is switched off, so nothing is proven'
          : `no gate is enforced, so nothing is proven${without(waived)}`
      return `${required} of ${required} required gates pass; it must stand for ${inWords(steadyRequired)} before the rollout may proceed`
  }
}

function inShort({ first, more }: Because): string {
  return `${first.headline}${more > 0 ? ` (and ${more} more)` : ''}`
}
