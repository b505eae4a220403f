import { commandIn, type Commands } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { UsageError } from './options.ts'
import type { CliProcess } from './process.ts'
import { printable } from './text.ts'

/**
 * Runs what the arguments ask for and gives the exit code. A wrong call is a message; anything else that is thrown is an
 * error of ours.
 */
export async function run(process: CliProcess, commands: Commands): Promise<number> {
  const { argv, stdout, stderr } = process
  const [first = ''] = argv
  try {
    // Without the parser: a health check and a pipeline's first line need not wait for it.
    if (['--version', '-V', 'version'].includes(first)) {
      stdout.write(`caracal-gate ${await process.version()}\n`)
      return exitCodes.proceed
    }
    if (first === '__complete') return await (await import('./completion.ts')).answerShell(process, commands)
    const { readCall } = await import('./program.ts')
    const call = await readCall(argv, commands, process)
    return typeof call === 'number'
      ? call
      : await call.command.run(process, call.values, call.argument, call.given)
  } catch (error) {
    if (error instanceof UsageError) {
      const { name } = commandIn(argv, commands)
      stderr.write(`caracal-gate: ${error.message}\nSee: caracal-gate help${name === '' ? '' : ` ${name}`}\n`)
      return exitCodes.usage
    }
    const trace = error instanceof Error ? (error.stack ?? error.message) : printable(String(error))
    stderr.write(`caracal-gate: internal error, which says nothing about the rollout\n${trace}\n`)
    return exitCodes.internalError
  }
}
