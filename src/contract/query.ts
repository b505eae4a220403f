import * as z from 'zod'

/**
 * What can be asked for at `POST /api/v1/query`. None is a metric that we expose, so that a Prometheus that is asked in
 * place of the exporter has no value.
 *
 * - `caracal_gate_verdict`: 1 proceed, 0 hold, 2 stop.
 * - `caracal_gate_proceed_until_timestamp_seconds`: until when `proceed` is valid, in seconds since the epoch; 0 on hold and
 *   -1 on stop. So an answer that is repeated later shows its age.
 */
export const queryMetrics = ['caracal_gate_verdict', 'caracal_gate_proceed_until_timestamp_seconds'] as const
export type QueryMetric = (typeof queryMetrics)[number]

/** What Prometheus' clients send and take, as far as it is asked for and answered here. */
export const queryForm = z.object({
  query: z
    .string()
    .describe(`A selector of ${queryMetrics.join(' or ')} with labels that equal; rollout is needed.`),
  time: z
    .string()
    .describe('Now, give or take 5 minutes: seconds since the epoch, or RFC 3339.')
    .exactOptional(),
})

export const queryAnswer = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('vector'),
    result: z.tuple([
      z.object({
        metric: z.record(z.string(), z.string()).describe('The name and labels of the query.'),
        value: z
          .tuple([z.number(), z.string()])
          .describe('When it was evaluated, in seconds since the epoch, and the value.'),
      }),
    ]),
  }),
  warnings: z.array(z.string()).describe('Why it is not proceed.').exactOptional(),
})

export const queryError = z.object({
  status: z.literal('error'),
  errorType: z.literal('bad_data'),
  error: z.string(),
})

export type QueryAnswer = z.infer<typeof queryAnswer>
export type QueryError = z.infer<typeof queryError>
