import { connection, help, type Command } from './command.ts'
import { evidencePush, evidenceRender, evidenceRollbackPlan } from './evidence-commands.ts'

/** Every command and option, as the parser and the help read them. */

const question = {
  rollout: { value: 'ID', says: 'the rollout that is meant; exit 7 when it is not the current one' },
  steady: {
    value: 'TIME',
    says: 'everything must have stood for so long, e.g. 5m (only ever longer than configured)',
  },
  output: { value: 'text|json', short: 'o', says: 'form of what goes to stdout (default text)' },
} satisfies Command['options']

export const status: Command = {
  name: 'status',
  says: 'say once whether the rollout may proceed',
  more: ['Exits 0 only when the verdict is proceed, whole, unexpired and as strict as was asked.'],
  options: {
    ...connection,
    ...question,
    'max-age': { value: 'TIME', says: 'nothing that the verdict rests on may be older, e.g. 15s' },
    gate: { value: 'ID', says: 'show only this gate (the exit code stays that of the verdict)' },
    'no-color': { says: 'no colours; NO_COLOR does the same' },
    help,
  },
  examples: [
    ['caracal-gate status', 'the verdict, what blocks, every gate and stop condition'],
    ['caracal-gate status --gate readiness', 'one gate with its checks'],
    ['caracal-gate status -o json | jq -r .blocking[].nextStep', 'for a script'],
    ['caracal-gate status --steady 5m --max-age 15s', 'stricter than the configuration'],
  ],
}

export const wait: Command = {
  name: 'wait',
  says: 'wait until the rollout may proceed',
  more: [
    'Prints what changes, one line each, and a sign of life a minute on stderr. Goes on over restarts of the',
    'exporter and broken connections until the time is over. A stop ends it at once with 4.',
    'With --until stop it watches for the whole time: 4 when a stop comes, 0 when the verdict is proceed at the end.',
  ],
  options: {
    ...connection,
    until: {
      value: 'proceed|decided|stop',
      says: 'what to wait for; decided is proceed or stop (default proceed)',
    },
    timeout: { value: 'TIME', says: 'give up after so long, e.g. 45m (default 30m)' },
    ...question,
    'fail-fast': { says: 'end at the first stop (default)' },
    'no-fail-fast': { says: 'stay over a stop: it may be acknowledged before the time is over' },
    help,
  },
  examples: [
    ['caracal-gate wait', 'up to 30 minutes for proceed'],
    [
      'caracal-gate wait --rollout caracal/47 --steady 5m --timeout 1h',
      'this rollout, settled for five minutes',
    ],
    ['caracal-gate wait --until stop --timeout 15m', 'watch a canary; 0 when nothing stopped it'],
    ['caracal-gate wait -o json > gates.json', 'keep the last document as an artefact'],
  ],
}

const configuration = {
  config: { value: 'FILE', says: 'configuration file (YAML); or CARACAL_GATE_CONFIG' },
  listen: { value: 'HOST:PORT', says: 'where to serve; same as http.listen' },
  'log-level': { value: 'LEVEL', says: 'same as log.level' },
  'state-file': { value: 'FILE', says: 'where to remember rollouts; same as state.file' },
  set: { value: 'KEY=VALUE', says: 'any other key of the configuration; may be given again' },
} satisfies Command['options']

const serve: Command = {
  name: 'serve',
  says: 'run the exporter',
  more: [
    'Reads its configuration from a file, the environment and flags: docs/configuration.md lists all of it.',
  ],
  options: { ...configuration, help },
  examples: [
    ['caracal-gate serve --config /etc/caracal-gate/config.yaml', 'run until SIGTERM; SIGHUP reloads'],
  ],
}

export const checkConfig: Command = {
  name: 'check-config',
  says: 'check a configuration without running anything',
  more: ['Reports every fault at once, with its place, and exits 2 when there is one.'],
  options: {
    ...configuration,
    print: { says: 'print the effective configuration, secrets taken out' },
    help,
  },
  examples: [['caracal-gate check-config --config config.yaml --print', 'see what would be in force']],
}

export const healthcheck: Command = {
  name: 'healthcheck',
  says: 'say whether the exporter itself is well, for containers',
  more: ['Says nothing about the rollout. Exits 0 when it is well, 5 when it is not or does not answer.'],
  options: {
    ...connection,
    ready: { says: 'well means that it judges; without this, that it answers' },
    timeout: { value: 'TIME', says: 'ask again for so long, e.g. 60s (default: once)' },
    help,
  },
  examples: [
    ['caracal-gate healthcheck', 'the HEALTHCHECK of the image'],
    ['caracal-gate healthcheck --ready --timeout 60s', 'wait until it judges'],
  ],
}

export const commands: readonly Command[] = [
  status,
  wait,
  evidenceRender,
  evidenceRollbackPlan,
  evidencePush,
  serve,
  checkConfig,
  healthcheck,
]

/** The first words of commands of two. */
export const groups: readonly string[] = [
  ...new Set(commands.flatMap(({ name }) => (name.includes(' ') ? name.split(' ').slice(0, 1) : []))),
]
