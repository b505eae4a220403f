import * as z from 'zod'
import { detections, phases } from '../core/rollout.ts'
import { latchReport } from './items.ts'
import { listOf, text, timestamp } from './fields.ts'

/** Rollouts and the ledger, as documents report them. */

export const expectedReport = z
  .object({
    images: z.record(z.string(), text),
    digests: z.record(z.string(), listOf(text)).describe('Any one digest of a subject is enough.'),
    revision: text.nullable(),
    chart: text.nullable(),
    appVersion: text.nullable(),
  })
  .describe('What must arrive, all of it; images and digests by component or `component/container`.')
export type ExpectedReport = z.infer<typeof expectedReport>

export const rolloutReport = z.object({
  id: text.nullable(),
  phase: z.enum(phases),
  startedAt: timestamp.nullable(),
  finishedAt: timestamp.nullable(),
  detectedBy: z.enum(detections).nullable(),
  actor: text.nullable(),
  reason: text.nullable(),
  revision: text.nullable(),
  chart: text.nullable(),
  images: z.record(z.string(), text),
  expected: listOf(expectedReport).describe(
    'What was declared and must arrive. `revision`, `chart` and `images` are what is observed.',
  ),
  forced: z
    .object({ actor: text, reason: text })
    .nullable()
    .describe('Who finished the rollout as done without proof, and why.'),
  supersededBy: text.nullable().describe('The rollout that replaced this one before it ended.'),
  baseline: z
    .object({ capturedAt: timestamp, counts: z.record(z.string(), z.number()) })
    .nullable()
    .describe('What counts are compared with; an acknowledgement or a settled window moves a count.'),
})
export type RolloutReport = z.infer<typeof rolloutReport>

export const pastRollout = rolloutReport.omit({ baseline: true })
/** A rollout as the history lists it. */
export type PastRollout = z.infer<typeof pastRollout>

const ledgerLine = z.object({
  sequence: z.int(),
  at: timestamp,
  atMillis: z
    .number()
    .describe('The same instant in milliseconds since the epoch, exactly as the hash covers it.'),
  kind: text,
  subject: text,
  message: text,
  actor: text.nullable(),
  reason: text.nullable(),
  detail: text.describe('What was written down, exactly as the hash covers it.'),
  from: text.nullable(),
  to: text.nullable(),
  rollout: text.nullable(),
  previous: z.string().describe('The hash of the line that was chained before this one.'),
  hash: z
    .string()
    .describe(
      'SHA-256, hex, of the JSON array [previous, sequence, atMillis, kind, subject, detail, from, to, rollout, actor] without spaces.',
    ),
})
export type LedgerLineReport = z.infer<typeof ledgerLine>

export const rolloutList = z.object({ rollouts: listOf(pastRollout) })
export type RolloutList = z.infer<typeof rolloutList>

export const rolloutDocument = pastRollout.extend({
  stops: listOf(z.object({ stopCondition: text, latch: latchReport })),
  ledger: listOf(ledgerLine),
})
export type RolloutDocument = z.infer<typeof rolloutDocument>
