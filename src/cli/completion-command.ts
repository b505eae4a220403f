import { help, type Command } from './command.ts'

/** The word by which the scripts ask back; no command, because no person calls it. */
export const asking = '__complete'

export const completion: Command = {
  name: 'completion',
  area: 'shell',
  argument: { name: 'bash|zsh|fish', says: 'the shell' },
  says: 'print what completes commands in a shell',
  more: [
    'The shell then completes commands, options, their values and files, and asks the exporter for the ids of',
    'gates, stop conditions and rollouts: the one of --url on the same line, or of CARACAL_GATE_URL.',
  ],
  options: { help },
  exits: [0],
  examples: [
    [
      'caracal-gate completion bash > /etc/bash_completion.d/caracal-gate',
      'for bash 4 or later, with the package bash-completion',
    ],
    ['caracal-gate completion zsh > ~/.zfunc/_caracal-gate', 'in a folder of $fpath'],
    ['caracal-gate completion fish > ~/.config/fish/completions/caracal-gate.fish', 'for fish'],
  ],
}
