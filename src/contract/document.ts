import * as z from 'zod'
import { unknownReasons } from '../core/observation.ts'
import { askedPhases } from '../core/rollout.ts'
import { verdicts } from '../core/verdict.ts'
import { listOf, seconds, text, threshold, timestamp, unit } from './fields.ts'
import { gateItem, stopConditionReport } from './items.ts'
import { waiverLists } from './modes.ts'
import { expectedReport, rolloutReport } from './rollouts.ts'
import { apiVersion } from './wire.ts'

/**
 * The documents of version v1, which pipelines, dashboards and the command line read. Within v1, members are only
 * added. A client treats a state that it does not know as `unknown`, and a verdict that it does not know as `hold`.
 */

export const blockerReport = z
  .object({
    ref: text.describe(
      'Path in the document: `stop-conditions/x`, `gates/x/checks/y` or `gates/x`; `causes/x` for a cause that is neither, `evaluator/x` for the exporter itself, `rollout`, or `request/x` for a demand of the request.',
    ),
    state: text,
    reason: text,
    message: text,
    rootCause: z.boolean(),
    explainedBy: text.nullable().describe('`ref` of the root cause that explains it; null for a root cause.'),
    title: text.nullable().describe('A heading; null where the message says all.'),
    since: timestamp.nullable().describe('Since when it is so, where that is known.'),
    nextStep: z.string().max(2_000).describe('A command to begin with; empty where there is none.'),
    runbookUrl: z.string().max(2_000).describe('Its page of the runbook; empty where there is none.'),
  })
  .describe('What keeps the verdict from `proceed`.')
export type BlockerReport = z.infer<typeof blockerReport>

const rollbackReport = z.object({
  viable: z.enum(['yes', 'no', 'unknown']),
  reason: text,
  message: text,
  advice: z.enum(['rollback', 'roll_forward', 'none']),
})
export type RollbackReport = z.infer<typeof rollbackReport>

const ratio = z.number().min(0).max(1)

const evaluatorReport = z.object({
  version: text,
  instance: text,
  startedAt: timestamp,
  cadence: z.enum(['quiet', 'brisk']),
  configHash: text,
  punctuality: z
    .object({
      ok: z.boolean(),
      stalledRatio: ratio.describe('Part of the time in which the daemon stalled while it had work.'),
      longestStallSeconds: seconds,
      cpuWaitRatio: ratio
        .nullable()
        .describe(
          'Part of the time in which the daemon waited for a CPU; null where the kernel does not say.',
        ),
      message: text,
    })
    .describe('How punctual the daemon was in the last 10 s. While not `ok`, the verdict is not `proceed`.'),
  stateStore: z.object({ ok: z.boolean(), message: text }),
  configReload: z.object({ ok: z.boolean(), at: timestamp, message: text }),
  externalUrl: z
    .string()
    .max(2_000)
    .nullable()
    .describe('The address by which people reach it, `http.externalUrl`; null where that is not set.'),
  pod: z
    .object({
      namespace: text,
      name: text,
      tokenFile: text
        .nullable()
        .describe('Path there of the file of a token that may acknowledge; null where there is none.'),
    })
    .nullable()
    .describe('The pod in which it runs, for `kubectl exec`; null outside of a cluster.'),
})
export type EvaluatorReport = z.infer<typeof evaluatorReport>

const envelope = z.object({
  apiVersion: z.literal(apiVersion),
  verdict: z.enum(verdicts),
  summary: text,
  index: text.describe(
    'Opaque. It moves when a state, a reason, a culprit, a latch or the verdict changes, never for a number alone.',
  ),
  evaluatedAt: timestamp,
  expiresAt: timestamp.describe('After this instant, treat the verdict as unknown.'),
})
/** What every answer about the verdict begins with. */
export type Envelope = z.infer<typeof envelope>

/** The document of `GET /gates`. */
export const gateReport = envelope.extend({
  kind: z.literal('GateReport'),
  verdictSince: timestamp,
  steadySeconds: seconds,
  requiredSteadySeconds: seconds,
  superseded: z.boolean().describe('The request asked about a rollout that is not the current one.'),
  demanded: expectedReport
    .nullable()
    .describe('What the request demands to have arrived, besides what was declared.'),
  askedPhase: z
    .enum(askedPhases)
    .nullable()
    .describe('The phase that the request asked about; null for the whole question, as in `verifying`.'),
  release: z.object({ name: text, namespace: text }),
  rollout: rolloutReport,
  rollback: rollbackReport,
  blocking: listOf(blockerReport).describe('Root causes first.'),
  ...waiverLists,
  gates: listOf(gateItem),
  stopConditions: listOf(stopConditionReport),
  evaluator: evaluatorReport,
})
export type GateReport = z.infer<typeof gateReport>

/** The answer to `document=envelope`, for clients that keep every answer. */
export const envelopeDocument = envelope.extend({ kind: z.literal('Envelope') })
export type EnvelopeDocument = z.infer<typeof envelopeDocument>

/** The answer of `GET /gates/{gate}`. */
export const gateDocument = envelope.extend({ kind: z.literal('Gate'), gate: gateItem })
export type GateDocument = z.infer<typeof gateDocument>

/** The answer of `GET /stop-conditions`. */
export const stopConditionList = envelope.extend({
  kind: z.literal('StopConditionList'),
  stopConditions: listOf(stopConditionReport),
})
export type StopConditionList = z.infer<typeof stopConditionList>

/** The answer of `GET /stop-conditions/{id}`. */
export const stopConditionDocument = envelope.extend({
  kind: z.literal('StopCondition'),
  stopCondition: stopConditionReport,
})
export type StopConditionDocument = z.infer<typeof stopConditionDocument>

const trendPoint = z
  .tuple([z.number(), z.number().nullable()])
  .readonly()
  .describe('The begin of an interval in seconds since the epoch, and its worst value; null if unknown.')
export type TrendPoint = z.infer<typeof trendPoint>

const trendSeries = z.object({
  ref: text.describe(
    'Path in the document: `stop-conditions/x` or `gates/x/checks/y`. One that judges by two units has two series.',
  ),
  title: text,
  unit,
  threshold: threshold.nullable(),
  points: listOf(trendPoint),
})
export type TrendSeries = z.infer<typeof trendSeries>

/** The answer of `GET /trends`: what checks and stop conditions judged by, over time. */
export const trends = z.object({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('Trends'),
  intervalSeconds: seconds,
  series: listOf(trendSeries),
})
export type Trends = z.infer<typeof trends>

const probeAttempt = z.object({
  target: text,
  at: timestamp,
  tookMilliseconds: z.number(),
  readings: z.int().nullable(),
  unknownReason: z.enum(unknownReasons).nullable(),
  reason: text.nullable(),
  message: text.nullable(),
})
export type ProbeAttempt = z.infer<typeof probeAttempt>

/** The answer of `GET /debug/probes/{probe}`. */
export const probeDocument = z.object({
  probe: text,
  successes: listOf(probeAttempt),
  failures: listOf(probeAttempt),
})
export type ProbeDocument = z.infer<typeof probeDocument>

/** The answer of `GET /healthz` and `GET /readyz`. */
export const health = z.object({ status: z.enum(['ok', 'unavailable']), message: z.string() })
export type Health = z.infer<typeof health>
