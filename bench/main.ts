import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { parseArgs, promisify } from 'node:util'
import { within } from './deadline.ts'
import { quick, whole } from './extent.ts'

/** Seconds that each of the measurements beside the benchmark may take. */
const ASIDE = 20 * 60

const usage = `npm run bench [-- --quick] [--repetitions N] [--rows N] [--write]

Measures the daemon against a real Redis, a real Postgres and a simulated platform of 12 replicas, and prints the
tables of docs/internals/benchmarks.md. It builds the bundle, which is what is measured. Needs Linux.

  --quick          fewer repetitions: six minutes instead of twenty; ended after twelve (else after fifty)
  --repetitions N  injections of each fault (30, or 5 when quick)
  --rows N         dispatched rows in the API's outbox (1000000, or 100000 when quick)
  --peers          measures Prometheus with its exporters and rules at 1 s beside it, by Debian's packages
  --write          puts the tables into docs/internals/benchmarks.md
  --json FILE      also writes all that was measured
  --counts         measures something else: counts and ratios alone, in a minute; fails where one has grown
  --cluster [--minutes N]  measures something else: a daemon that watches a real API server, CPU, memory and log lines,
                   brisk for N minutes (15, or 1 when quick); needs root, helm and the control plane of the tests
  --crowd          measures something else: 500 who listen to /events and 500 who wait at /gates, beside scrapes
  --attacks        measures something else: what clients without a token can do, at the chart's limit of memory
  --attack NAME    one of these alone
  --starve         measures something else: what is said when the daemon hardly runs`

/** @throws when it is no whole number from 1 */
function count(option: string, given: string | number): number {
  const value = Number(given)
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} takes a whole number from 1`)
  return value
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
  if (values.counts) {
    const { measureCounts } = await import('./counts.ts')
    const { findingsOf, reportOf } = await import('./regressions.ts')
    const counts = await measureCounts(say)
    process.stdout.write(`\n${reportOf(counts)}\n`)
    return findingsOf(counts).every(({ holds }) => holds) ? 0 : 1
  }
  if (values.cluster) {
    const { measureCluster } = await import('./cluster.ts')
    const minutes = count('--minutes', values.minutes ?? (values.quick ? 1 : 15))
    const measure = () => measureCluster(minutes, say)
    process.stdout.write(`\n${await within('the cluster', ASIDE + minutes * 60, measure)}\n`)
    return 0
  }
  if (values.crowd) {
    const { measureCrowd } = await import('./crowd.ts')
    const extent = values.quick ? { clients: 100, changes: 5 } : { clients: 500, changes: 20 }
    process.stdout.write(`\n${await within('the crowd', ASIDE, () => measureCrowd(extent, say))}\n`)
    return 0
  }
  if (values.attacks || values.attack !== undefined) {
    const { measureAttacks } = await import('./attacks.ts')
    const only = values.attack === undefined ? {} : { only: values.attack }
    const measure = () => measureAttacks({ seconds: values.quick ? 4 : 10, ...only }, say)
    process.stdout.write(`\n${await within('the attacks', ASIDE, measure)}\n`)
    return 0
  }
  if (values.starve) {
    const { measureStarved } = await import('./starve.ts')
    process.stdout.write(`\n${await measureStarved(values.quick, say)}\n`)
    return 0
  }
  if (values.peers) {
    const { peerPackages } = await import('./peers.ts')
    await promisify(execFile)('bash', ['scripts/setup-debian.sh', ...peerPackages])
  }
  say('building the bundle ...')
  await promisify(execFile)(process.execPath, ['scripts/build.ts'])
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
