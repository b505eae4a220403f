import * as z from 'zod'
import * as commands from '../contract/commands.ts'
import * as documents from '../contract/document.ts'
import { rolloutExport } from '../contract/exports.ts'
import { problem } from '../contract/problem.ts'
import { queryAnswer, queryError, queryForm } from '../contract/query.ts'
import { recordingList } from '../contract/recordings.ts'
import { rolloutDocument, rolloutList } from '../contract/rollouts.ts'

/** Every document that the daemon reads or writes, by the name that OpenAPI gives it. */
export const schemas = {
  GateReport: documents.gateReport,
  Envelope: documents.envelopeDocument,
  Gate: documents.gateDocument,
  StopConditionList: documents.stopConditionList,
  StopCondition: documents.stopConditionDocument,
  Trends: documents.trends,
  RolloutList: rolloutList,
  RolloutDocument: rolloutDocument,
  RolloutExport: rolloutExport,
  ProbeDocument: documents.probeDocument,
  RecordingList: recordingList,
  QueryForm: queryForm,
  QueryAnswer: queryAnswer,
  QueryError: queryError,
  Health: documents.health,
  Problem: problem,
  BeginBody: commands.beginBody,
  FinishBody: commands.finishBody,
  AcknowledgementBody: commands.acknowledgementBody,
  OverrideBody: commands.overrideBody,
  OverrideEndBody: commands.overrideEndBody,
  EvidenceBody: commands.evidenceBody,
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
