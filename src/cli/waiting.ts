import type { Answer, CannotTell, Demands, Valid } from './answer.ts'
import { decide, requiredSteady, type Decision } from './decision.ts'
import { exitCodes, interruptionCode, type ExitCode } from './exit-codes.ts'
import type { Surroundings } from './process.ts'

/** What may be waited for. */
export const endings = ['proceed', 'decided', 'stop'] as const

export interface Wish {
  /** `interrupted`: nothing that is heard ends it. */
  readonly until: (typeof endings)[number] | 'interrupted'
  /** Milliseconds. */
  readonly timeout: number
  readonly failFast: boolean
  readonly demands: Demands
  /** Milliseconds that a question may be held at most. */
  readonly longestPoll?: number
}

/** One question: with `poll`, the server may keep it until something changes. */
export interface Question {
  readonly poll?: { readonly wait: number; readonly index: string }
  /** Milliseconds after which there is no more use for an answer. */
  readonly within: number
}

export interface Conversation extends Pick<Surroundings, 'now' | 'sleep' | 'random'> {
  ask(question: Question): Promise<Answer>
  readonly interrupted: AbortSignal
  /** Takes each valid answer; says whether it changed anything. */
  heard(answer: Valid): boolean
  /** Takes each failed attempt and what ended the wait without an answer. */
  troubled(trouble: CannotTell): void
  /** Called after each minute without another message; `left` is what remains of the time. */
  alive(left: number): void
  /** Called before the end when the time is over. */
  timedOut(): void
}

/** Servers and proxies cut a connection that is silent for 30 s or more. */
const usualPoll = 25_000
/** What an answer may take over the wait that was asked for. */
const grace = 10_000
/** The end of the time is kept for one more request without waiting: the code must say how things are then. */
const lastLook = 1_000
/** Servers may let a wait end up to a sixteenth late, so that clients do not come back in step. */
const lateness = 17 / 16
const heartbeat = 60_000
/** Shortest and longest pause after a failed attempt. */
const pauses = { least: 250, most: 5_000 }
/** A server that does not hold a poll is not asked more often than this, nor oftener for changes than that. */
const pace = { unchanged: 1_000, changed: 100 }

interface Progress {
  /** The last valid answer, and when it came. */
  readonly last?: { readonly answer: Valid; readonly at: number }
  /** Failed attempts since then. */
  readonly failures: number
  /** The next request is one without waiting. */
  readonly immediate: boolean
}

/** What one attempt leads to: the end, or a pause before the next. */
type Step = { readonly code: ExitCode } | { readonly next: Progress; readonly pause: number }

/**
 * Asks until what is wished for has come, or the time is over. `proceed` counts only in an answer that came without
 * waiting: how long a held answer was under way cannot be known.
 */
export async function waitFor(wish: Wish, conversation: Conversation): Promise<ExitCode> {
  const { now, interrupted } = conversation
  const end = now() + wish.timeout
  let progress: Progress = { failures: 0, immediate: true }
  let spoken = now()
  for (;;) {
    const left = end - now()
    const isLast = left <= lastLook
    const question = questionFor(progress, wish, left, spoken + heartbeat - now())
    const asked = now()
    const answer = await conversation.ask(question)
    if (interrupted.aborted) return interruptionCode(interrupted)
    let step: Step
    if (answer.kind === 'valid') {
      const changed = conversation.heard(answer)
      if (changed) spoken = now()
      step = afterAnswer(answer, wish, { at: now(), held: question.poll !== undefined, isLast })
      if ('next' in step && !step.next.immediate) {
        const pause = changed ? pace.changed : Math.max(0, pace.unchanged - (now() - asked))
        step = { next: step.next, pause }
      }
    } else {
      conversation.troubled(answer)
      step = afterTrouble(answer, wish, progress, { at: now(), isLast, random: conversation.random() })
    }
    if ('code' in step) {
      if (isLast && (step.code === exitCodes.timedOut || step.code === exitCodes.blindSpot))
        conversation.timedOut()
      return step.code
    }
    progress = step.next
    // Never into the time for the last request.
    const longest = Math.max(end - lastLook - now(), pauses.least)
    await conversation.sleep(Math.min(step.pause, longest), interrupted)
    if (interrupted.aborted) return interruptionCode(interrupted)
    if (now() - spoken >= heartbeat) {
      conversation.alive(Math.max(0, end - now()))
      spoken = now()
    }
  }
}

function afterAnswer(
  answer: Valid,
  wish: Wish,
  { at, held, isLast }: { readonly at: number; readonly held: boolean; readonly isLast: boolean },
): Step {
  const code = ending(decide(answer.report, wish.demands), wish, isLast)
  const unconfirmed = held && code === exitCodes.proceed
  if (code !== undefined && !unconfirmed) return { code }
  return { next: { last: { answer, at }, failures: 0, immediate: unconfirmed }, pause: 0 }
}

function afterTrouble(
  trouble: CannotTell,
  wish: Wish,
  { last, failures }: Progress,
  { at, isLast, random }: { readonly at: number; readonly isLast: boolean; readonly random: number },
): Step {
  if (trouble.lasting && last === undefined) return { code: exitCodes.blindSpot }
  if (isLast) return { code: atTheEnd(last, at, wish) }
  const span = Math.min(pauses.most, pauses.least * 2 ** Math.min(failures, 10))
  const pause = Math.max(trouble.retryAfter ?? 0, span * (0.5 + random / 2))
  return { next: { ...(last !== undefined && { last }), failures: failures + 1, immediate: true }, pause }
}

/** Without a valid answer at the end, the last one speaks only as long as it has not expired, and never for proceed. */
function atTheEnd(last: Progress['last'], at: number, wish: Wish): ExitCode {
  if (last === undefined || at - last.at > last.answer.validFor) return exitCodes.blindSpot
  const code = ending(decide(last.answer.report, wish.demands), wish, true)
  return code === undefined || code === exitCodes.proceed ? exitCodes.blindSpot : code
}

function questionFor(
  { last, immediate: now }: Progress,
  wish: Wish,
  left: number,
  untilHeartbeat: number,
): Question {
  if (now || last === undefined || left <= lastLook) return immediate(left)
  return poll(last.answer, left, wish, untilHeartbeat)
}

function immediate(left: number): Question {
  return { within: Math.max(Math.min(grace, left), pauses.least) }
}

function poll(
  { report }: Valid,
  left: number,
  { demands, longestPoll = usualPoll }: Wish,
  untilHeartbeat: number,
): Question {
  const missing = requiredSteady(report, demands) - report.steadySeconds * 1_000
  // A change that comes with time alone: come back for it, whether or not the server wakes us.
  const untilSteady = report.steadySeconds > 0 && missing > 0 ? missing + 1_000 : longestPoll
  const most = (left - lastLook) / lateness
  const wait = Math.max(0, Math.min(longestPoll, most, untilSteady, Math.max(1_000, untilHeartbeat)))
  return { poll: { wait, index: report.index }, within: Math.min(wait + grace, left) }
}

/** The code that a decision ends the wait with, if it does. */
function ending(decision: Decision, { until, failFast }: Wish, timeIsOver: boolean): ExitCode | undefined {
  if (until === 'interrupted') return undefined
  switch (decision) {
    case 'superseded':
    case 'ended':
      return exitCodes.superseded
    case 'stop':
      return failFast || until !== 'proceed' || timeIsOver ? exitCodes.stop : undefined
    case 'proceed':
      return until !== 'stop' || timeIsOver ? exitCodes.proceed : undefined
    case 'hold':
      return timeIsOver ? exitCodes.timedOut : undefined
  }
}
