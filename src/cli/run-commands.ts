import { connection, help, type Command } from './command.ts'

/** The commands of whoever runs the exporter, and those about the program itself. */

/** What every command has that reads the configuration of the exporter. */
export const configuration = {
  config: { value: 'FILE', says: 'configuration file (YAML); or CARACAL_GATE_CONFIG' },
  listen: { value: 'HOST:PORT', says: 'where to serve; same as http.listen' },
  'log-level': { value: 'LEVEL', says: 'same as log.level' },
  'state-file': { value: 'FILE', says: 'where to remember rollouts; same as state.file' },
  set: { value: 'KEY=VALUE', says: 'any other key of the configuration; may be given again' },
} satisfies Command['options']

export const serve: Command = {
  name: 'serve',
  area: 'run',
  says: 'run the exporter',
  more: [
    'Reads its configuration from a file, the environment and flags:',
    'docs/configuration.md lists all of it.',
  ],
  options: { ...configuration, help },
  exits: [0],
  examples: [
    ['caracal-gate serve --config /etc/caracal-gate/config.yaml', 'run until SIGTERM; SIGHUP reloads'],
  ],
}

export const checkConfig: Command = {
  name: 'check-config',
  area: 'run',
  says: 'check a configuration without running anything',
  more: ['Reports every fault at once, with its place, and exits 2 when there is one.'],
  options: {
    ...configuration,
    print: { says: 'print the effective configuration, secrets taken out' },
    help,
  },
  exits: [0],
  examples: [['caracal-gate check-config --config config.yaml --print', 'see what would be in force']],
}

export const healthcheck: Command = {
  name: 'healthcheck',
  area: 'run',
  says: 'say whether the exporter itself is well',
  more: ['Says nothing about the rollout. Exits 0 when it is well, 5 when it is not or does not answer.'],
  options: {
    ...connection,
    ready: { says: 'well means that it judges; without this, that it answers' },
    timeout: { value: 'TIME', says: 'ask again for so long, e.g. 60s (default: once)' },
    help,
  },
  exits: [0, 5],
  examples: [
    ['caracal-gate healthcheck', 'the HEALTHCHECK of the image'],
    ['caracal-gate healthcheck --ready --timeout 60s', 'wait until it judges'],
  ],
}
