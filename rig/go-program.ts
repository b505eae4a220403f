import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'

/** A program of the tests that is built from a Go module of `test/`. */
export interface GoProgram {
  /** Its path below the cache of what is built, such as `clients/flagger-1.44.0`. */
  readonly name: string
  /** The folder of its go.mod and go.sum. */
  readonly source: string
  /** Its one source file, where it does not lie in that folder: versions of one client share it. */
  readonly main?: string
}

/**
 * The folder of the built program, whether it is there or not. It lies outside the repository and its name is a
 * digest of what it is built from, so checkouts of one version share it and a change builds again.
 */
export function builtFolder({ name, source, main = join(source, 'main.go') }: GoProgram): string {
  const digest = createHash('sha256')
  for (const path of [join(source, 'go.mod'), join(source, 'go.sum'), main])
    digest.update(`${basename(path)}\n`).update(readFileSync(path))
  const given = process.env['XDG_CACHE_HOME']
  const base = given !== undefined && given !== '' ? given : join(homedir(), '.cache')
  const version = `${digest.digest('hex').slice(0, 32)}-${process.platform}-${process.arch}`
  return join(base, 'caracal-gate', name, version)
}
