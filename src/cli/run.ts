import { commandNamed, nameAndRest, readOptions, UsageError, valueOf } from './arguments.ts'
import { commands, groups } from './commands.ts'
import { asking } from './completion-command.ts'
import { exitCodes } from './exit-codes.ts'
import { helpOf, helpOfGroup, overview } from './help.ts'
import type { CliProcess } from './process.ts'
import { printable } from './text.ts'

/** Runs a command and gives its exit code. */
export type Run = (process: CliProcess) => Promise<number>

/** How to get at each command; none is loaded before it is called. */
export type Loaders = Readonly<Record<string, () => Promise<Run>>>

/** Runs what the arguments ask for. Faults of usage are told; anything else that is thrown is a fault of ours. */
export async function run(
  process: CliProcess,
  loaders: Loaders,
  version: () => Promise<string>,
): Promise<number> {
  const [name, argv] = nameAndRest(process.argv)
  try {
    if (name === '--version' || name === '-V' || name === 'version') {
      process.stdout.write(`caracal-gate ${await version()}\n`)
      return exitCodes.proceed
    }
    if (name === '' || name === 'help' || name === '--help' || name === '-h')
      return showHelp(name, argv, process)
    if (name === asking) return (await loaders[asking]?.())?.({ ...process, argv }) ?? exitCodes.usage
    if (name.startsWith('-')) throw new UsageError(`expected a command before ${printable(name, 80)}.`)
    if (groups.includes(name) && argv.some((argument) => argument === '--help' || argument === '-h')) {
      process.stdout.write(helpOfGroup(name))
      return exitCodes.proceed
    }
    const command = commandNamed(name)
    if (valueOf(readOptions(command, argv), 'help') !== undefined) {
      process.stdout.write(helpOf(command))
      return exitCodes.proceed
    }
    const load = loaders[command.name]
    if (load === undefined) throw new Error(`nothing runs the command ${command.name}`)
    return await (
      await load()
    )({ ...process, argv })
  } catch (error) {
    if (error instanceof UsageError) {
      const isKnown = groups.includes(name) || commands.some((command) => command.name === name)
      const page = isKnown ? `caracal-gate help ${name}` : 'caracal-gate help'
      process.stderr.write(`caracal-gate: ${error.message}\nSee: ${page}\n`)
      return exitCodes.usage
    }
    const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
    process.stderr.write(`caracal-gate: internal error, which says nothing about the rollout\n${trace}\n`)
    return exitCodes.internalError
  }
}

/** Without any argument the overview is talk about a fault; asked for, it is data. */
function showHelp(name: string, words: readonly string[], { stdout, stderr }: CliProcess): number {
  if (name === '') {
    stderr.write(overview())
    return exitCodes.usage
  }
  const [topic] = nameAndRest(words)
  if (topic === '' || name !== 'help') stdout.write(overview())
  else stdout.write(groups.includes(topic) ? helpOfGroup(topic) : helpOf(commandNamed(topic)))
  return exitCodes.proceed
}
