import { existsSync, globSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { builtFolder, type GoProgram } from './go-program.ts'

const folder = resolve(import.meta.dirname, '../test/clients')

/**
 * The clients that run by their own code: `test/clients/<client>/<version>` holds the go.mod and go.sum of one, which
 * is called `<client>-<version>`; the folder above holds the main.go that all its versions share.
 */
export function clientPrograms(): readonly (GoProgram & { readonly client: string })[] {
  const modules = globSync('*/*/go.mod', { cwd: folder }).toSorted()
  return modules.map((module) => {
    const source = dirname(join(folder, module))
    const client = `${basename(dirname(source))}-${basename(source)}`
    return { client, name: `clients/${client}`, source, main: join(source, '../main.go') }
  })
}

/** The path of a client's built program, such as `argo-rollouts-1.9.1`; undefined when it is not built yet. */
export function locateClient(name: string): string | undefined {
  const known = clientPrograms()
  const program = known.find(({ client }) => client === name)
  if (program === undefined)
    throw new Error(`no client ${name}; there are: ${known.map(({ client }) => client).join(', ')}`)
  const path = join(builtFolder(program), 'program')
  return existsSync(path) ? path : undefined
}
