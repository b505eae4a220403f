import { arrivalUnseen } from '../rules/arrival.ts'
import type { Expected } from '../core/expected.ts'
import { notConfigured, type Finding } from '../core/finding.ts'
import { askedPhases, phases, unprovenEnd } from '../core/rollout.ts'
import { inWords, type Instant } from '../core/time.ts'
import type { BlockerReport, GateReport } from '../contract/document.ts'
import type { Demands } from '../contract/parameters.ts'
import { clip, expectedForm } from './forms.ts'

/** A text that is the same for demands that are the same. */
export function demandsKey({ rollout, steady, maxAge, expected, phase }: Demands): string {
  return JSON.stringify([rollout, steady, maxAge, expected, phase])
}

/** What was found of a demand for something that must have arrived. */
export type Arrival = (expected: Expected) => readonly Finding[]

/**
 * The report for this request at `now`. A stop stays a stop and a hold a hold; `proceed` becomes
 * `hold` when a demand is not met, or when the report has expired because the daemon came to a halt.
 */
export function tighten(
  report: GateReport,
  demands: Demands,
  now: Instant,
  arrival: Arrival = neverSeen,
): GateReport {
  const unmet = [...expired(report, now), ...mismatch(report, demands), ...missing(demands, arrival)]
  unmet.push(...elsewhere(report, demands))
  unmet.push(...unsteady(report, demands), ...aged(report, demands, now))
  const required = Math.max(report.requiredSteadySeconds, (demands.steady ?? 0) / 1_000)
  const { expected, phase } = demands
  const saysMore = required !== report.requiredSteadySeconds || expected !== undefined || phase !== undefined
  if (unmet.length === 0 && !saysMore) return report
  const [first] = unmet
  const weakened = report.verdict === 'proceed' && first !== undefined
  const superseded = unmet.some(({ reason }) => reason === 'superseded')
  const rephrased = weakened || (superseded && report.verdict === 'hold')
  return {
    ...report,
    superseded,
    requiredSteadySeconds: required,
    demanded: expected === undefined ? null : expectedForm(expected),
    askedPhase: phase ?? null,
    blocking: report.verdict === 'stop' ? [...report.blocking, ...unmet] : [...unmet, ...report.blocking],
    ...(weakened && { verdict: 'hold', verdictSince: report.evaluatedAt }),
    ...(rephrased && { summary: holdBecause(first) }),
  }
}

/** The summary of a hold for what this request does not meet. */
export function holdBecause(unmet: Pick<BlockerReport, 'message'> | undefined): string {
  return clip(`Hold: ${unmet?.message}`)
}

function demand(name: string, state: string, reason: string, message: string): readonly BlockerReport[] {
  const nextStep = name === 'rollout' ? 'caracal-gate rollouts' : ''
  return [root(`request/${name}`, state, reason, clip(message), nextStep)]
}

function mismatch({ rollout }: GateReport, { rollout: asked }: Demands): readonly BlockerReport[] {
  if (asked === undefined) return []
  if (asked === rollout.id) return unproven(rollout, asked)
  const current = rollout.id === null ? 'there is none' : `the current one is ${rollout.id}`
  return demand('rollout', 'fail', 'superseded', `rollout ${asked} was asked about, but ${current}`)
}

/** A rollout that is over without proof never proceeds; that it failed is said by the report already. */
function unproven(rollout: GateReport['rollout'], asked: string): readonly BlockerReport[] {
  const end = unprovenEnd({ phase: rollout.phase, ...(rollout.forced && { forced: rollout.forced }) })
  if (end === undefined) return []
  const how = end === 'rollout_failed' ? 'ended as failed' : 'was finished by force, without proof'
  return demand('rollout', 'fail', end, `rollout ${asked} ${how}`)
}

/** Where arrival is not observed, a demand for it is never met. */
function neverSeen(): readonly Finding[] {
  return [notConfigured(arrivalUnseen)]
}

/** What must have arrived and has not, one blocker for each thing. */
function missing({ expected }: Demands, arrival: Arrival): readonly BlockerReport[] {
  if (expected === undefined) return []
  return arrival(expected)
    .filter(({ answer }) => answer !== 'met')
    .flatMap(({ key, answer, reason, message, hold }) => {
      const state = answer === 'unknown' ? 'unknown' : hold === 0 ? 'fail' : 'pending'
      return demand(`arrival/${key}`, state, reason, message)
    })
}

/** A rollout that has not come as far as the phase that is asked about, or has left preflight. */
function elsewhere({ rollout }: GateReport, { phase }: Demands): readonly BlockerReport[] {
  if (phase === undefined) return []
  const current = rollout.phase === 'done' ? 'verifying' : rollout.phase
  const isActive = rollout.phase !== 'done' && askedPhases.some((one) => one === rollout.phase)
  if (phase === 'preflight') {
    if (!isActive || current === 'preflight') return []
    const message = `the question is about preflight, and the rollout is in ${current} already`
    return demand('phase', 'fail', 'phase_over', message)
  }
  if (phases.indexOf(current) >= phases.indexOf(phase) && current !== 'failed') return []
  const where = isActive ? `the rollout is in ${current}` : 'no rollout is under way'
  return demand('phase', 'pending', 'phase_not_reached', `the question is about ${phase}, and ${where}`)
}

function unsteady(report: GateReport, { steady }: Demands): readonly BlockerReport[] {
  if (steady === undefined || report.steadySeconds * 1_000 >= steady) return []
  const stood = inWords(report.steadySeconds * 1_000)
  const message = `all has stood for ${stood}, and the request asks for ${inWords(steady)}`
  return demand('steady', 'pending', 'steady_time_required', message)
}

function aged(report: GateReport, { maxAge }: Demands, now: Instant): readonly BlockerReport[] {
  if (maxAge === undefined) return []
  const required = report.gates.filter((gate) => gate.required).flatMap((gate) => gate.checks)
  const items = [...required, ...report.stopConditions].filter(
    // Evidence that a pipeline pushed carries its own expiry.
    (item) => item.state !== 'skipped' && item.mode === 'enforce' && item.source !== 'evidence',
  )
  const late = items.find(
    ({ lastSuccessAt }) => lastSuccessAt === null || now - Date.parse(lastSuccessAt) > maxAge,
  )
  if (late === undefined) return []
  const age =
    late.lastSuccessAt === null
      ? 'was not seen whole'
      : `was last seen ${inWords(Math.max(0, now - Date.parse(late.lastSuccessAt)))} ago`
  const message = `${late.id} ${age}, and the request asks for ${inWords(maxAge)} at most`
  return demand('maxAge', 'unknown', 'too_old', message)
}

function expired(report: GateReport, now: Instant): readonly BlockerReport[] {
  const expiresAt = Date.parse(report.expiresAt)
  if (now <= expiresAt) return []
  const message = `the last evaluation expired ${inWords(now - expiresAt)} ago`
  return [root('evaluator/expired', 'unknown', 'expired', message, 'caracal-gate healthcheck --ready')]
}

/** What a request finds itself: it has no page of the runbook, and no time. */
function root(ref: string, state: string, reason: string, message: string, nextStep: string): BlockerReport {
  const own = { rootCause: true, explainedBy: null, title: null, since: null, runbookUrl: '' }
  return { ref, state, reason, message, nextStep, ...own }
}
