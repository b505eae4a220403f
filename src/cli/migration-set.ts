import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../core/text.ts'
import { UsageError } from './options.ts'
import { printable } from './text.ts'

/** A migration as the platform names it. */
export interface Migration {
  /** As `schema_migrations` records it: `0003_operator_run_token_usage`. */
  readonly version: string
  readonly sql: string
  /** SHA-256 of the file, hex. */
  readonly hash: string
}

export interface MigrationSet {
  readonly folder: string
  /** In the order in which they are applied. */
  readonly migrations: readonly Migration[]
  /** Why nothing can be concluded from it, each with the file and what would be right. */
  readonly faults: readonly string[]
  /** What a person should know and that changes nothing. */
  readonly notes: readonly string[]
}

/** Thirty times the largest that the platform has. */
const largestFile = 4 * 1024 * 1024
const mostFiles = 5_000
const pattern = /^\d{4}_[A-Za-z0-9_]+$/

/**
 * Reads a folder of migrations as the platform's migrator would: files `NNNN_words.up.sql`, in the order of their names.
 * @throws UsageError when there is no such folder, or no migration in it
 */
export async function readMigrations(folder: string, option: string): Promise<MigrationSet> {
  const entries = await fs.promises
    .readdir(folder, { withFileTypes: true })
    .catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(
        `--${option}: ${printable(folder, 200)} cannot be read (${error.code ?? 'no access'})`,
      )
    })
  const names = entries
    .map(({ name }) => name)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
  const ups = names.filter((name) => name.endsWith('.up.sql'))
  if (ups.length === 0 || names.length > mostFiles)
    throw new UsageError(`--${option}: ${printable(folder, 200)} holds ${ups.length} files NNNN_name.up.sql`)
  const regular = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name))
  const migrations: Migration[] = []
  const faults: string[] = []
  for (const name of ups) {
    const read = regular.has(name)
      ? await readOne(folder, name)
      : 'is no regular file, and the migrator passes over it'
    if (typeof read === 'string') faults.push(`${printable(name, 100)} ${read}`)
    else migrations.push(read)
  }
  const downs = names.filter((name) => name.endsWith('.down.sql'))
  return {
    folder,
    migrations,
    faults: [
      ...faults,
      ...faultsOfNames(ups, downs),
      ...(await faultsOfRelease(folder, migrations, regular)),
    ],
    notes: ups
      .filter((name) => !downs.includes(name.replace(/\.up\.sql$/, '.down.sql')))
      .map((name) => `${printable(name, 100)} has no down migration`),
  }
}

async function readOne(folder: string, name: string): Promise<Migration | string> {
  const version = name.slice(0, -'.up.sql'.length)
  if (!pattern.test(version)) return 'is not named NNNN_words.up.sql, and the migrator refuses it'
  try {
    const path = join(folder, name)
    if ((await fs.promises.stat(path)).size > largestFile)
      return `is larger than ${largestFile / 2 ** 20} MiB`
    const bytes = await fs.promises.readFile(path)
    const sql = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { version, sql, hash: createHash('sha256').update(bytes).digest('hex') }
  } catch (error) {
    if (error instanceof TypeError) return 'is no text in UTF-8'
    return `cannot be read (${codeOf(error) ?? 'no access'})`
  }
}

function faultsOfNames(ups: readonly string[], downs: readonly string[]): readonly string[] {
  const numbers = ups.map((name) => name.slice(0, 4)).filter((number) => /^\d{4}$/.test(number))
  const twice = new Set(numbers.filter((number, n) => numbers.indexOf(number) !== n))
  const gaps = [...new Set(numbers)].flatMap((number, n, all) => {
    const before = n === 0 ? 0 : Number(all[n - 1])
    return Number(number) > before + 1
      ? [`${String(before + 1).padStart(4, '0')} is missing before ${number}`]
      : []
  })
  const alone = downs.filter((name) => !ups.includes(name.replace(/\.down\.sql$/, '.up.sql')))
  return [
    ...[...twice].map((number) => `${number} is the number of two migrations`),
    ...gaps,
    ...alone.map((name) => `${printable(name, 100)} has no up migration`),
  ]
}

/** What was released is frozen by name and content: the platform keeps the digests beside the files. */
async function faultsOfRelease(
  folder: string,
  migrations: readonly Migration[],
  regular: ReadonlySet<string>,
): Promise<readonly string[]> {
  if (!regular.has('released.sha256')) return []
  const list = await fs.promises.readFile(join(folder, 'released.sha256'), 'utf8').catch(() => '')
  return [...list.matchAll(/^([0-9a-f]{64}) [ *](\S+)\.up\.sql$/gm)].flatMap(([, hash, version = '']) => {
    const held = migrations.find((migration) => migration.version === version)
    if (held === undefined)
      return [`${printable(version, 100)} was released and is missing (released.sha256)`]
    return held.hash === hash
      ? []
      : [`${printable(version, 100)} was changed after its release (released.sha256)`]
  })
}

/** Why the older set is not the beginning of the newer one, in words; empty when it is. */
export function differences(previous: MigrationSet, next: MigrationSet): readonly string[] {
  const byVersion = new Map(next.migrations.map((migration) => [migration.version, migration]))
  const byHash = new Map(next.migrations.map((migration) => [migration.hash, migration]))
  return previous.migrations.flatMap(({ version, hash }) => {
    const same = byVersion.get(version)
    if (same?.hash === hash) return []
    if (same !== undefined) return [`${version} was changed since the previous version`]
    const renamed = byHash.get(hash)
    return [renamed === undefined ? `${version} is missing` : `${version} was renamed to ${renamed.version}`]
  })
}
