import * as z from 'zod'
import { verdicts } from '../core/verdict.ts'
import { listOf, text, timestamp } from './fields.ts'
import { latchReport } from './items.ts'
import { expectedReport, pastRollout } from './rollouts.ts'
import { exportLimit, payloadType, predicateType, statementType } from './wire.ts'

/**
 * What `GET /rollouts/{id}/export` gives: what is known of one rollout, as an in-toto statement, signed or not. It is closed:
 * a member more or less is another version, so that a program that verifies it knows all that it says.
 */

const hex = z.string().regex(/^[0-9a-f]{64}$/)
const base64 = z.base64()

/** What an export may lack; empty when it has everything. */
export const lacking = ['verdicts', 'notEnforced', 'ledger', 'images', 'evidence', 'judgedBy'] as const
export type Lacking = (typeof lacking)[number]

const millis = z.number().describe('The same instant in milliseconds since the epoch.')

const turn = z.strictObject({
  at: timestamp,
  atMillis: millis,
  verdict: z.enum(verdicts),
  because: z.string().max(400),
  refs: listOf(text, 10).describe('`ref` of the root causes that blocked `proceed`, the first ten.'),
})
export type TurnReport = z.infer<typeof turn>

const line = z.strictObject({
  sequence: z.int(),
  at: timestamp,
  atMillis: millis,
  kind: text,
  subject: text,
  detail: text,
  from: text.nullable(),
  to: text.nullable(),
  rollout: text.nullable(),
  actor: z.string().max(700).nullable(),
  previous: hex,
  hash: hex.describe(
    'SHA-256, hex, of the JSON array [previous, sequence, atMillis, kind, subject, detail, from, to, rollout, actor] without spaces.',
  ),
})
export type ExportedLine = z.infer<typeof line>

const piece = z.strictObject({
  check: text,
  outcome: text,
  issuedAt: timestamp,
  expiresAt: timestamp,
  digest: text.nullable().describe('Digest of the manifest that it is about.'),
  content: z
    .string()
    .nullable()
    .describe('What the exporter held of it, as JSON text; null where that is too long to be kept.'),
  sha256: hex.describe('SHA-256, hex, of `content`.'),
})
export type PieceReport = z.infer<typeof piece>

const running = z.strictObject({
  component: text,
  container: text,
  role: text,
  image: text.describe('Name and tag, as the pod asks for it.'),
  digest: text.nullable().describe('What the status of the container reports.'),
  digestOf: z
    .enum(['content', 'configuration'])
    .nullable()
    .describe('`content` is a digest that registries know; `configuration` is an id of the runtime alone.'),
  revision: text.describe(
    '`target`: of the revision that the workload should have; `changed` by hand; `other`.',
  ),
  runs: z.boolean(),
  replicas: listOf(text),
})
export type RunningReport = z.infer<typeof running>

const waiver = z.strictObject({
  subject: text.describe('As the ledger names it: `gate/x`, `check/x` or `stop-condition/x`.'),
  mode: z.enum(['shadow', 'overridden']),
  at: timestamp.describe('When it was overridden, or was first seen in shadow in this rollout.'),
  until: timestamp.describe('When it was to count again; an override ends with its rollout at the latest.'),
  ended: timestamp.nullable().describe('When it counted again before that; null where it did not.'),
  actor: z.string().max(700).nullable().describe('Who overrode it; null for a shadow.'),
  reason: text.nullable(),
  latched: z.boolean().describe('The override also held for what was latched before it.'),
})
export type WaiverReport = z.infer<typeof waiver>

const closedLatch = z.strictObject(latchReport.shape).extend({
  acknowledged: z.strictObject({ actor: text, reason: text, at: timestamp }).nullable(),
})

const life = z.strictObject({ startedAt: timestamp, finishedAt: timestamp.nullable() })

const predicate = z.strictObject({
  complete: z.boolean().describe('The rollout has ended and nothing is lacking.'),
  lacking: listOf(z.enum(lacking)).describe(
    'Parts that are not whole: under way, cut by retention, or not seen.',
  ),
  asOf: timestamp
    .nullable()
    .describe('When a rollout that is under way was judged last; null when it has ended.'),
  rollout: z.strictObject({
    ...pastRollout.shape,
    expected: listOf(z.strictObject(expectedReport.shape)),
    forced: z.strictObject({ actor: text, reason: text }).nullable(),
    lives: listOf(life).describe(
      'All rollouts of this id that are remembered, oldest first; one of them is this.',
    ),
  }),
  release: z.strictObject({ name: text, namespace: text }),
  judgedBy: z
    .strictObject({
      version: text.describe('Of the exporter.'),
      configuration: text.describe(
        'SHA-256 of the effective configuration without its secrets: of the body of `GET /config` without the end of its line.',
      ),
    })
    .nullable(),
  verdicts: listOf(turn).describe('Each change of the verdict, oldest first.'),
  notEnforced: listOf(waiver).describe('What did not count in the rollout: in shadow, or overridden.'),
  stops: listOf(z.strictObject({ stopCondition: text, latch: closedLatch })),
  evidence: listOf(piece),
  images: listOf(running),
  ledger: listOf(z.array(line).min(1).readonly()).describe(
    'The ledger from the first line of the rollout to its last, in chains without a break.',
  ),
  signer: z
    .strictObject({
      keyid: hex.describe('SHA-256, hex, of the public key as DER.'),
      publicKey: base64.describe('DER of the SubjectPublicKeyInfo.'),
    })
    .nullable()
    .describe('Null: not signed. What it says of itself proves no origin; the key must come from elsewhere.'),
  integrity: z.strictObject({
    sha256: hex.describe('SHA-256, hex, of the statement without this member, as canonical JSON.'),
  }),
})

export const exportStatement = z.strictObject({
  _type: z.literal(statementType),
  subject: listOf(z.strictObject({ name: text, digest: z.strictObject({ sha256: hex }) })).describe(
    'The rollout, and each image that its new replicas run by a digest that registries know.',
  ),
  predicateType: z.literal(predicateType),
  predicate,
})
/** An in-toto statement about a rollout. */
export type Statement = z.infer<typeof exportStatement>
export type Predicate = Statement['predicate']

export const exportEnvelope = z.strictObject({
  payload: base64.max(exportLimit).describe('Base64 of the statement, as canonical JSON.'),
  payloadType: z.literal(payloadType),
  signatures: z
    .array(z.strictObject({ keyid: hex, sig: base64 }))
    .length(1)
    .readonly(),
})
/** The same in a DSSE envelope. */
export type Envelope = z.infer<typeof exportEnvelope>

export const rolloutExport = z.union([exportEnvelope, exportStatement])
