import * as z from 'zod'
import { units } from '../core/signal.ts'
import { textLimit } from './wire.ts'

/** Schemas of the values that documents are made of. */

/** RFC 3339 in UTC with milliseconds, e.g. `2026-11-22T20:15:00.000Z`. */
export const timestamp = z.iso.datetime({ precision: 3 })
export type Timestamp = z.infer<typeof timestamp>

export const text = z.string().max(textLimit)
export const count = z.int().min(0)
export const seconds = z.number().min(0)
export const unit = z.enum(units)

export function listOf<Schema extends z.ZodType>(schema: Schema, most?: number) {
  const list = z.array(schema)
  return (most === undefined ? list : list.max(most)).readonly()
}

export const observed = z.object({ value: z.number(), unit })
export type Observed = z.infer<typeof observed>

export const threshold = z.object({
  op: z.enum(['<=', '>=', '==']),
  value: z.number(),
  clear: z.number().nullable().describe('Where a breach ends, if that is another value.'),
  unit,
})
export type Threshold = z.infer<typeof threshold>
