import { choice, readOptions, required, UsageError, valueOf } from './arguments.ts'
import { evidencePush as command } from './evidence-commands.ts'
import { handIn, openSession } from './evidence.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import type { CliProcess } from './process.ts'

/** `caracal-gate evidence push`: hands in what somebody else found out, pass or fail. */
export async function evidencePush(process: CliProcess): Promise<ExitCode> {
  const given = readOptions(command, process.argv)
  const check = valueOf(given, 'CHECK')
  if (check === undefined || check === '' || check.length > 100)
    throw new UsageError(
      'the check is missing: caracal-gate evidence push CHECK, such as schema-compatibility',
    )
  required(given, command, 'outcome')
  const outcome = choice(given, 'outcome', ['pass', 'fail'])
  const message = required(given, command, 'message')
  const digest = valueOf(given, 'digest')
  if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new UsageError('--digest is none; allowed: sha256: and 64 hexadecimal digits')
  const session = await openSession(process, given, command.name)
  const code = await handIn(session, [{ check, outcome, message, ...(digest !== undefined && { digest }) }])
  return code === exitCodes.foundFail ? exitCodes.proceed : code
}
