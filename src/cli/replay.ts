import { command } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { choice, needed, path, text } from './options.ts'

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
  says: 'judge a recording once more, by its own configuration or another',
  more: [
    'Needs no exporter and no network. Without --config it checks that the recorded timeline comes out again, byte for byte: exits 0 if so, 12 if not.',
    'With --config it lists each verdict, firing and latch that would have been different: exits 0 if there is none, 12 if there is one. Files with secrets that the configuration names need not be there.',
    'Exits 5 when the file is not a recording, is damaged, or has a format of another version. A recording that ends early is replayed up to its end.',
  ],
  argument: needed(text('FILE', 'the recording', { completes: 'file' })),
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
  ],
  async run(process, values, file) {
    const { runReplay } = await import('./replay/command.ts')
    return runReplay(process, values, file)
  },
})
