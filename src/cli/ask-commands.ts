import { connection, expectedOptions, help, type Command } from './command.ts'

/** The commands that ask an exporter and change nothing. */

const demands = {
  rollout: {
    value: 'ID',
    says: 'the rollout that is meant; exit 7 when it is not the current one',
    completes: 'rollouts',
  },
  steady: {
    value: 'TIME',
    says: 'everything must have stood for so long, e.g. 5m (only ever longer than configured)',
  },
  ...expectedOptions,
  phase: {
    value: 'preflight|migrating|rolling|verifying',
    says: 'ask whether it may go on from this phase, by the checks of that phase (default: all checks)',
  },
} satisfies Command['options']

const output = {
  value: 'text|json|markdown|junit',
  short: 'o',
  says: 'form of what goes to stdout (default text)',
} as const

const noColor = { says: 'no colours; NO_COLOR does the same' }

export const status: Command = {
  name: 'status',
  area: 'ask',
  says: 'say once whether the rollout may proceed',
  more: [
    'Exits 0 only when the verdict is proceed, whole, unexpired and as strict as was asked.',
    '',
    'Markdown is a note of less than 1,024 characters; JUnit is a report with a suite for each gate. Both',
    'are written when nothing can be told, too.',
  ],
  options: {
    ...demands,
    output,
    'max-age': { value: 'TIME', says: 'nothing that the verdict rests on may be older, e.g. 15s' },
    gate: {
      value: 'ID',
      says: 'show only this gate (the exit code stays that of the verdict)',
      completes: 'gates',
    },
    'no-color': noColor,
    ...connection,
    help,
  },
  exits: [0, 3, 4, 5, 7],
  examples: [
    ['caracal-gate status', 'the verdict, what blocks, every gate and stop condition'],
    ['caracal-gate status --gate readiness', 'one gate with its checks'],
    ['caracal-gate status -o json | jq -r .blocking[].ref', 'for a script'],
    ['caracal-gate status -o junit > gates.xml', 'for the test report of a pipeline'],
    ['caracal-gate status --steady 5m --max-age 15s', 'stricter than the configuration'],
  ],
}

export const wait: Command = {
  name: 'wait',
  area: 'ask',
  says: 'wait until the rollout may proceed',
  more: [
    'Prints what changes, one line each, and a sign of life a minute on stderr. Goes on over restarts of',
    'the exporter and broken connections until the time is over. A stop ends it at once with 4.',
    '',
    'With --until stop it watches for the whole time: 4 when a stop comes, 0 when the verdict is proceed',
    'at the end.',
    '',
    'With another output than text the changes go to stderr, and stdout gets the last document.',
  ],
  options: {
    until: {
      value: 'proceed|decided|stop',
      says: 'what to wait for; decided is proceed or stop (default proceed)',
    },
    timeout: { value: 'TIME', says: 'give up after so long, e.g. 45m (default 30m)' },
    ...demands,
    output,
    'fail-fast': { says: 'end at the first stop (default)' },
    'no-fail-fast': { says: 'stay over a stop: it may be acknowledged before the time is over' },
    ...connection,
    help,
  },
  exits: [0, 4, 5, 6, 7],
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

export const explain: Command = {
  name: 'explain',
  area: 'ask',
  argument: {
    name: 'REF',
    says: 'a gate, check, stop condition or blocker, as status and wait name it; without it, the verdict',
    completes: 'refs',
  },
  says: 'say why, since when, and what to do first',
  more: [
    'Begins with the root causes: what was expected, what is seen, who is to blame, when it was last',
    'looked at, the first thing to do and the page to read. Then comes what hangs on them.',
    '',
    'Exits as status does, whatever REF is: a part cannot be milder than the whole.',
  ],
  options: { ...demands, 'no-color': noColor, ...connection, help },
  exits: [0, 3, 4, 5, 7],
  examples: [
    ['caracal-gate explain', 'why the verdict is what it is'],
    ['caracal-gate explain outbox-dead-messages', 'one stop condition'],
    ['caracal-gate explain gates/readiness/checks/sts-ready', 'one check, as blocking names it'],
  ],
}

export const rollouts: Command = {
  name: 'rollouts',
  area: 'ask',
  argument: {
    name: 'ID',
    says: 'the rollout whose stop conditions and ledger are shown; without it, all are listed',
    completes: 'rollouts',
  },
  says: 'list the rollouts, or tell the story of one',
  more: [
    'Says nothing about the verdict: it exits 0 when it was answered, 11 when there is no such rollout.',
  ],
  options: {
    output: { value: 'text|json', short: 'o', says: 'form of what goes to stdout (default text)' },
    ...connection,
    help,
  },
  exits: [0, 5, 11],
  examples: [
    ['caracal-gate rollouts', 'newest first'],
    ['caracal-gate rollouts caracal/47', 'what was latched in it, and who did what'],
  ],
}
