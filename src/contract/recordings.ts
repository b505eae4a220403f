import * as z from 'zod'
import { count, listOf, text, timestamp } from './fields.ts'

/** Recordings, as documents list them. */

const recordingReport = z.object({
  name: z.string().describe('Also its file name: `GET /recordings/{name}`.'),
  from: timestamp,
  to: timestamp.describe('When it was last written to.'),
  bytes: count,
  rollouts: listOf(text).describe('Rollouts that were in progress when it began.'),
  complete: z
    .boolean()
    .describe(
      'Whether it was closed. If not, it is being written, or the exporter ended without closing it.',
    ),
  version: text.describe('Version of the exporter that wrote it.'),
  sequence: text
    .nullable()
    .describe(
      'The recordings of one sequence follow each other without a gap. A new one begins when the exporter starts, and when it could not record. Null where an earlier version wrote it.',
    ),
  part: count.nullable().describe('Its place in the sequence, from 1.'),
})

export const recordingList = z.object({
  enabled: z.boolean(),
  problem: text.nullable().describe('Why nothing is recorded although recording is on.'),
  dropped: count.describe('Rounds that were not recorded because writing was too slow.'),
  recordings: listOf(recordingReport).describe('Newest first.'),
})
export type RecordingList = z.infer<typeof recordingList>
