import { promises } from 'node:fs'
import { readOptions, required, UsageError, valueOf, type Given } from './arguments.ts'
import { evidenceRollbackPlan as command } from './evidence-commands.ts'
import { foundNothing, handIn, openSession, say } from './evidence.ts'
import type { ExitCode } from './exit-codes.ts'
import { readMigrations, type Migration, type MigrationSet } from './migration-set.ts'
import type { CliProcess } from './process.ts'
import { differences, planOf, type Change } from './rollback-plan.ts'
import { printable } from './text.ts'

/** `caracal-gate evidence rollback-plan`: whether the previous version runs on the schema that the migrations make. */
export async function evidenceRollbackPlan(process: CliProcess): Promise<ExitCode> {
  const given = readOptions(command, process.argv)
  const set = await readMigrations(required(given, command, 'migrations'), 'migrations')
  const start = await startOf(given, set)
  const session = await openSession(process, given, command.name)
  const faults = [...set.faults, ...start.faults]
  const { notes } = set
  if (faults.length > 0)
    return foundNothing(session, `the migrations can't be judged: ${some(faults)}`, { faults, notes })
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
}

/** Where the previous version stands: what is pending from there. */
interface Start {
  readonly before: string
  readonly pending: readonly Migration[]
  readonly faults: readonly string[]
}

async function startOf(given: Given, set: MigrationSet): Promise<Start> {
  const ways = ['previous', 'previous-migrations', 'applied'].filter(
    (option) => valueOf(given, option) !== undefined,
  )
  const [way] = ways
  const value = valueOf(given, way ?? '') ?? ''
  if (ways.length !== 1)
    throw new UsageError('give one of --previous VERSION, --previous-migrations DIR and --applied FILE')
  if (way === 'previous') return fromVersion(value, set)
  if (way === 'applied') return fromList(await listed(value), set)
  const previous = await readMigrations(value, 'previous-migrations')
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
  const text = await promises.readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--applied: ${shown} cannot be read (${error.code ?? 'no access'})`)
  })
  const lines = text.split('\n').map((line) => line.trim())
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
