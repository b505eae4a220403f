import { readOptions, UsageError, valueOf } from './arguments.ts'
import { closedWords } from './command.ts'
import { candidatesFor, shells, type Shell } from './completing.ts'
import { asking, completion as command } from './completion-command.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import type { CliProcess } from './process.ts'
import { didYouMean } from './suggest.ts'
import { printable } from './text.ts'

/** `caracal-gate completion SHELL`: what the shell is to load. */
export async function completion(process: CliProcess): Promise<ExitCode> {
  const given = readOptions(command, process.argv)
  const words = closedWords(command.argument?.name)
  const wanted = valueOf(given, command.argument?.name ?? '') ?? ''
  const shell = shells.find((one) => one === wanted)
  if (shell === undefined) {
    const said = wanted === '' ? 'the shell is missing' : `there is no "${printable(wanted, 80)}"`
    throw new UsageError(`${said}; allowed: ${words.join(', ')}.${didYouMean(wanted, words)}`)
  }
  process.stdout.write(scripts[shell])
  return exitCodes.proceed
}

/** Answers a script: `SHELL LINE`, where the line goes up to the cursor. It never fails: a shell that asks is not to hear of it. */
export async function answerShell(process: CliProcess): Promise<ExitCode> {
  const [shell, line = ''] = process.argv
  const known = shells.find((one) => one === shell)
  if (known === undefined) return exitCodes.usage
  const { words, paths } = await candidatesFor(known, line, process)
  const lines = words.map(({ word, says }) => (known === 'bash' ? word : `${word}\t${says}`))
  process.stdout.write([paths, ...lines].map((text) => `${text}\n`).join(''))
  return exitCodes.proceed
}

// The first line of an answer says what else to offer: files, folders or nothing.
const scripts: Readonly<Record<Shell, string>> = {
  bash: `# bash completion of caracal-gate
_caracal_gate() {
  local line=\${COMP_LINE:0:COMP_POINT} current=\${COMP_WORDS[COMP_CWORD]} paths candidate
  [[ $current == '=' ]] && current=
  COMPREPLY=()
  {
    IFS= read -r paths
    while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done
  } < <(caracal-gate ${asking} bash "$line" 2>/dev/null)
  case $paths in
    files) compopt -o filenames 2>/dev/null; mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current") ;;
    folders) compopt -o filenames 2>/dev/null; mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$current") ;;
  esac
}
complete -F _caracal_gate caracal-gate
`,
  zsh: `#compdef caracal-gate
_caracal_gate() {
  local line="\${(j: :)words[1,CURRENT]}" paths
  local -a answer described
  answer=("\${(@f)$(caracal-gate ${asking} zsh "$line" 2>/dev/null)}")
  paths=\${answer[1]}
  local candidate
  for candidate in "\${(@)answer[2,-1]}"; do
    [[ -n $candidate ]] && described+=("\${\${candidate%%$'\\t'*}//:/\\\\:}:\${candidate#*$'\\t'}")
  done
  case $paths in
    files) _files ;;
    folders) _files -/ ;;
    *) _describe -t candidates candidate described ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _caracal_gate "$@"; else compdef _caracal_gate caracal-gate; fi
`,
  fish: `# fish completion of caracal-gate
function __caracal_gate_complete
    set -l answer (caracal-gate ${asking} fish (commandline -cp | string collect) 2>/dev/null)
    switch "$answer[1]"
        case files
            __fish_complete_path (commandline -ct)
        case folders
            __fish_complete_directories (commandline -ct)
    end
    for candidate in $answer[2..-1]
        echo $candidate
    end
end
complete -c caracal-gate -f -a '(__caracal_gate_complete)'
`,
}
