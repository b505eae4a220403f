import { askedPhases } from '../core/rollout.ts'
import { command } from './command.ts'
import { expectedFrom, expectedOptions } from './demands.ts'
import { flag, oneOf } from './options.ts'
import { rolloutInWords, toldOf } from './rollout-forms.ts'
import { again, openTelling, subject, tell, tellingOptions } from './telling.ts'
import { printable } from './text.ts'

/** `caracal-gate begin`: declares a rollout, or another phase of the current one. */
export const begin = command({
  name: 'begin',
  area: 'tell',
  says: 'declare that a rollout begins, or is in another phase',
  more: [
    'Counts are measured from here, and a stop condition that fires from here on is latched until it is acknowledged. The same ID again is the same rollout, with its phase changed.',
    'The given image, digest, revision, chart and app-version must arrive: the verdict is not proceed before every replica runs them. They can be added to, never changed.',
    again,
    'Needs a token of scope rollout.',
  ],
  argument: subject('ID', 'name of the rollout, up to 200 characters; yours to choose'),
  options: {
    phase: oneOf(askedPhases, 'its phase (default preflight for a new one)'),
    ...expectedOptions,
    supersede: flag('end the current rollout as failed, in favour of this one'),
    ...tellingOptions,
  },
  exits: [0, 5, 10],
  examples: [
    [
      'caracal-gate begin caracal/48 --image api=ghcr.io/acme/api:1.9.0 --revision 48 --reason "release 1.9.0"',
      'before helm upgrade',
    ],
    ['caracal-gate begin caracal/48 --phase rolling', 'the same rollout, in its next phase'],
  ],
  async run(process, values, id) {
    const { phase, supersede } = values
    const expected = expectedFrom(values)
    const teller = await openTelling(process, values, 'begin', 'rollout')
    const message = {
      path: 'rollouts',
      body: {
        id,
        ...teller.author,
        ...(phase !== undefined && { phase }),
        ...expected.expected,
        ...(supersede && { supersede }),
      },
      scope: 'rollout',
      isAnswer: (answer: Readonly<Record<string, unknown>>) => toldOf(id, answer) !== undefined,
    } as const
    return tell(teller, message, {
      accepted: ({ status, answer }) => {
        const words = status === 201 ? 'has begun' : 'was under way already'
        return `rollout ${printable(id)} ${words}: ${rolloutInWords(toldOf(id, answer))}`
      },
      advice: (status) =>
        status === 409 && !supersede
          ? 'caracal-gate rollouts lists them, and --supersede ends the current one'
          : '',
    })
  },
})
