import type { GateReport } from '../contract/document.ts'
import { apiVersion } from '../contract/wire.ts'
import {
  addedLater,
  flag,
  listOf,
  longText,
  nullable,
  quantity,
  record,
  ShapeError,
  text,
  time,
  verbatim,
  type Read,
} from './shape.ts'

const observed = nullable(record({ value: quantity, unit: text }))
const threshold = record({ op: text, value: quantity, unit: text })

/** What checks and stop conditions have in common. */
const item = {
  id: text,
  mode: addedLater(text),
  modeUntil: addedLater(time),
  claim: text,
  source: text,
  state: text,
  reason: text,
  message: text,
  since: time,
  unknownReason: nullable(text),
  observed,
  threshold: nullable(threshold),
  culprits: listOf(
    record({
      key: text,
      message: text,
      target: nullable(text),
      since: nullable(time),
      observed,
      threshold: addedLater(threshold),
    }),
  ),
  culpritCount: quantity,
  lastAttemptAt: nullable(time),
  lastSuccessAt: nullable(time),
  runbookUrl: longText,
  nextStep: longText,
  flags: listOf(text),
}

const latch = record({
  at: time,
  message: text,
  acknowledged: nullable(record({ actor: text, reason: text, at: time })),
})

const blocker = record({
  ref: text,
  state: text,
  reason: text,
  message: text,
  rootCause: flag,
  title: addedLater(text),
  since: addedLater(time),
  nextStep: addedLater(longText),
  runbookUrl: addedLater(longText),
  explainedBy: addedLater(text),
})

const report = record({
  verdict: text,
  summary: text,
  index: verbatim,
  evaluatedAt: time,
  expiresAt: time,
  verdictSince: time,
  steadySeconds: quantity,
  requiredSteadySeconds: quantity,
  superseded: flag,
  release: record({ name: text, namespace: text }),
  rollout: record({ id: nullable(verbatim), phase: text, startedAt: nullable(time) }),
  rollback: record({ viable: text, message: text, advice: text }),
  blocking: listOf(blocker),
  notEnforced: addedLater(
    listOf(
      record({
        ref: text,
        mode: text,
        until: time,
        would: nullable(text),
        actor: nullable(text),
        reason: nullable(text),
      }),
    ),
  ),
  expiredShadows: addedLater(listOf(record({ ref: text }))),
  gates: listOf(
    record({
      id: text,
      title: text,
      mode: addedLater(text),
      state: text,
      since: time,
      required: flag,
      checks: listOf(record(item)),
    }),
  ),
  stopConditions: listOf(
    record({
      ...item,
      title: text,
      holdSeconds: quantity,
      latch: nullable(latch),
      lastEventAt: addedLater(time),
      countedSince: addedLater(time),
    }),
  ),
})

/** What is read, as far as the contract has it: a member that it lacks is `never`, and what uses it does not compile. */
type Within<Value, Wire> = Value extends readonly (infer Item)[]
  ? readonly Within<Item, Wire extends readonly (infer WireItem)[] ? WireItem : never>[]
  : Value extends object
    ? {
        readonly [Key in keyof Value]: Key extends keyof Wire
          ? Within<Value[Key], NonNullable<Wire[Key]>>
          : never
      }
    : Value

/**
 * The part of the document that the command line uses, with times in milliseconds since the Unix epoch. It takes any
 * text for a state: a newer exporter may have states that this command line does not know.
 */
export type Report = Within<Read<typeof report>, GateReport>
export type ReportedGate = Report['gates'][number]
export type ReportedCheck = ReportedGate['checks'][number]
export type ReportedStop = Report['stopConditions'][number]
export type Blocker = Report['blocking'][number]

export type Parsed =
  | { readonly ok: true; readonly report: Report; readonly document: unknown }
  | {
      readonly ok: false
      readonly reason: 'not_ours' | 'foreign_version' | 'malformed'
      readonly message: string
    }

/** Reads the body of an answer as a document of this version. Never throws. */
export function parseDocument(body: string): Parsed {
  let document: unknown
  try {
    document = JSON.parse(body)
  } catch {
    return { ok: false, reason: 'not_ours', message: 'the answer is not JSON' }
  }
  const version = versionOf(document)
  if (version === undefined)
    return { ok: false, reason: 'not_ours', message: 'the answer is JSON, but not a gate report' }
  if (version !== apiVersion)
    return {
      ok: false,
      reason: 'foreign_version',
      message: `the exporter speaks ${text(version, '')}, this caracal-gate speaks ${apiVersion}: use the caracal-gate of the exporter's release`,
    }
  try {
    return { ok: true, document, report: report(document, '') }
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    return {
      ok: false,
      reason: 'malformed',
      message: `the answer is not a whole gate report: ${error.message}`,
    }
  }
}

function versionOf(document: unknown): string | undefined {
  if (typeof document !== 'object' || document === null || !('apiVersion' in document)) return undefined
  return typeof document.apiVersion === 'string' ? document.apiVersion : undefined
}
