import { command } from './command.ts'
import { needed, path, text, textOrJson } from './options.ts'

/** The options of `caracal-gate verify`. */
export const verifyOptions = {
  key: path('FILE', 'public key (PEM) that must have signed it'),
  output: textOrJson,
}

/** `caracal-gate verify`: whether an exported rollout is as the exporter wrote it. */
export const verify = command({
  name: 'verify',
  area: 'ask',
  says: 'verify an exported rollout, without the exporter',
  more: [
    'Checks the form, the signature, the ledger, the evidence, the verdicts and the subjects of a file of rollouts export. Each changed byte is an error, and the first one is named. It asks nothing and reads no other file than these two.',
    'Exits 0 only when the file has the signature of --key. 14: the file is whole and consistent, but its origin is not proven: it is not signed, or no key was given. 13: it is neither. It says nothing of how the rollout went; the output does.',
  ],
  argument: needed(text('FILE', 'the exported rollout', { completes: 'file' })),
  options: verifyOptions,
  exits: [0, 13, 14],
  examples: [
    ['caracal-gate verify rollout.json --key gate.pub', 'what a release keeps, months later'],
    ['caracal-gate verify rollout.json -o json', 'for a program'],
  ],
  async run(process, values, file) {
    const { runVerify } = await import('./verify/command.ts')
    return runVerify(process, values, file)
  },
})
