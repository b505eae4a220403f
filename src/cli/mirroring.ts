import type { Answer, Demands } from './answer.ts'
import { decide } from './decision.ts'
import type { Surroundings } from './process.ts'

/** What a mirror says of itself: ready only while the last `proceed` that it has read itself has not expired. */
export interface Reading {
  readonly ready: boolean
  /** Short stable code. */
  readonly reason: string
  /** One line: the summary of the verdict, or why there is none. */
  readonly message: string
}

export interface Mirroring extends Pick<Surroundings, 'now' | 'sleep'> {
  readonly demands: Demands
  readonly interrupted: AbortSignal
  /** Asks for the verdict, without a poll; resolves within this time. `isReply` is false where nothing answered. */
  readonly ask: (within: number) => Promise<{ readonly answer: Answer; readonly isReply: boolean }>
  /** Called with each reading of which readiness or reason is another than before. */
  readonly changed: (reading: Reading) => void
}

export interface Mirror {
  /** What holds at this moment. */
  reading(): Reading
  /** Whether it still asks: false when no attempt has ended for long. */
  isAlive(): boolean
  /** Asks until it is interrupted. */
  run(): Promise<void>
}

/** Milliseconds between two questions: a document is good for three seconds. */
const pace = 1_000
/** Milliseconds for one question. A healthy exporter answers in a few; what answers later would have expired. */
const patience = 2_000
/** Milliseconds without the end of an attempt after which something is wrong with the mirror itself. */
const lifeSign = 60_000

interface Held {
  readonly reading: Reading
  /** By our clock; nothing that closes expires. */
  readonly until: number
}

/**
 * Mirrors the verdict about what was demanded. An answer counts from before its question was sent, by our own steady
 * clock. Each answer replaces what was read before; where nothing answers, a `proceed` counts until it expires.
 */
export function openMirror({ demands, interrupted, now, sleep, ask, changed }: Mirroring): Mirror {
  let held: Held = closed('starting', 'nothing was read yet')
  let said: Reading | undefined
  let lastTurn = now()

  function reading(): Reading {
    if (interrupted.aborted) return note(closed('stopping', 'the mirror is stopping').reading)
    if (now() < held.until) return note(held.reading)
    return note(closed('expired', `the last answer has expired: ${held.reading.message}`).reading)
  }

  function note(next: Reading): Reading {
    if (said?.ready !== next.ready || said.reason !== next.reason) {
      said = next
      changed(next)
    }
    return next
  }

  async function turn(): Promise<number> {
    const sentAt = now()
    const { answer, isReply } = await ask(patience)
    lastTurn = now()
    if (answer.kind === 'valid') {
      held = heldBy(answer, demands, sentAt)
      return pace
    }
    const isGood = held.reading.ready && lastTurn < held.until
    if (isReply || !isGood) held = closed(answer.reason, `cannot tell: ${answer.message}`)
    return Math.max(pace, answer.retryAfter ?? 0)
  }

  return {
    reading,
    isAlive: () => now() - lastTurn < lifeSign,
    async run() {
      while (!interrupted.aborted) {
        const begun = now()
        const pause = await turn()
        reading()
        await sleep(pause - (now() - begun), interrupted)
      }
      reading()
    },
  }
}

function heldBy(answer: Extract<Answer, { kind: 'valid' }>, demands: Demands, sentAt: number): Held {
  const { report, validFor } = answer
  const decision = decide(report, demands)
  if (decision !== 'proceed') return closed(decision, wordsFor(decision, report.summary))
  return {
    reading: { ready: true, reason: 'proceed', message: report.summary },
    until: sentAt + validFor,
  }
}

function wordsFor(decision: string, summary: string): string {
  return decision === 'superseded' ? `another rollout is the current one: ${summary}` : summary
}

function closed(reason: string, message: string): Held {
  return { reading: { ready: false, reason, message }, until: Number.POSITIVE_INFINITY }
}
