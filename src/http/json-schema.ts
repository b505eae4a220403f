import { z } from 'zod'
import * as bodies from './bodies.ts'
import { queryAnswer, queryError, queryForm } from './query-schema.ts'
import {
  envelopeDocument,
  gateDocument,
  gateReport,
  latch,
  problem,
  rolloutReport,
  stopConditionDocument,
  stopConditionList,
  text,
  timestamp,
  trends,
} from './schema.ts'

const health = z.object({ status: z.enum(['ok', 'unavailable']), message: z.string() })

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

const rollout = rolloutReport.omit({ baseline: true })

const look = z.object({
  target: text,
  at: timestamp,
  tookMilliseconds: z.number(),
  readings: z.int().nullable(),
  unknownReason: text.nullable(),
  reason: text.nullable(),
  message: text.nullable(),
})

/** Every document that the daemon reads or writes, by the name that OpenAPI gives it. */
export const schemas = {
  GateReport: gateReport,
  Envelope: envelopeDocument,
  Gate: gateDocument,
  StopConditionList: stopConditionList,
  StopCondition: stopConditionDocument,
  Trends: trends,
  RolloutList: z.object({ rollouts: z.array(rollout) }),
  RolloutDocument: rollout.extend({
    stops: z.array(z.object({ stopCondition: text, latch })),
    ledger: z.array(ledgerLine),
  }),
  ProbeDocument: z.object({ probe: text, successes: z.array(look), failures: z.array(look) }),
  QueryForm: queryForm,
  QueryAnswer: queryAnswer,
  QueryError: queryError,
  Health: health,
  Problem: problem,
  BeginBody: bodies.beginBody,
  FinishBody: bodies.finishBody,
  AcknowledgementBody: bodies.acknowledgementBody,
  EvidenceBody: bodies.evidenceBody,
} as const

/**
 * JSON Schema 2020-12 of a document.
 * @param closed whether members that the schema does not name are faults; within v1 members are added, so clients
 * must take a document that has more
 */
export function jsonSchema(name: keyof typeof schemas, closed = false): Record<string, unknown> {
  const schema = z.toJSONSchema(schemas[name], {
    target: 'draft-2020-12',
    io: closed ? 'output' : 'input',
    override: ({ jsonSchema: part }) => {
      delete part.readOnly
      // The format says it; the expression that checks leap years only makes the schema hard to read.
      if (part.format === 'date-time') delete part.pattern
    },
  })
  return { ...schema }
}

/** The published schema of the document of `GET /gates`. */
export function gatesSchema(): Record<string, unknown> {
  const { $schema, ...rest } = jsonSchema('GateReport')
  return {
    $schema,
    $id: 'https://gates.caracal.run/v1/gates.schema.json',
    title: 'GateReport',
    description:
      'Whether a rollout of the Caracal platform may proceed. Members may be added within v1; a state that a client does not know counts as unknown, a verdict that it does not know as hold.',
    ...rest,
  }
}
