import { areas, type Command } from './command.ts'
import { commands } from './commands.ts'
import { commonExitCodes, exitCodeMeanings } from './exit-codes.ts'

/** What a terminal shows without breaking a line. */
const width = 80
/** Where the second column begins at the latest; a longer entry of the first has a line of its own. */
const widestLeft = 30

/** Everything that is read from the environment. */
export const environment: readonly (readonly [name: string, says: string])[] = [
  ['CARACAL_GATE_URL', 'address of the exporter, unless --url says it'],
  ['CARACAL_GATE_TOKEN', 'bearer token, unless --token-file names a file that holds it'],
  ['CARACAL_GATE_ACTOR', 'who tells the exporter something, unless --actor says it; else USER'],
  ['CARACAL_GATE_CONFIG', 'configuration of serve, check-config and doctor, unless --config says it'],
  ['NO_COLOR', 'no colours, when it is not empty'],
]

/** What `caracal-gate help` prints. */
export function overview(): string {
  const names = Math.max(...commands.map(({ name }) => name.length))
  return page(
    'caracal-gate: may this rollout of Caracal proceed?',
    '',
    'Usage: caracal-gate COMMAND [OPTIONS]',
    ...Object.entries(areas).flatMap(([area, title]) => {
      const members = commands.filter((command) => command.area === area)
      const more = area === 'shell' ? ownWords : []
      const rows = [...members.map(({ name, says }) => [name, says] as const), ...more]
      return rows.length === 0 ? [] : ['', `${title}:`, ...columns(rows, names)]
    }),
    '',
    'Exit codes:',
    ...columns(exitCodeMeanings.map(([code, meaning]) => [String(code), meaning] as const)),
    '',
    'Environment:',
    ...columns(environment),
    '',
    'Data goes to stdout, talk to stderr. A rollout in four lines:',
    '  caracal-gate begin caracal/48 --reason "release 1.9.0"',
    '  helm upgrade caracal infra/helm/caracal -f values.production.yaml',
    '  caracal-gate wait --rollout caracal/48 --steady 5m --timeout 45m &&',
    '    caracal-gate finish caracal/48 --outcome done',
  )
}

const ownWords = [
  ['help [COMMAND]', 'options and examples of a command'],
  ['--version', 'print the version'],
] as const

/** What `caracal-gate help GROUP` prints: the commands that begin with this word. */
export function helpOfGroup(group: string): string {
  const members = commands.filter(({ name }) => name.startsWith(`${group} `))
  return page(
    `Usage: caracal-gate ${group} COMMAND [OPTIONS]`,
    '',
    ...columns(members.map(({ name, says }) => [name, says] as const)),
  )
}

/** What `caracal-gate help COMMAND` prints. */
export function helpOf(command: Command): string {
  const { name, argument, says, more, options, examples } = command
  return page(
    ...filled(`caracal-gate ${name}: ${says}`, '', '  '),
    '',
    `Usage: caracal-gate ${name}${argument === undefined ? '' : ` ${argument.name}`} [OPTIONS]`,
    '',
    ...paragraphs(more),
    '',
    ...(argument === undefined ? [] : ['Argument:', ...columns([[argument.name, argument.says]]), '']),
    'Options:',
    ...columns(
      Object.entries(options).map(([option, { value, short, says: text }]) => {
        const long = value === undefined ? `--${option}` : `--${option} ${value}`
        return [`${short === undefined ? '    ' : `-${short}, `}${long}`, text] as const
      }),
    ),
    '',
    'Exit codes:',
    ...columns(exitCodesOf(command).map(([code, meaning]) => [String(code), meaning] as const)),
    '',
    'Examples:',
    ...examples.flatMap(([line, text]) => [`  # ${text}`, ...pasted(line)]),
  )
}

function exitCodesOf({ exits }: Command): typeof exitCodeMeanings {
  return exitCodeMeanings.filter(([code]) => exits.includes(code) || commonExitCodes.includes(code))
}

/** A command as one can paste it: lines that are too long go on after a backslash. */
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

function paragraphs(lines: readonly string[]): readonly string[] {
  return lines
    .join('\n')
    .split('\n\n')
    .flatMap((paragraph, index) => [
      ...(index === 0 ? [] : ['']),
      ...filled(paragraph.replaceAll('\n', ' '), '', ''),
    ])
}

function columns(rows: readonly (readonly [string, string])[], least = 0): readonly string[] {
  const fitting = rows.map(([left]) => left.length).filter((length) => length <= widestLeft)
  const indent = Math.max(...fitting, least) + 4
  return rows.flatMap(([left, right]) => {
    const first = `  ${left}`
    const rest = ' '.repeat(indent)
    if (first.length + 2 > indent) return [first, ...filled(right, rest, rest)]
    return filled(right, first.padEnd(indent), rest)
  })
}

/** Words in lines of the width of a page. */
function filled(text: string, first: string, indent: string): readonly string[] {
  const lines: string[] = []
  let line = first
  let isEmpty = true
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line)
      line = indent + word
    } else line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line]
}

function page(...lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}
