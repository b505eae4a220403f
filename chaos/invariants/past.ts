import type { KindFacts } from '../kind.ts'
import type { Instant, Reading, Recording, Standing } from '../recording.ts'

/** Something that must never be and was, with what is needed to find it again. */
export interface Violation {
  /** The number that docs/internals/chaos.md gives it. */
  readonly invariant: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8
  readonly at: Instant
  /** What it is about: a kind of fault, a stop condition, a command. Told once for each act. */
  readonly subject: string
  readonly what: string
  readonly excerpt?: string
}

export type Facts = ReadonlyMap<string, KindFacts>

export interface Span {
  readonly from: Instant
  readonly to: Instant
}

/** Questions about a recording. */
export interface Past {
  readonly recording: Recording
  readonly facts: Facts
  /** Answers over HTTP that brought a document, in order. */
  readonly documents: readonly (Reading & { readonly document: NonNullable<Reading['document']> })[]
  /** How late the machine was in this time: of the harness, and of the daemon's answers. Milliseconds. */
  lateness(from: Instant, to: Instant): number
  /** When the daemon last began to run, or went on, before this moment. */
  runningSince(at: Instant): Instant
  /** Whether the daemon was not there, stood still or was starved at any time between. */
  wasAway(from: Instant, to: Instant): boolean
  wasStarved(from: Instant, to: Instant): boolean
  /** Faults that stood at any time between. */
  standing(from: Instant, to: Instant): readonly Standing[]
  /** Whether the harness took the memory away between. */
  wasForgotten(from: Instant, to: Instant): boolean
}

export function pastOf(recording: Recording, facts: Facts): Past {
  const { pulses, lives, standings, readings, forgotten } = recording
  const away = awaySpans(recording)
  const starved = spansOf(standings.filter(({ kind }) => kind === 'daemon-starved'))
  const documents = readings.flatMap((reading) =>
    reading.document === undefined ? [] : [{ ...reading, document: reading.document }],
  )

  function lateness(from: Instant, to: Instant): number {
    const late = pulses.filter(({ at }) => at >= from - 1_000 && at <= to + 1_000).map((pulse) => pulse.late)
    const answers = documents.filter(({ asked, got }) => got >= from && asked <= to)
    const slow = answers.map(({ asked, got }) => got - asked)
    return 2 * Math.max(0, ...late) + Math.max(0, ...slow)
  }

  return {
    recording,
    facts,
    documents,
    lateness,
    runningSince: (at) =>
      lives.findLast((life) => life.at <= at && (life.what === 'started' || life.what === 'resumed'))?.at ??
      0,
    wasAway: (from, to) => [...away, ...starved].some((span) => overlaps(span, { from, to })),
    wasStarved: (from, to) => starved.some((span) => overlaps(span, { from, to })),
    standing: (from, to) => standings.filter((one) => overlaps(spanOf(one), { from, to })),
    wasForgotten: (from, to) => forgotten.some(({ at }) => at >= from && at <= to),
  }
}

function overlaps(one: Span, other: Span): boolean {
  return one.from <= other.to && one.to >= other.from
}

function spanOf({ from, over }: Standing): Span {
  return { from, to: over ?? Number.POSITIVE_INFINITY }
}

function spansOf(standings: readonly Standing[]): readonly Span[] {
  return standings.map(spanOf)
}

/** From each end or halt of the process to its next start. */
function awaySpans({ lives, startedAt }: Recording): readonly Span[] {
  const spans: Span[] = []
  let from: Instant | undefined = startedAt
  for (const { at, what } of lives) {
    if (what === 'started' || what === 'resumed') {
      if (from !== undefined) spans.push({ from, to: at })
      from = undefined
    } else from ??= at
  }
  if (from !== undefined) spans.push({ from, to: Number.POSITIVE_INFINITY })
  return spans
}

/** What of a document is worth reading beside a violation. */
export function excerptOf({ by, verdict, document }: Reading): string {
  if (document === undefined) return `${by}: ${verdict}`
  const { summary, index, evaluatedAt, cadence, rollout, blocking } = document
  const open = blocking.slice(0, 5).map((line) => `\n    ${line}`)
  return `${summary}\n    evaluated ${evaluatedAt}, index ${index}, ${cadence}, rollout ${rollout.id} ${rollout.phase}${open.join('')}`
}
