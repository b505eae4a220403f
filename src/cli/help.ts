import { Help } from 'commander'
import type { Command } from './command.ts'
import { commonExitCodes, exitCodeMeanings } from './exit-codes.ts'

/** What the help says beside commands and options, and in which form. */

/** What a terminal shows without breaking a line. */
const width = 80
/** Where the second column begins at the latest; a longer entry of the first has a line of its own. */
const widestTerm = 28

/** Commander's own form, in 80 columns, with values in capitals and no brackets around them. */
export const helpForm = {
  helpWidth: width,
  optionTerm: ({ short, flags }) => (short === undefined ? '    ' : '') + flags.replace(/\[(.*)\]$/, '$1'),
  // The overview lists the commands of a group below it.
  visibleCommands: (command) => command.commands.flatMap((one) => [one, ...one.commands]),
  subcommandTerm: (command) =>
    command.parent?.parent ? `${command.parent.name()} ${command.name()}` : command.name(),
  padWidth: (command, helper) => Math.min(Help.prototype.padWidth.call(helper, command, helper), widestTerm),
  formatItem: (term, termWidth, description, helper) => entry(term, description, termWidth, helper),
} satisfies Partial<Help>

const plainHelp = Object.assign(new Help(), { helpWidth: width })

function entry(term: string, description: string, termWidth: number, helper: Help = plainHelp): string {
  if (term.length <= termWidth)
    return Help.prototype.formatItem.call(helper, term, termWidth, description, helper)
  const indent = ' '.repeat(termWidth + 4)
  const lines = helper.boxWrap(description, width - indent.length).split('\n')
  return [`  ${term}`, ...lines.map((line) => indent + line)].join('\n')
}

function entries(rows: readonly (readonly [string | number, string])[]): readonly string[] {
  const termWidth = Math.max(...rows.map(([term]) => String(term).length))
  return rows.map(([term, says]) => entry(String(term), says, termWidth))
}

/** Everything that is read from the environment. */
export const environment: readonly (readonly [name: string, says: string])[] = [
  ['CARACAL_GATE_URL', 'address of the exporter, unless --url gives it'],
  ['CARACAL_GATE_TOKEN', 'bearer token, unless --token-file names a file that holds it'],
  ['CARACAL_GATE_ACTOR', 'name for the ledger, unless --actor gives it; else USER'],
  ['CARACAL_GATE_CONFIG', 'configuration file of serve, check-config and doctor, unless --config gives it'],
  ['CARACAL_CANARY_…', 'options of canary, such as CARACAL_CANARY_AUDIT_WITHIN of --audit-within'],
  ['CARACAL_CANARY_CLIENT_SECRET', 'client secret of the canary, unless --client-secret-file names its file'],
  ['CARACAL_CANARY_READER_TOKEN', 'token that reads audit events, unless --reader-token-file names its file'],
  ['NO_COLOR', 'no colours, when it is not empty'],
]

/** What follows the commands in the overview. */
export function overviewAfter({ command }: { readonly command: { readonly parent: unknown } }): string {
  if (command.parent !== null) return ''
  return page(
    'Exit codes:',
    ...entries(exitCodeMeanings),
    '',
    'Environment:',
    ...entries(environment),
    '',
    'Results go to stdout, messages to stderr. For the options of a command:',
    '  caracal-gate help COMMAND',
    '',
    'A rollout in four lines:',
    '  caracal-gate begin caracal/48 --reason "release 1.9.0"',
    '  helm upgrade caracal infra/helm/caracal -f values.production.yaml',
    '  caracal-gate wait --rollout caracal/48 --steady 5m --timeout 45m &&',
    '    caracal-gate finish caracal/48 --outcome done',
  )
}

/** What follows the options in the help of a command. */
export function helpAfter({ exits, examples }: Command): string {
  return page(
    'Exit codes:',
    ...entries(exitCodeMeanings.filter(([code]) => [...exits, ...commonExitCodes].includes(code))),
    '',
    'Examples:',
    ...examples.flatMap(([line, says]) => [`  # ${says}`, ...pasted(line)]),
  )
}

/** A command as one can paste it: lines that are too long continue after a backslash. */
function pasted(command: string): readonly string[] {
  const words = command.split(/ (?=--?[a-z])/)
  const lines: string[] = []
  let line = `  ${words[0] ?? ''}`
  for (const word of words.slice(1)) {
    if (line.length + word.length + 3 <= width) line += ` ${word}`
    else {
      lines.push(`${line} \\`)
      line = `    ${word}`
    }
  }
  return [...lines, line]
}

function page(...lines: readonly string[]): string {
  return `\n${lines.join('\n')}`
}
