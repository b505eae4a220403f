import { readOptions, valueOf } from './arguments.ts'
import { checkConfig as command } from './run-commands.ts'
import type { CliProcess } from './process.ts'

/** What the configuration is to be made from, in the names of its flags. */
export interface ConfigRequest {
  readonly file: string | undefined
  readonly flags: {
    readonly listen: string | undefined
    readonly 'log-level': string | undefined
    readonly 'state-file': string | undefined
    readonly set: readonly string[]
  }
  readonly env: CliProcess['env']
}

export interface ConfigChecked {
  readonly exitCode: number
  /** The effective configuration without its secrets. */
  readonly stdout: string
  /** Everything that is wrong, one fault a line. */
  readonly stderr: string
}

/** `caracal-gate check-config`: every fault of a configuration at once; with `--print`, what would be in force. */
export async function checkConfig(
  process: CliProcess,
  check: (request: ConfigRequest) => Promise<ConfigChecked>,
): Promise<number> {
  const given = readOptions(command, process.argv)
  const { exitCode, stdout, stderr } = await check({
    file: valueOf(given, 'config'),
    flags: {
      listen: valueOf(given, 'listen'),
      'log-level': valueOf(given, 'log-level'),
      'state-file': valueOf(given, 'state-file'),
      set: given.filter(([option]) => option === 'set').map(([, value]) => value),
    },
    env: process.env,
  })
  if (stderr !== '') process.stderr.write(stderr)
  else process.stderr.write('The configuration is valid.\n')
  if (valueOf(given, 'print') !== undefined) process.stdout.write(stdout)
  return exitCode
}
