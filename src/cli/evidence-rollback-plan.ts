import fs from 'node:fs'
import { codeOf } from '../core/text.ts'
import { command, type Values } from './command.ts'
import { ending, foundNothing, handIn, openSession, pushOptions, say } from './evidence.ts'
import { differences, readMigrations, type Migration, type MigrationSet } from './migration-set.ts'
import { needed, path, text, UsageError } from './options.ts'
import type { Change } from './rollback-plan.ts'
import { printable } from './text.ts'

const sets = {
  migrations: needed(path('DIR', 'migrations of the version that is rolled out')),
  previous: text('VERSION', 'newest migration of the previous version, by name or number'),
  previousMigrations: path('DIR', 'migrations of the previous version; compared file by file'),
  applied: path('FILE', 'the versions in schema_migrations, one a line'),
}

/** `caracal-gate evidence rollback-plan`: whether the previous version runs on the schema that the migrations make. */
export const evidenceRollbackPlan = command({
  name: 'evidence rollback-plan',
  area: 'tell',
  says: 'push what the migrations mean for a rollback',
  more: [
    'Reads the migrations that are applied on top of the previous version. Those that are tagged "-- caracal:phase contract" or take away what the previous version uses mean fail; those that only add, pass. Where reading is not enough to decide, it pushes nothing: test the previous version, and use evidence push schema-compatibility.',
    'Pushes schema-compatibility. Give one of --previous, --previous-migrations and --applied.',
    ending,
  ],
  options: { ...sets, ...pushOptions },
  exits: [0, 5, 8, 9],
  examples: [
    [
      'caracal-gate evidence rollback-plan --migrations infra/postgres/migrations --previous 0003',
      'the previous version ends with 0003',
    ],
    [
      'caracal-gate evidence rollback-plan --migrations migrations --applied versions.txt --dry-run',
      'versions.txt from: psql -Atc "SELECT version FROM schema_migrations"',
    ],
  ],
  async run(process, values) {
    const set = await readMigrations(values.migrations, 'migrations')
    const start = await startOf(values, set)
    const session = await openSession(process, values, 'evidence rollback-plan')
    const faults = [...set.faults, ...start.faults]
    const { notes } = set
    if (faults.length > 0)
      return foundNothing(session, `the migrations can't be judged: ${some(faults)}`, { faults, notes })
    // Only this command loads Postgres' parser.
    const { planOf } = await import('./rollback-plan.ts')
    const plan = await planOf(start.pending, start.before)
    const { compatible, message } = plan
    if (compatible === 'unclear') {
      const why = `reading is not enough to tell: ${message}; test the previous version on the new schema, then use evidence push schema-compatibility`
      for (const change of plan.unclear) process.stderr.write(`${lineOf(change)}\n`)
      return foundNothing(session, why, { plan, notes })
    }
    for (const change of plan.breaking) say(session, lineOf(change))
    for (const note of notes) process.stderr.write(`note: ${note}\n`)
    const outcome = compatible ? 'pass' : 'fail'
    return handIn(session, [{ check: 'schema-compatibility', outcome, message }], { plan, notes })
  },
})

/** The newest migration of the previous version, and what is pending from there. */
interface Start {
  readonly before: string
  readonly pending: readonly Migration[]
  readonly faults: readonly string[]
}

async function startOf(values: Values<typeof sets>, set: MigrationSet): Promise<Start> {
  const { previous: version, previousMigrations, applied } = values
  if ([version, previousMigrations, applied].filter((way) => way !== undefined).length !== 1)
    throw new UsageError('give one of --previous VERSION, --previous-migrations DIR and --applied FILE')
  if (version !== undefined) return fromVersion(version, set)
  if (applied !== undefined) return fromList(await listed(applied), set)
  const previous = await readMigrations(previousMigrations ?? '', 'previous-migrations')
  const faults = [...previous.faults, ...differences(previous, set)]
  return {
    ...fromList(
      previous.migrations.map(({ version }) => version),
      set,
    ),
    faults,
  }
}

function fromVersion(wanted: string, { migrations }: MigrationSet): Start {
  const number = /^\d{1,4}$/.test(wanted) ? `${wanted.padStart(4, '0')}_` : undefined
  const at = migrations.findIndex(
    ({ version }) => version === wanted || (number !== undefined && version.startsWith(number)),
  )
  const newest = migrations.at(-1)?.version ?? ''
  if (at < 0)
    throw new UsageError(
      `--previous: there is no migration "${printable(wanted, 100)}"; the newest is ${newest}`,
    )
  return { before: migrations[at]?.version ?? '', pending: migrations.slice(at + 1), faults: [] }
}

function fromList(applied: readonly string[], { migrations }: MigrationSet): Start {
  const known = new Set(migrations.map(({ version }) => version))
  const before = applied.toSorted().at(-1) ?? 'nothing'
  return {
    before,
    pending: migrations.filter(({ version }) => !applied.includes(version)),
    faults: applied
      .filter((version) => !known.has(version))
      .map((version) => `${version} is applied and not among the migrations`),
  }
}

async function listed(file: string): Promise<readonly string[]> {
  const shown = printable(file, 200)
  const content = await fs.promises.readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`--applied: ${shown} cannot be read (${codeOf(error) ?? 'no access'})`)
  })
  const lines = content.split('\n').map((line) => line.trim())
  const wrong = lines.findIndex((line) => line !== '' && !/^\d{4}_[A-Za-z0-9_]{1,200}$/.test(line))
  if (wrong >= 0)
    throw new UsageError(`--applied: line ${wrong + 1} of ${shown} is no version such as 0001_baseline`)
  const versions = lines.filter((line) => line !== '')
  if (versions.length === 0)
    throw new UsageError(
      `--applied: ${shown} names no version; a database without any has no previous version`,
    )
  return versions
}

function lineOf({ version, line, what }: Change): string {
  return `${version}:${line}: ${what}`
}

function some(faults: readonly string[]): string {
  const more = faults.length > 3 ? ` (and ${faults.length - 3} more)` : ''
  return `${faults.slice(0, 3).join('; ')}${more}`
}
