import { command } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { choice, path, several } from './options.ts'

/** The options of `caracal-gate replay`. */
export const replayOptions = {
  config: path('FILE', 'judge by this configuration in place of the recorded one'),
  format: choice(
    ['text', 'json', 'ndjson'],
    'format of the result on stdout; ndjson is one line for each change of the timeline',
    { short: 'o' },
  ),
}

/** `caracal-gate replay`: judges once more what was recorded. */
export const replay = command({
  name: 'replay',
  area: 'run',
  says: 'judge recordings once more, by their own configuration or another',
  more: [
    'Needs no exporter and no network. Without --config it checks that the recorded timeline comes out again, byte for byte: exits 0 if so, 12 if not.',
    'With --config it lists each verdict, firing and latch that would have been different: exits 0 if there is none, 12 if there is one. Files with secrets that the configuration names need not be there.',
    'Several files are put in order and replayed as one timeline. A file that follows the one before it without a gap goes on with what was judged up to there; any other begins with what was recorded, and the output says why. Exits 2 when a recording is given twice.',
    'Exits 5 when a file is not a recording, is damaged, or has a format of another version. A recording that ends early is replayed up to its end.',
  ],
  argument: several('FILE', 'a recording, or a directory of them', { completes: 'file' }),
  options: replayOptions,
  exits: [exitCodes.proceed, exitCodes.blindSpot, exitCodes.different],
  examples: [
    [
      'caracal-gate replay 20261130T153451123Z-1a2b.jsonl.zst',
      'what happened, and whether it comes out again',
    ],
    [
      'caracal-gate replay yesterday.jsonl.zst --config stricter.yaml',
      'what other limits would have changed',
    ],
    ['caracal-gate replay recordings/ --config stricter.yaml', 'the same for all parts of a long rollout'],
  ],
  async run(process, values, files) {
    const { runReplay } = await import('./replay/command.ts')
    return runReplay(process, values, files)
  },
})
