import { z } from 'zod'
import { phases, rolloutIdAllowed, rolloutIdPattern } from './contract.ts'

/** A person's or a pipeline's words: one line or a few, never a document. */
const words = z.string().trim().min(1).max(300)
const id = z.string().trim().min(1).max(200)
const rolloutId = z.string().trim().regex(rolloutIdPattern, rolloutIdAllowed)

const by = {
  actor: words.describe('Who acts: a person or a pipeline run.'),
  reason: words.describe('Why; it stands in the ledger.'),
}

export const beginBody = z.strictObject({
  id: rolloutId.describe('Name of the rollout; the same id again is the same rollout.'),
  ...by,
  phase: z.enum(phases).exclude(['idle', 'done', 'failed']).exactOptional(),
  revision: id.exactOptional(),
  chart: id.exactOptional(),
  images: z.record(z.string().max(100), z.string().max(300)).exactOptional(),
  supersede: z.boolean().describe('Ends a rollout that is under way in favour of this one.').exactOptional(),
})

export const finishBody = z
  .strictObject({
    outcome: z.enum(['done', 'failed']).describe('`done` takes all required gates to pass and no stop.'),
    force: z
      .boolean()
      .describe(
        'Ends it as done although not everything is proven. It is recorded, and the rollout never proceeds by it.',
      )
      .exactOptional(),
    ...by,
  })
  .refine(({ outcome, force }) => outcome === 'done' || force !== true, {
    path: ['force'],
    error: 'only with the outcome done',
  })

export const acknowledgementBody = z.strictObject({
  stopCondition: id,
  rollout: id.describe('Refuses when another rollout is current.').exactOptional(),
  ...by,
})

export const evidenceBody = z.strictObject({
  outcome: z.enum(['pass', 'fail']),
  message: words.exactOptional(),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 hexadecimal digits')
    .describe('Digest of the manifest that the evidence is about.')
    .exactOptional(),
  rollout: id
    .describe(
      'The rollout that it is about; it may be pushed before that begins. Without it, it counts for any.',
    )
    .exactOptional(),
  issuedAt: z.iso
    .datetime({ offset: true })
    .describe('When it was found out; now, unless given. It counts from then, and nothing older replaces it.')
    .exactOptional(),
  validForSeconds: z
    .int()
    .min(1)
    .max(30 * 24 * 3600)
    .describe('For how long it counts, from when it was issued.'),
  ...by,
})

export type BeginBody = z.infer<typeof beginBody>
export type FinishBody = z.infer<typeof finishBody>
export type AcknowledgementBody = z.infer<typeof acknowledgementBody>
export type EvidenceBody = z.infer<typeof evidenceBody>
