import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { parseArgs, promisify } from 'node:util'
import { count, measureAside } from './aside.ts'
import { quick, whole } from './extent.ts'

const usage = `npm run bench [-- --quick] [--repetitions N] [--rows N] [--write]

Measures the daemon against a real Redis, a real Postgres and a simulated platform of 12 replicas, and prints the
tables of docs/internals/benchmarks.md. It builds the bundle, which is what is measured. Needs Linux.

  --quick          fewer repetitions: six minutes instead of twenty-five; ended after twelve (else after fifty)
  --repetitions N  injections of each fault (30, or 5 when quick)
  --rows N         dispatched rows in the API's outbox (1000000)
  --peers          measures Prometheus with its exporters and rules at 1 s beside it, by Debian's packages
  --write          puts the tables into docs/internals/benchmarks.md
  --json FILE      also writes all that was measured
  --counts         measures something else: counts and ratios alone, in a minute; fails where one has grown
  --cluster [--minutes N]  measures something else: a daemon that watches a real API server, CPU, memory and log lines,
                   brisk for N minutes (15, or 1 when quick); needs root, helm and the control plane of the tests
  --crowd          measures something else: 500 who listen to /events and 500 who wait at /gates, beside scrapes
  --attacks        measures something else: what clients without a token can do, at the chart's limit of memory
  --attack NAME    one of these alone
  --mirror [--minutes N]  measures something else: the memory of \`caracal-gate mirror\` after N minutes (5, or 1 when quick)
  --starve         measures something else: what is said when the daemon hardly runs`

/** What is measured is what is shipped. */
async function build(say: (text: string) => void): Promise<void> {
  say('building the bundle ...')
  await promisify(execFile)(process.execPath, ['scripts/build.ts'])
}

async function main(words: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      quick: { type: 'boolean', default: false },
      repetitions: { type: 'string' },
      rows: { type: 'string' },
      peers: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      json: { type: 'string' },
      counts: { type: 'boolean', default: false },
      cluster: { type: 'boolean', default: false },
      minutes: { type: 'string' },
      crowd: { type: 'boolean', default: false },
      attacks: { type: 'boolean', default: false },
      attack: { type: 'string' },
      starve: { type: 'boolean', default: false },
      mirror: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(`${usage}\n`)
    return 0
  }
  if (process.platform !== 'linux')
    throw new Error('what a process costs is read from /proc: this needs Linux')
  const say = (text: string) => void process.stderr.write(`${text}\n`)
  if (!values.counts) await build(say)
  const aside = await measureAside(values, say)
  if (aside !== undefined) {
    process.stdout.write(`\n${aside.text}\n`)
    return aside.holds ? 0 : 1
  }
  if (values.peers) {
    const { peerPackages } = await import('./peers.ts')
    await promisify(execFile)('bash', ['scripts/setup-debian.sh', ...peerPackages])
  }
  const { measureAll } = await import('./run.ts')
  const { report, writeInto } = await import('./report.ts')
  const extent = values.quick ? quick : whole
  const { repetitions = extent.repetitions, rows = extent.rows } = values
  const results = await measureAll(
    {
      ...extent,
      peers: values.peers,
      repetitions: count('--repetitions', repetitions),
      rows: count('--rows', rows),
    },
    say,
  )
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, undefined, 1)}\n`)
  const text = report(results)
  process.stdout.write(`\n${text}\n`)
  if (values.write) await writeInto('docs/internals/benchmarks.md', text)
  return 0
}

const [verb, settings = '{}'] = process.argv.slice(2)
if (verb === 'platform') {
  const { runPlatform } = await import('./platform-process.ts')
  await runPlatform(JSON.parse(settings) as Parameters<typeof runPlatform>[0])
} else if (verb === 'crowd') {
  const { runCrowd } = await import('./crowd-clients.ts')
  await runCrowd(JSON.parse(settings) as Parameters<typeof runCrowd>[0])
} else if (verb === 'attack') {
  const { runAttacker } = await import('./attackers.ts')
  await runAttacker(JSON.parse(settings) as Parameters<typeof runAttacker>[0])
} else {
  const code = await main(process.argv.slice(2)).catch((fault: unknown) => {
    process.stderr.write(`${fault instanceof Error ? fault.message : String(fault)}\n`)
    return 1
  })
  // What was late may still hold a connection.
  process.exit(code)
}
