import { z } from 'zod'
import * as contract from '../contract/document.ts'
import { culpritLimit, textLimit } from './forms.ts'

/** RFC 3339 in UTC with milliseconds. */
export const timestamp = z.iso.datetime({ precision: 3 })
export const text = z.string().max(textLimit)
const name = z.string().max(textLimit)
const count = z.int().min(0)
const seconds = z.number().min(0)
const unit = z.enum(contract.units)

function listOf<Schema extends z.ZodType>(schema: Schema, max: number) {
  return z.array(schema).max(max).readonly()
}

const observed = z.object({ value: z.number(), unit })

const threshold = z.object({
  op: z.enum(['<=', '>=', '==']),
  value: z.number(),
  clear: z.number().nullable(),
  unit,
})

const culprit = z.object({
  key: name,
  answer: z.enum(contract.answers),
  reason: name,
  message: text,
  target: name.nullable(),
  since: timestamp.nullable(),
  observed: observed.nullable(),
  threshold: threshold.nullable(),
})

const item = z.object({
  id: name,
  claim: text,
  source: z.enum(contract.sources),
  reason: name,
  message: text,
  since: timestamp,
  unknownReason: z.enum(contract.unknownReasons).nullable(),
  observed: observed.nullable(),
  threshold: threshold.nullable(),
  target: name.nullable(),
  culprits: listOf(culprit, culpritLimit),
  culpritCount: count,
  lastAttemptAt: timestamp.nullable(),
  lastSuccessAt: timestamp.nullable(),
  runbookUrl: z.string().max(2_000),
  nextStep: z.string().max(1_000),
  flags: listOf(z.enum(contract.flags), contract.flags.length),
})

const check = item.extend({
  state: z.enum(contract.checkStates),
  failAfterSeconds: seconds,
  warmUpSeconds: seconds,
})

const gate = z.object({
  id: name,
  title: text,
  state: z.enum(contract.checkStates),
  since: timestamp,
  required: z.boolean(),
  checks: z.array(check).readonly(),
})

export const latch = z.object({
  at: timestamp,
  reason: name,
  message: text,
  culprits: listOf(name, culpritLimit),
  preexisting: z.boolean(),
  acknowledged: z.object({ actor: name, reason: text, at: timestamp }).nullable(),
})

const stopCondition = item.extend({
  title: text,
  state: z.enum(contract.stopStates),
  kind: z.enum(contract.stopKinds),
  holdSeconds: seconds,
  clearAfterSeconds: seconds,
  latch: latch.nullable(),
  latchedAt: timestamp.nullable(),
  acknowledged: z.boolean(),
  preexisting: z.boolean(),
  speaksForRollback: z.boolean(),
  firings: count,
  lastEventAt: timestamp.nullable(),
  countedSince: timestamp.nullable(),
  overSince: timestamp.nullable(),
  clearsAt: timestamp.nullable(),
})

const blocker = z.object({
  ref: name,
  state: name,
  reason: name,
  message: text,
  rootCause: z.boolean(),
})

const expected = z.object({
  images: z.record(z.string(), name),
  digests: z.record(z.string(), z.array(name).readonly()),
  revision: name.nullable(),
  chart: name.nullable(),
  appVersion: name.nullable(),
})

export const rolloutReport = z.object({
  id: name.nullable(),
  phase: z.enum(contract.phases),
  startedAt: timestamp.nullable(),
  finishedAt: timestamp.nullable(),
  detectedBy: z.enum(contract.detections).nullable(),
  actor: name.nullable(),
  reason: text.nullable(),
  revision: name.nullable(),
  chart: name.nullable(),
  images: z.record(z.string(), name),
  expected: z.array(expected).readonly(),
  forced: z.object({ actor: name, reason: text }).nullable(),
  supersededBy: name.nullable(),
  baseline: z.object({ capturedAt: timestamp, counts: z.record(z.string(), z.number()) }).nullable(),
})

const rollback = z.object({
  viable: z.enum(['yes', 'no', 'unknown']),
  reason: name,
  message: text,
  advice: z.enum(['rollback', 'roll_forward', 'none']),
})

const evaluator = z.object({
  version: name,
  instance: name,
  startedAt: timestamp,
  cadence: z.enum(['quiet', 'brisk']),
  configHash: name,
  punctuality: z.object({
    ok: z.boolean(),
    stalledRatio: z.number().min(0).max(1),
    longestStallSeconds: seconds,
    cpuWaitRatio: z.number().min(0).max(1).nullable(),
    message: text,
  }),
  stateStore: z.object({ ok: z.boolean(), message: text }),
  configReload: z.object({ ok: z.boolean(), at: timestamp, message: text }),
})

const envelope = z.object({
  apiVersion: z.literal(contract.apiVersion),
  verdict: z.enum(contract.verdicts),
  summary: text,
  index: name,
  evaluatedAt: timestamp,
  expiresAt: timestamp,
})

export const gateReport = envelope.extend({
  kind: z.literal('GateReport'),
  verdictSince: timestamp,
  steadySeconds: seconds,
  requiredSteadySeconds: seconds,
  superseded: z.boolean(),
  demanded: expected.nullable(),
  askedPhase: z.enum(contract.askedPhases).nullable(),
  release: z.object({ name, namespace: name }),
  rollout: rolloutReport,
  rollback,
  blocking: z.array(blocker).readonly(),
  gates: z.array(gate).readonly(),
  stopConditions: z.array(stopCondition).readonly(),
  evaluator,
})

export const envelopeDocument = envelope.extend({ kind: z.literal('Envelope') })
export const gateDocument = envelope.extend({ kind: z.literal('Gate'), gate })
export const stopConditionDocument = envelope.extend({ kind: z.literal('StopCondition'), stopCondition })
export const stopConditionList = envelope.extend({
  kind: z.literal('StopConditionList'),
  stopConditions: z.array(stopCondition).readonly(),
})

export const trends = z.object({
  apiVersion: z.literal(contract.apiVersion),
  kind: z.literal('Trends'),
  intervalSeconds: seconds,
  series: z
    .array(
      z.object({
        ref: text,
        title: text,
        unit,
        threshold: threshold.nullable(),
        points: z.array(z.tuple([z.number(), z.number().nullable()]).readonly()).readonly(),
      }),
    )
    .readonly(),
})

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  allowed: z.array(z.string()).readonly().exactOptional(),
  faults: z
    .array(z.object({ parameter: z.string(), value: z.string(), allowed: z.string() }))
    .readonly()
    .exactOptional(),
})
