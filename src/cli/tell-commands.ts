import { connection, expectedOptions, help, type Command } from './command.ts'

/** The commands that write: what the exporter records is in its ledger, with who said it and why. */

const author = {
  actor: { value: 'NAME', says: 'who says so; or CARACAL_GATE_ACTOR, or USER' },
  output: { value: 'text|json', short: 'o', says: 'form of what goes to stdout (default text)' },
} satisfies Command['options']

const reason = { value: 'TEXT', says: 'why, for the ledger (default: this command)' }

const again =
  'Tried again for half a minute when the exporter cannot be reached: the same said twice is the same.'

export const begin: Command = {
  name: 'begin',
  area: 'tell',
  argument: { name: 'ID', says: 'name of the rollout, up to 200 characters; yours to choose' },
  says: 'declare that a rollout begins, or is in another phase',
  more: [
    'Counts are measured from here, and what fires from here on is latched until it is acknowledged. The',
    'same ID again is the same rollout, with its phase changed.',
    '',
    'What is given of image, digest, revision, chart and app-version must arrive: until every replica runs it,',
    'nothing proceeds. It can be added to, never changed.',
    '',
    again,
    'Needs a token of scope rollout.',
  ],
  options: {
    phase: {
      value: 'preflight|migrating|rolling|verifying',
      says: 'where it stands (default preflight for a new one)',
    },
    ...expectedOptions,
    supersede: { says: 'end the rollout that is under way, as failed, in favour of this one' },
    reason,
    ...author,
    ...connection,
    help,
  },
  exits: [0, 5, 10],
  examples: [
    [
      'caracal-gate begin caracal/48 --image api=ghcr.io/acme/api:1.9.0 --revision 48 --reason "release 1.9.0"',
      'before helm upgrade',
    ],
    ['caracal-gate begin caracal/48 --phase rolling', 'the same rollout, further on'],
  ],
}

export const finish: Command = {
  name: 'finish',
  area: 'tell',
  argument: { name: 'ID', says: 'the rollout', completes: 'rollouts' },
  says: 'declare that a rollout has ended',
  more: [
    'Done is refused while a stop stands or waits for its acknowledgement. What has ended before with the',
    'same outcome is well.',
    '',
    again,
    'Needs a token of scope rollout.',
  ],
  options: {
    outcome: { value: 'done|failed', says: 'how it ended' },
    force: { says: 'done although not everything is proven; needs --reason, and never proceeds' },
    reason,
    ...author,
    ...connection,
    help,
  },
  exits: [0, 5, 10, 11],
  examples: [
    ['caracal-gate finish caracal/48 --outcome done', 'after the last wait'],
    [
      'caracal-gate finish caracal/48 --outcome failed --reason "rolled back: outbox dead messages"',
      'after helm rollback',
    ],
  ],
}

export const ack: Command = {
  name: 'ack',
  area: 'tell',
  argument: { name: 'STOP', says: 'the stop condition', completes: 'stops' },
  says: 'take note of a stop whose cause is gone',
  more: [
    'A breach that still stands is refused: fix it first; caracal-gate explain STOP says how. Who took',
    'note and why stays in the ledger.',
    '',
    again,
    'Needs a token of scope acknowledge.',
  ],
  options: {
    reason: { value: 'TEXT', says: 'why it is safe to go on; needed, and kept in the ledger' },
    rollout: {
      value: 'ID',
      says: 'refuse when another rollout is current',
      completes: 'rollouts',
    },
    ...author,
    ...connection,
    help,
  },
  exits: [0, 5, 10, 11],
  examples: [['caracal-gate ack outbox-dead-messages --reason "replayed, see CHG-1182"', 'once it is fixed']],
}
