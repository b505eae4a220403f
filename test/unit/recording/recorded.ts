import type { Batch } from '../../../src/core/observation.ts'
import type { Instant, Millis } from '../../../src/core/time.ts'
import type { Apply } from '../../../src/daemon/engine.ts'
import { openJudgement } from '../../../src/daemon/judgement.ts'
import type { Event } from '../../../src/rollout/ledger.ts'
import { nothingRemembered, type Memory } from '../../../src/rollout/memory.ts'
import type { Evaluated } from '../../../src/rollout/evaluation.ts'
import type { Happening, JudgedBy } from '../../../src/recording/happening.ts'
import { newReading } from '../../../src/recording/reading.ts'
import { newReplay, type Replayed } from '../../../src/recording/replay.ts'
import { newWriting } from '../../../src/recording/writing.ts'
import { rulesFor, type RuleOptions } from '../../../src/rules/rules.ts'

/** A happening with what was judged by then. */
export interface Noted {
  readonly happening: Happening
  readonly by: JudgedBy
}

function judgedBy(options: RuleOptions): JudgedBy {
  return { options, release: 'caracal', configuration: { rollout: { steady: '10s' } }, hash: 'sha256:0' }
}

/** A daemon's judgement that is recorded; the test is its clock, its probes and its people. */
export function recordedJudgement(options: RuleOptions, memory: Memory = nothingRemembered) {
  let now: Instant = 1_000_000
  let correction: Millis = 0
  let batches: readonly Batch[] = []
  let unseen: string | undefined
  const happenings: Noted[] = []
  let by = judgedBy(options)
  const held = openJudgement(
    {
      clock: {
        now: () => now,
        follow() {
          const by = correction
          now += by
          correction = 0
          return by
        },
      },
      rules: rulesFor(options),
      memory,
      impediments: new Map(),
      store: { unseen: () => unseen },
      release: () => 'caracal',
      record: (happening) => void happenings.push({ happening, by }),
    },
    {
      take: () => {},
      takeSoon: () => true,
      correct: () => {},
      empty() {
        const taken = batches
        batches = []
        return taken
      },
    },
  )
  return {
    held,
    happenings,
    now: () => now,
    pass: (span: Millis) => void (now += span),
    correct: (by: Millis) => void (correction = by),
    see: (why: string | undefined) => void (unseen = why),
    step(news: readonly Batch[] = [], apply?: Apply): Evaluated {
      const corrections = held.follow()
      batches = news
      const result = apply?.(held.snapshot, now)
      const commanded = result?.ok === true ? result.snapshot : held.snapshot
      const events: readonly Event[] = result?.ok === true ? result.events : []
      held.judge(commanded, [...corrections, ...events])
      return { snapshot: held.snapshot, memory: held.memory }
    },
    use(next: RuleOptions): void {
      by = judgedBy(next)
      held.use(rulesFor(next))
    },
  }
}

/** The lines of a recording of what happened from the `first` on. */
export function linesOf(noted: readonly Noted[], first = 0): readonly string[] {
  const writing = newWriting()
  const own = noted.slice(first)
  const [begin] = own
  if (begin === undefined) return []
  // What is judged by other rules from here on begins by those.
  return [
    ...writing.begin(begin.happening, begin.by, '0.1.0', '2026-01-01T00:00:00.000Z'),
    ...own.map(({ happening, by }) => writing.line(happening, by)),
    writing.end(),
  ]
}

/** What the rounds of these lines came to when they were judged once more. */
export function replayed(
  lines: readonly string[],
  otherwise?: (by: JudgedBy) => JudgedBy,
): readonly Replayed[] {
  const read = newReading()
  const replay = newReplay(otherwise)
  return lines.slice(1).flatMap((line) => replay.take(read(line)) ?? [])
}
