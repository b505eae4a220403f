import { command } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { flag } from './options.ts'
import { configuration, sourcesFrom } from './serve.ts'

/** `caracal-gate check-config`: every error of a configuration at once; with `--print`, the effective configuration. */
export const checkConfig = command({
  name: 'check-config',
  area: 'run',
  says: 'check a configuration without running anything',
  more: [
    'Reports every error at once, with its place, and exits 2 when there is one.',
    'With --syntax-only it reads nothing that the configuration refers to, neither a file nor a variable that holds a secret: for a pre-commit hook or a pipeline that has no secrets.',
  ],
  options: {
    ...configuration,
    print: flag('print the effective configuration, without its secrets'),
    syntaxOnly: flag('check the configuration alone; read no file or secret that it refers to'),
    schema: flag('print the JSON Schema of the configuration file, for editors, and check nothing'),
  },
  exits: [0],
  examples: [
    ['caracal-gate check-config --config config.yaml --print', 'the configuration that serve would use'],
    ['caracal-gate check-config --config config.yaml --syntax-only', 'before a commit, where no secret is'],
    ['caracal-gate check-config --schema > caracal-gate.schema.json', 'completion and errors in an editor'],
  ],
  async run(process, values) {
    const { checkConfig: check, schemaFor } = await import('../config/load.ts')
    const { readConfigFile } = await import('../config/files.ts')
    const { known } = await import('../daemon/known.ts')
    if (values.schema) {
      process.stdout.write(`${JSON.stringify(schemaFor(known), null, 2)}\n`)
      return exitCodes.proceed
    }
    const { exitCode, stdout, stderr } = await check({
      ...sourcesFrom(values, process.env),
      readFile: readConfigFile,
      known,
      syntaxOnly: values.syntaxOnly,
    })
    const limit = values.syntaxOnly ? ' as far as its syntax goes' : ''
    process.stderr.write(stderr === '' ? `The configuration is valid${limit}.\n` : stderr)
    if (values.print) process.stdout.write(stdout)
    return exitCode
  },
})
