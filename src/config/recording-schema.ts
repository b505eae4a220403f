import * as z from 'zod'
import { SECOND } from '../core/time.ts'
import { duration, path, size } from './fields.ts'

/** What rounds are recorded to; nothing is recorded without it. */
export const recordingSchema = z
  .strictObject({
    directory: path(
      'Directory of the recordings, which is created when it is absent. Without it nothing is recorded.',
    ),
    maxBytes: size('Most that the recordings take together; the oldest are removed first.').prefault(
      '256MiB',
    ),
    maxAge: duration('Recordings that are older are removed.', SECOND).prefault('72h'),
  })
  .exactOptional()
