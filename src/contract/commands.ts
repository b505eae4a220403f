import * as z from 'zod'
import { readExpected, type Expected, type ExpectedWords } from '../core/expected.ts'
import { canaryComponents, canarySteps } from '../core/pushed.ts'
import { phases } from '../core/rollout.ts'
import { SECOND } from '../core/time.ts'
import { LONGEST_OVERRIDE } from '../core/waiver.ts'

/**
 * The id of a rollout: letters, digits and `. _ ~ : @ + = , -`, in parts between `/` that begin with a letter or a digit.
 * Such an id needs no escaping in a path, a label or a line of a log, and none of its parts names another folder.
 */
const rolloutIdPattern =
  /^(?=.{1,200}$)[A-Za-z0-9][A-Za-z0-9._~:@+=,-]*(?:\/[A-Za-z0-9][A-Za-z0-9._~:@+=,-]*)*$/
const rolloutIdAllowed =
  'letters, digits and . _ ~ : @ + = , - in parts that begin with a letter or digit, with / between them, at most 200'

/** A person's or a pipeline's words: one line or a few, never a document. */
const words = z.string().trim().min(1).max(300)
const id = z.string().trim().min(1).max(200)
const rolloutId = z.string().trim().regex(rolloutIdPattern, rolloutIdAllowed)

const by = {
  actor: words.describe('Who acts: a person or a pipeline run.'),
  reason: words.describe('Why; the ledger keeps it.'),
}

export const beginBody = z
  .strictObject({
    id: rolloutId.describe('Name of the rollout; the same id again is the same rollout.'),
    ...by,
    phase: z.enum(phases).exclude(['idle', 'done', 'failed']).exactOptional(),
    revision: z.string().describe('Revision of the Helm release that must arrive.').exactOptional(),
    chart: z.string().describe('Chart with its version that must arrive.').exactOptional(),
    appVersion: z.string().describe('Application version of the chart that must arrive.').exactOptional(),
    images: z
      .record(z.string(), z.string())
      .describe('Image that must arrive, by component or `component/container`.')
      .exactOptional(),
    digests: z
      .record(z.string(), z.union([z.string(), z.array(z.string()).min(1)]))
      .describe('Digest, or digests of which any will do, by component or `component/container`.')
      .exactOptional(),
    supersede: z
      .boolean()
      .describe('Ends a rollout that is under way in favour of this one.')
      .exactOptional(),
  })
  .superRefine((body, context) => {
    for (const { field, value, allowed } of readExpected(expectedWordsOf(body)).faults) {
      const subject = value.split('=', 1)
      const path =
        field === 'image' ? ['images', ...subject] : field === 'digest' ? ['digests', ...subject] : [field]
      context.addIssue({ code: 'custom', path, message: allowed })
    }
  })

interface ExpectedBody {
  readonly images?: Readonly<Record<string, string>>
  readonly digests?: Readonly<Record<string, string | readonly string[]>>
  readonly revision?: string
  readonly chart?: string
  readonly appVersion?: string
}

function expectedWordsOf({
  images = {},
  digests = {},
  revision,
  chart,
  appVersion,
}: ExpectedBody): ExpectedWords {
  return {
    image: Object.entries(images).map(([subject, image]) => `${subject}=${image}`),
    digest: Object.entries(digests).flatMap(([subject, given]) =>
      [given].flat().map((digest) => `${subject}=${digest}`),
    ),
    ...(revision !== undefined && { revision }),
    ...(chart !== undefined && { chart }),
    ...(appVersion !== undefined && { appVersion }),
  }
}

/** What a body that was found valid declares; undefined when it declares nothing. */
export function expectedIn(body: ExpectedBody): Expected | undefined {
  return readExpected(expectedWordsOf(body)).expected
}

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
  actor: words.describe('Who acts; without it, the name of the token.').exactOptional(),
  reason: by.reason,
})

export const overrideBody = z
  .strictObject({
    item: id.describe('Id of a gate, a check or a stop condition.'),
    until: z.iso
      .datetime({ offset: true })
      .describe('When it ends, at most 24 hours from now; or `forSeconds`.')
      .exactOptional(),
    forSeconds: z
      .int()
      .min(1)
      .max(LONGEST_OVERRIDE / SECOND)
      .describe('For how long it holds; or `until`.')
      .exactOptional(),
    latched: z
      .boolean()
      .describe('It also holds for what was latched before it. Without it, such an override is refused.')
      .exactOptional(),
    replace: z
      .boolean()
      .describe('In place of an override of the same item. Without it, a second one is refused.')
      .exactOptional(),
    rollout: id.describe('Refuses when another rollout is current.').exactOptional(),
    actor: words.describe('Who acts; without it, the name of the token.').exactOptional(),
    reason: by.reason,
  })
  .refine(({ until, forSeconds }) => (until === undefined) !== (forSeconds === undefined), {
    path: ['until'],
    error: 'exactly one of until and forSeconds',
  })

export const overrideEndBody = z.strictObject({
  actor: words.describe('Who acts; without it, the name of the token.').exactOptional(),
  reason: by.reason,
})

const replicaEntry = z.strictObject({
  component: z.enum(canaryComponents),
  replica: z
    .string()
    .trim()
    .min(1)
    .max(253)
    .describe('Name of the replica, as the exporter lists it, or its address.'),
  outcome: z.enum(['pass', 'fail', 'unknown']),
  step: z
    .enum(canarySteps)
    .describe('The step that decided; needed unless the outcome is `pass`.')
    .exactOptional(),
  reason: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,63}$/, 'a code in lower case, such as wrong_reason')
    .describe('Short stable code of what was found.')
    .exactOptional(),
  message: z.string().trim().max(300).exactOptional(),
})

const evidenceFields = z.strictObject({
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
  replicas: z
    .array(replicaEntry)
    .min(1)
    .max(512)
    .describe(
      'What was found of each replica, for the check `canary`; of several entries of one the worst counts.',
    )
    .exactOptional(),
  ...by,
})

export const evidenceBody = evidenceFields.superRefine(({ outcome, replicas = [] }, context) => {
  for (const [n, entry] of replicas.entries()) {
    if (outcome === 'pass' && entry.outcome !== 'pass') {
      const message = `pass, as the outcome of all says; ${entry.component}/${entry.replica} did not pass`
      context.addIssue({ code: 'custom', path: ['replicas', n, 'outcome'], message })
    }
    if (entry.outcome !== 'pass' && entry.step === undefined) {
      const message = canarySteps.join(', ')
      context.addIssue({ code: 'custom', path: ['replicas', n, 'step'], message })
    }
  }
})

export type BeginBody = z.infer<typeof beginBody>
export type FinishBody = z.infer<typeof finishBody>
export type AcknowledgementBody = z.infer<typeof acknowledgementBody>
export type OverrideBody = z.infer<typeof overrideBody>
export type OverrideEndBody = z.infer<typeof overrideEndBody>
export type EvidenceBody = z.infer<typeof evidenceBody>
export type ReplicaEntry = z.infer<typeof replicaEntry>
