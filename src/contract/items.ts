import * as z from 'zod'
import { answers } from '../core/finding.ts'
import { checkStates, sources } from '../core/gate.ts'
import { unknownReasons } from '../core/observation.ts'
import { stopKinds, stopStates } from '../core/stop.ts'
import { count, listOf, observed, seconds, text, threshold, timestamp } from './fields.ts'
import { counted } from './modes.ts'
import { culpritLimit, flags } from './wire.ts'

/** Checks, gates and stop conditions, as documents report them. */

export const culprit = z
  .object({
    key: text,
    answer: z.enum(answers),
    reason: text,
    message: text,
    target: text.nullable(),
    since: timestamp.nullable(),
    observed: observed.nullable(),
    threshold: threshold
      .nullable()
      .describe('In the unit of `observed`; another subject of the item may have a limit in another unit.'),
  })
  .describe('A subject that the item blames: a replica, a consumer group, a table.')
export type Culprit = z.infer<typeof culprit>

const item = z.object({
  id: text,
  ...counted,
  claim: text.describe('What holds when all is well, as a sentence.'),
  source: z.enum(sources),
  reason: text.describe('Short stable code of the worst finding.'),
  message: text,
  since: timestamp,
  unknownReason: z.enum(unknownReasons).nullable(),
  observed: observed.nullable(),
  threshold: threshold.nullable(),
  target: text.nullable(),
  culprits: listOf(culprit, culpritLimit).describe('Worst first; `culpritCount` counts all of them.'),
  culpritCount: count,
  lastAttemptAt: timestamp.nullable().describe('The oldest of the probe attempts that the item rests on.'),
  lastSuccessAt: timestamp
    .nullable()
    .describe('The oldest success that the item rests on; null while a target never had one.'),
  runbookUrl: z.string().max(2_000),
  nextStep: z
    .string()
    .max(1_000)
    .describe(
      'A command to paste into a POSIX shell. Where the item blames no subject, it asks all of them.',
    ),
  flags: listOf(z.enum(flags), flags.length),
})
/** What checks and stop conditions have in common. */
export type Item = z.infer<typeof item>

export const checkReport = item.extend({
  state: z.enum(checkStates),
  failAfterSeconds: seconds,
  warmUpSeconds: seconds,
})
export type CheckReport = z.infer<typeof checkReport>

export const gateItem = z.object({
  id: text,
  title: text,
  state: z.enum(checkStates),
  since: timestamp,
  ...counted,
  required: z.boolean().describe('False when the gate is switched off or does not count.'),
  checks: listOf(checkReport),
})
export type GateItem = z.infer<typeof gateItem>

const acknowledgementReport = z.object({ actor: text, reason: text, at: timestamp })

export const latchReport = z
  .object({
    at: timestamp,
    reason: text,
    message: text,
    culprits: listOf(text, culpritLimit),
    preexisting: z.boolean(),
    acknowledged: acknowledgementReport.nullable(),
  })
  .describe('The stop condition fired during this rollout.')
export type LatchReport = z.infer<typeof latchReport>

export const stopConditionReport = item.extend({
  title: text,
  state: z.enum(stopStates),
  kind: z.enum(stopKinds),
  holdSeconds: seconds,
  clearAfterSeconds: seconds,
  latch: latchReport.nullable(),
  latchedAt: timestamp.nullable(),
  acknowledged: z.boolean(),
  preexisting: z.boolean(),
  speaksForRollback: z
    .boolean()
    .describe('It fires or is latched, was observed, and was not firing before the rollout.'),
  firings: count,
  lastEventAt: timestamp
    .nullable()
    .describe('When the newest event, or the breach that lasts, was last observed; null when there is none.'),
  countedSince: timestamp
    .nullable()
    .describe(
      'In a rollout, since when `observed` counts events: the begin or the acknowledgement after it.',
    ),
  overSince: timestamp
    .nullable()
    .describe('Since when everything is well while the stop condition still fires.'),
  clearsAt: timestamp
    .nullable()
    .describe('When it clears if no event follows; an acknowledgement can end it sooner.'),
})
export type StopConditionReport = z.infer<typeof stopConditionReport>
