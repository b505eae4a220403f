import { command } from './command.ts'
import { flag } from './options.ts'
import { configuration, sourcesFrom } from './serve.ts'

/** `caracal-gate check-config`: every error of a configuration at once; with `--print`, the effective configuration. */
export const checkConfig = command({
  name: 'check-config',
  area: 'run',
  says: 'check a configuration without running anything',
  more: ['Reports every error at once, with its place, and exits 2 when there is one.'],
  options: { ...configuration, print: flag('print the effective configuration, without its secrets') },
  exits: [0],
  examples: [
    ['caracal-gate check-config --config config.yaml --print', 'the configuration that serve would use'],
  ],
  async run(process, values) {
    const { checkConfig: check } = await import('../config/load.ts')
    const { readConfigFile } = await import('../config/files.ts')
    const { known } = await import('../daemon/known.ts')
    const { exitCode, stdout, stderr } = await check({
      ...sourcesFrom(values, process.env),
      readFile: readConfigFile,
      known,
    })
    process.stderr.write(stderr === '' ? 'The configuration is valid.\n' : stderr)
    if (values.print) process.stdout.write(stdout)
    return exitCode
  },
})
