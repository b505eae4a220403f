import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { format, resolveConfig } from 'prettier'
import { aimsOf, type Line } from './aims.ts'
import type { Latency } from './latency.ts'
import { peerReport } from './peer-report.ts'
import type { PlatformWork } from './processor-time.ts'
import type { Results } from './results.ts'
import { short, summarise } from './statistics.ts'
import { table } from './table.ts'

/** The results as Markdown. */
export function report(results: Results): string {
  const lines = aimsOf(results)
  return [
    `Measured on ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version.slice(1)}, with ${results.rows.toLocaleString('en-US')} ` +
      `dispatched rows in the API's outbox. Without any daemon ${percent(results.loadBefore)} of the cores were in use, by ` +
      `the platform, its stores and whatever else ran on the machine: the more, the worse all of this.`,
    table(
      ['what', 'aim', 'measured', 'met?'],
      lines.map(({ what, aim, measured, met }) => [what, aim, measured, met ? 'yes' : '**no**']),
    ),
    missed(lines),
    '### Fault to changed `/gates`, each fault\n\nMilliseconds from the fault to the first document that shows it.',
    table(['fault', 'cadence', 'n', 'median', 'p99', 'worst'], results.latencies.map(latencyLine)),
    ...peerReport(results),
    '### CPU and memory',
    table(['how it runs', 'cadence', 'CPU ms/s', 'RSS MB', 'of that anonymous'], runningLines(results)),
    '### More replicas, brisk\n\nOne daemon; together the replicas work as much as two of each service do.',
    growthTable(results),
    '### What the platform is asked for, per second, by one daemon',
    costTable(results),
    workText,
    workTable(results),
    logTable(results),
    "### The statements, explained\n\n`EXPLAIN (ANALYZE, BUFFERS)`, warm, as the daemon's probes run them.",
    table(
      ['statement', 'execution ms', 'buffers'],
      results.plans.map(({ name, milliseconds, buffers }) => [`\`${name}\``, short(milliseconds), buffers]),
    ),
    ...results.plans.map(
      ({ name, text }) => `<details><summary>${name}</summary>\n\n\`\`\`text\n${text}\n\`\`\`\n\n</details>`,
    ),
  ].join('\n\n')
}

/** One sentence for each aim that is missed, on how far it is. */
function missed(lines: readonly Line[]): string {
  const sentences = lines
    .filter(({ met }) => !met)
    .map(({ what, aim, measured, excess }) => {
      const times = excess === undefined ? '' : `, ${excess.toFixed(2)} times what it may be`
      return `- Missed: ${what}: ${measured} where the aim is ${aim}${times}.`
    })
  return sentences.length === 0 ? 'Every aim that was measured is met.' : sentences.join('\n')
}

function latencyLine({ fault, cadence, sample }: Latency): readonly string[] {
  const { count, median, p99, worst } = summarise(sample)
  return [fault, cadence, String(count), short(median), short(p99), short(worst)]
}

function runningLines({ running }: Results): readonly (readonly string[])[] {
  return running.map(({ variant, cadence, cpu, resident, anonymous }) => [
    `\`${variant}\``,
    cadence,
    short(cpu),
    short(resident),
    short(anonymous),
  ])
}

function growthTable({ growth, brisk, running }: Results): string {
  const { perSecond, milliseconds } = brisk.evaluation
  const twelve = {
    replicas: 12,
    cpu: brisk.cpu,
    resident: running[0]?.resident ?? Number.NaN,
    evaluations: perSecond,
    evaluation: milliseconds,
    looks: brisk.looks,
    turn: brisk.turn,
  }
  const head = [
    'replicas',
    'CPU ms/s',
    'RSS MB',
    'attempts/s',
    'evaluations/s',
    'ms for one',
    'longest turn, ms',
  ]
  const rows = [twelve, ...growth].map(
    ({ replicas, cpu, resident, looks, evaluations, evaluation, turn }) => [
      String(replicas),
      ...[cpu, resident, looks, evaluations, evaluation, turn].map(short),
    ],
  )
  return table(head, rows)
}

function costTable({ brisk, quiet, redisTime }: Results): string {
  const requests = [...new Set([...Object.keys(brisk.requests), ...Object.keys(quiet.requests)])].toSorted()
  const commands = [
    ...new Set([...Object.keys(brisk.redis.byCommand), ...Object.keys(quiet.redis.byCommand)]),
  ]
  const row = (what: string, of: (cost: typeof brisk) => number) => [what, short(of(brisk)), short(of(quiet))]
  return table(
    ['what', 'brisk', 'quiet'],
    [
      row('SQL statements', ({ statements }) => statements.perSecond),
      row(
        'ms in Postgres (pg_stat_statements, planning included)',
        ({ statements }) => statements.milliseconds,
      ),
      row('Redis commands', ({ redis }) => redis.commands),
      row('Redis round trips', ({ redis }) => redis.roundTrips),
      ...commands.map((name) => row(`Redis ${name}`, ({ redis }) => redis.byCommand[name] ?? 0)),
      [
        'ms in Redis commands, those that replicas send to answer us included',
        short(redisTime.withBrisk - redisTime.without),
        '',
      ],
      ...requests.map((key) => row(`\`${key}\``, (cost) => cost.requests[key] ?? 0)),
      ['answers 429, in all', String(brisk.throttled), String(quiet.throttled)],
      row('attempts at targets', ({ looks }) => looks),
      row('evaluations', ({ evaluation }) => evaluation.perSecond),
      row('ms for one evaluation', ({ evaluation }) => evaluation.milliseconds),
    ],
  )
}

const workText =
  '### What the platform pays\n\n' +
  'Milliseconds in a second, for all clients: what replicas do to answer `/ready` and `/metrics` is in it. One run, one ' +
  'machine, so that the ratios hold also where the machine is busy.'

function workTable({ work: { idle, brisk, quiet }, quietDaemons }: Results): string {
  const row = (what: string, of: (work: PlatformWork) => number) => {
    const alone = of(idle)
    // The quiet ones together; each does as much as the others.
    const eachQuiet = alone + (of(quiet) - alone) / quietDaemons
    const ratio = (value: number) =>
      alone > 0 ? `${short(value)} (${(value / alone).toFixed(2)} times)` : short(value)
    return [what, short(alone), ratio(of(brisk)), ratio(eachQuiet)]
  }
  const roles = [...new Set([idle, brisk, quiet].flatMap(({ sql }) => Object.keys(sql)))].toSorted()
  return table(
    ['what', 'without us', 'one brisk daemon', 'one quiet daemon'],
    [
      row('CPU of Postgres, all processes', ({ postgres }) => postgres),
      row('CPU of Redis', ({ redis }) => redis),
      ...roles.map((role) => row(`SQL of \`${role}\``, ({ sql }) => sql[role] ?? 0)),
    ],
  )
}

function logTable({ brisk, quiet }: Results): string {
  const services = Object.keys(brisk.lines).filter((service) => (brisk.lines[service] ?? 0) > 0)
  return table(
    ['log lines a minute and replica', 'brisk', 'quiet'],
    services.map((service) => [service, short(brisk.lines[service] ?? 0), short(quiet.lines[service] ?? 0)]),
  )
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

const [begin, end] = ['<!-- measured: begin -->', '<!-- measured: end -->']

/** Replaces what is between the two marks of the page. */
export async function writeInto(path: string, text: string): Promise<void> {
  const page = readFileSync(path, 'utf8')
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`${path} has no marks to write between`)
  const whole = `${before}${begin}\n\n${text}\n\n${end}${after}`
  writeFileSync(path, await format(whole, { ...(await resolveConfig(path)), parser: 'markdown' }))
}
