import { execFile } from 'node:child_process'
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
 */
export async function runJob(
  objects: readonly Rendered[],
  job: string,
  secrets: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
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
  const own = { PATH: process.env['PATH'] ?? '', ...Object.fromEntries(variables) }
  return new Promise((done) => {
    execFile(program, args, { env: own }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    )
  })
}
