import { command } from './command.ts'
import { path, text, texts } from './options.ts'

/** The options of every command that reads the configuration of the exporter. */
export const configuration = {
  config: path('FILE', 'configuration file (YAML); or CARACAL_GATE_CONFIG'),
  listen: text('HOST:PORT', 'address to serve on; same as http.listen'),
  logLevel: text('LEVEL', 'same as log.level'),
  stateFile: path('FILE', 'where to keep the state of rollouts; same as state.file'),
  set: texts('KEY=VALUE', 'any other key of the configuration'),
}

/** `caracal-gate serve`: the exporter. */
export const serve = command({
  name: 'serve',
  area: 'run',
  says: 'run the exporter',
  more: [
    'Reads its configuration from a file, the environment and options: docs/configuration.md lists all of it.',
  ],
  options: configuration,
  exits: [0],
  examples: [
    ['caracal-gate serve --config /etc/caracal-gate/config.yaml', 'run until SIGTERM; SIGHUP reloads'],
  ],
  async run(process) {
    const { serve: serveUntilInterrupted } = await import('../daemon/serve.ts')
    return serveUntilInterrupted({
      ...process,
      argv: process.argv.slice(1),
      version: await process.version(),
    })
  },
})
