import { command } from './command.ts'
import { handIn, openSession, pushOptions, type Found } from './evidence.ts'
import { foundIn } from './evidence-file.ts'
import { exitCodes } from './exit-codes.ts'
import { needed, notAllowed, oneOf, path, text, UsageError } from './options.ts'

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
    outcome: oneOf(['pass', 'fail'], 'what was found'),
    message: text('TEXT', 'what was found, in words'),
    digest: text('sha256:HEX', 'digest of the manifest that it is about'),
    file: path(
      'FILE',
      'JSON with outcome, issuedAt, message and replicas, instead of --outcome and --message',
    ),
    ...pushOptions,
  },
  exits: [0, 5],
  examples: [
    [
      'caracal-gate evidence push schema-compatibility --outcome pass --message "1.0.0 was tested on this schema"',
      'after a test',
    ],
    ['caracal-gate evidence push canary --file result.json', 'what was found of each replica'],
  ],
  async run(process, values, check) {
    if (check.length > 100)
      throw notAllowed('CHECK', check, '1 to 100 characters, such as schema-compatibility')
    const found = await foundFrom(values, check)
    const session = await openSession(process, values, 'evidence push')
    const code = await handIn(session, [found])
    return code === exitCodes.foundFail ? exitCodes.proceed : code
  },
})

interface Given {
  readonly outcome: 'pass' | 'fail' | undefined
  readonly message: string | undefined
  readonly digest: string | undefined
  readonly file: string | undefined
}

async function foundFrom({ outcome, message, digest, file }: Given, check: string): Promise<Found> {
  if (file !== undefined) {
    if (outcome !== undefined || message !== undefined || digest !== undefined)
      throw new UsageError('give either --file or --outcome and --message, with --digest if any')
    return foundIn(file, check)
  }
  if (outcome === undefined) throw new UsageError('missing --outcome pass|fail, or --file FILE')
  if (message === undefined) throw new UsageError('missing --message TEXT')
  if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw notAllowed('--digest', digest, 'sha256: and 64 hexadecimal digits')
  return { check, outcome, message, ...(digest !== undefined && { digest }) }
}
