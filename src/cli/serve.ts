import { command, type Values } from './command.ts'
import { path, text, texts } from './options.ts'
import type { CliProcess } from './process.ts'

/** The options of every command that reads the configuration of the exporter. */
export const configuration = {
  config: path('FILE', 'configuration file (YAML); or CARACAL_GATE_CONFIG'),
  listen: text('HOST:PORT', 'address to serve on; same as http.listen'),
  logLevel: text('LEVEL', 'same as log.level'),
  stateFile: path('FILE', 'where to keep the state of rollouts; same as state.file'),
  set: texts('KEY=VALUE', 'any other key of the configuration'),
}

/** The options and the environment as the configuration reads them. */
export function sourcesFrom(
  { config, listen, logLevel, stateFile, set }: Values<typeof configuration>,
  env: CliProcess['env'],
) {
  return { file: config, flags: { listen, 'log-level': logLevel, 'state-file': stateFile, set }, env }
}

/** `caracal-gate serve`: the exporter. */
export const serve = command({
  name: 'serve',
  area: 'run',
  says: 'run the exporter',
  more: [
    'Reads its configuration from a file, the environment and options: docs/reference/configuration.md lists all of it.',
  ],
  options: configuration,
  exits: [0],
  examples: [
    ['caracal-gate serve --config /etc/caracal-gate/config.yaml', 'run until SIGTERM; SIGHUP reloads'],
  ],
  async run(process, values) {
    const { serve: serveUntilInterrupted } = await import('../daemon/serve.ts')
    return serveUntilInterrupted({
      ...process,
      sources: sourcesFrom(values, process.env),
      version: await process.version(),
    })
  },
})
