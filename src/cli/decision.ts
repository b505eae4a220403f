import type { Answer, Demands } from './answer.ts'
import type { Report } from './document.ts'
import { unprovenEnds } from '../core/rollout.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'

/** `ended` is about a rollout that failed or was finished by force: it never proceeds. */
export type Decision = 'proceed' | 'hold' | 'stop' | 'superseded' | 'ended'

/** What a valid document says to a request with these demands. It can be stricter than the verdict, never milder. */
export function decide(report: Report, demands: Demands): Decision {
  if (report.superseded) return 'superseded'
  if (demands.rollout !== undefined && report.rollout.id !== demands.rollout) return 'superseded'
  if (demands.rollout !== undefined && hasEndedUnproven(report)) return 'ended'
  switch (report.verdict) {
    case 'stop':
      return 'stop'
    case 'proceed':
      return report.steadySeconds * 1_000 >= requiredSteady(report, demands) ? 'proceed' : 'hold'
    default:
      return 'hold'
  }
}

function hasEndedUnproven({ rollout, blocking }: Report): boolean {
  const ends: readonly string[] = unprovenEnds
  return (
    rollout.phase === 'failed' ||
    blocking.some(({ ref, reason }) => ref === 'request/rollout' && ends.includes(reason))
  )
}

/** Milliseconds for which every gate must have passed. */
export function requiredSteady(report: Report, { steady = 0 }: Demands): number {
  return Math.max(report.requiredSteadySeconds * 1_000, steady)
}

const codes: Readonly<Record<Decision, ExitCode>> = {
  proceed: exitCodes.proceed,
  hold: exitCodes.hold,
  stop: exitCodes.stop,
  superseded: exitCodes.superseded,
  ended: exitCodes.superseded,
}

/** The one way from an answer to an exit code. */
export function exitCodeOf(answer: Answer, demands: Demands): ExitCode {
  return answer.kind === 'valid' ? codes[decide(answer.report, demands)] : exitCodes.blindSpot
}
