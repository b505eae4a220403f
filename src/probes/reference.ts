import { followed } from '../kubernetes/needs.ts'
import type { Declaration, Needs } from './declaration.ts'
import { declarations, reasons, remedyOf } from './index.ts'
import type { Pace } from './probe.ts'

const asked: Readonly<Record<Declaration['asks'], string>> = {
  services: 'the services, over HTTP',
  redis: 'Redis',
  postgres: 'Postgres',
  kubernetes: 'the API server',
  alerting: 'Prometheus and Alertmanager, over HTTP',
}

/** Text of the page about probes, by its path. */
export function probeFiles(): Readonly<Record<string, string>> {
  const text = [
    '# Probes',
    '<!-- Made from src/probes by npm run generate. -->',
    'A probe asks its targets at an interval; a watch follows changes as they happen. Both only read. The cadence is brisk during a rollout, or while more attempts may change the verdict, and quiet otherwise. All probes together make at most 1,500 attempts a second at replicas; with hundreds of replicas the shortest intervals grow. [Configuration](configuration.md#probes) changes the pace of a probe. The [doctor](../operate/doctor.md) tries every grant.',
    ...declarations.flatMap(sectionOf),
    '## Reasons',
    'The reason that a check or a stop condition gives when a signal could not be read, and the fix. The doctor fills in the words in angle brackets where it knows them.',
    table(
      ['reason', 'what it means', 'what to do'],
      Object.keys(reasons)
        .toSorted()
        .map((code) => [
          `\`${code}\``,
          reasons[code]?.[0] ?? '',
          remedyOf(code).map(inMarkdown).join('<br>'),
        ]),
    ),
  ]
  return { 'docs/reference/probes.md': `${text.join('\n\n')}\n` }
}

/** The command as code, and its comment as text. */
function inMarkdown(line: string): string {
  if (line.startsWith('# ')) return literal(line.slice(2))
  const [command = '', comment] = line.split('   # ')
  return `\`${command}\`${comment === undefined ? '' : `: ${literal(comment)}`}`
}

/** Text whose `<words>` are no tags. */
function literal(text: string): string {
  return text.replaceAll('<', '\\<')
}

function sectionOf({ name, asks, reads, pace, provides, needs = {} }: Declaration): readonly string[] {
  const rows = [
    ['asks', asked[asks]],
    ['reads', reads],
    ['pace', pace === undefined ? 'a watch: as it happens' : paceText(pace)],
    ['signals', provides.map((signal) => `\`${signal.name}\``).join('<br>')],
    ['grants', grantsOf(needs).join('<br>') || 'none'],
  ]
  return [`## ${name}`, table(['', ''], rows)]
}

function paceText(pace: NonNullable<Declaration['pace']>): string {
  if (isPace(pace))
    return `brisk ${pace.brisk} ms, quiet ${pace.quiet} ms, at most ${pace.timeout} ms an attempt`
  return Object.entries(pace)
    .map(([component, own]) => `${component}: ${paceText(own)}`)
    .join('<br>')
}

function isPace(pace: NonNullable<Declaration['pace']>): pace is Pace {
  return typeof pace['brisk'] === 'number'
}

function grantsOf({ tables = [], role, commands = [], kinds = [], access = [] }: Needs): readonly string[] {
  const rules = [...kinds.flatMap((kind) => followed[kind]), ...access]
  return [
    ...tables.map(({ table: name, columns }) => `\`SELECT\` on \`${name}\` (${columns.join(', ')})`),
    ...(role === undefined ? [] : [`the role \`${role}\``]),
    ...commands.map(({ rule }) => `\`${rule}\``),
    ...rules.map(({ resource, verbs }) => `${verbs.join(', ')} \`${resource}\``),
  ]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')
}
