import { command } from './command.ts'
import { handIn, openSession, pushOptions } from './evidence.ts'
import { exitCodes } from './exit-codes.ts'
import { needed, notAllowed, oneOf, text } from './options.ts'

/** `caracal-gate evidence push`: hands in what was found out by other means, pass or fail. */
export const evidencePush = command({
  name: 'evidence push',
  area: 'tell',
  says: 'push what was found out by other means',
  more: [
    'Takes CHECK, such as schema-compatibility: caracal-gate status lists them. The exporter refuses evidence for a check that it measures.',
    'Exits 0 when it was pushed, pass or fail, and 5 when not.',
  ],
  argument: needed(text('CHECK', 'the check that it is for', { completes: 'checks' })),
  options: {
    outcome: needed(oneOf(['pass', 'fail'], 'what was found')),
    message: needed(text('TEXT', 'what was found, in words')),
    digest: text('sha256:HEX', 'digest of the manifest that it is about'),
    ...pushOptions,
  },
  exits: [0, 5],
  examples: [
    [
      'caracal-gate evidence push schema-compatibility --outcome pass --message "1.0.0 was tested on this schema"',
      'after a test',
    ],
  ],
  async run(process, values, check) {
    const { outcome, message, digest } = values
    if (check.length > 100)
      throw notAllowed('CHECK', check, '1 to 100 characters, such as schema-compatibility')
    if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest))
      throw notAllowed('--digest', digest, 'sha256: and 64 hexadecimal digits')
    const session = await openSession(process, values, 'evidence push')
    const code = await handIn(session, [{ check, outcome, message, ...(digest !== undefined && { digest }) }])
    return code === exitCodes.foundFail ? exitCodes.proceed : code
  },
})
