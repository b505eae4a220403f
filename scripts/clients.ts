// Builds the clients that tests ask the exporter with, by the clients' own code, from the Go modules of test/clients,
// once, into folders outside the repository, and prints those:
//   node scripts/clients.ts                        all of them
//   node scripts/clients.ts flagger-1.44.0         those that are named
// Needs Go; takes a minute or two each, and nothing when they are built already.
import { basename, resolve } from 'node:path'
import { clientPrograms } from '../rig/clients.ts'
import type { GoProgram } from '../rig/go-program.ts'
import { buildGoProgram } from './go-build.ts'

/** Builds a client unless it is there and returns its folder; `say` hears what takes long. */
export function buildClient(program: GoProgram, say: (line: string) => void): Promise<string> {
  return buildGoProgram({ program, what: `${basename(program.name)} (a minute or two)` }, say)
}

async function main(names: readonly string[]): Promise<number> {
  const known = clientPrograms()
  const wanted = known.filter(({ client }) => names.length === 0 || names.includes(client))
  if (wanted.length < names.length) {
    const all = known.map(({ client }) => client).join(', ')
    process.stderr.write(`no such client among ${names.join(', ')}; there are: ${all}\n`)
    return 2
  }
  try {
    for (const program of wanted) {
      const folder = await buildClient(program, (line) => process.stderr.write(`${line}\n`))
      process.stdout.write(`${folder}\n`)
    }
    return 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  process.exitCode = await main(process.argv.slice(2))
}
