import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from '../cli-process.ts'
import { documentedUrl, type Asking } from './outcome.ts'
import { at, listAt, textAt, wordAt, type Tree } from './recipe.ts'

/** How a container of our image ended. */
export interface ContainerEnd {
  readonly code: number
  readonly said: string
}

/**
 * Runs the only container of a pod as a kubelet does: `args` follow the entry point of the image, which is our program
 * and no shell; `command` would replace it.
 */
export async function runContainer(pod: unknown, asking: Asking): Promise<ContainerEnd> {
  const [container, ...others] = listAt(pod, 'containers')
  if (others.length > 0) throw new Error('more than one container')
  if (at(container, 'command') !== undefined) throw new Error('command replaces the entry point of the image')
  if (textAt(container, 'image') !== 'caracal-gate-exporter:0.1.0') throw new Error('another image')
  assertEntryPoint()
  const args = listAt(container, 'args').map(String)
  const env = Object.fromEntries(
    listAt(container, 'env').flatMap((variable) => {
      const value = valueOf(variable, asking)
      return value === undefined ? [] : [[textAt(variable, 'name'), value] as const]
    }),
  )
  const { code, stdout, stderr } = await run(args, env)
  return { code: code ?? -1, said: stdout + stderr }
}

function valueOf(variable: unknown, { url, token }: Asking): string | undefined {
  const value = wordAt(variable, 'value')
  if (value === undefined) {
    const reference = at(variable, 'valueFrom', 'secretKeyRef')
    // A Secret that is not there keeps a container from starting, unless it is optional.
    if (token === '' && at(reference, 'optional') === true) return undefined
    return token
  }
  return value === documentedUrl ? url : value
}

/** What runs before `args` in the image. */
function assertEntryPoint(): void {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8')
  const entry = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[]
  if (entry[0] !== 'node' || entry.at(-1) !== '/app/main.js')
    throw new Error(`the image starts ${entry.join(' ')}`)
}

/**
 * Whether a Job completes. Kubernetes, Job controller: a pod that ends with another code than 0 counts as failed, and is
 * replaced up to `backoffLimit` times (6 by default) when `restartPolicy` is `Never`.
 */
export async function completes(job: Tree, asking: Asking): Promise<readonly [boolean, string]> {
  const template = at(job, 'spec', 'template', 'spec')
  if (at(template, 'restartPolicy') !== 'Never')
    throw new Error('a Job that restarts containers tells no codes')
  const tries = 1 + Number(at(job, 'spec', 'backoffLimit') ?? 6)
  let said = ''
  for (let attempt = 0; attempt < tries; attempt++) {
    const end = await runContainer(template, asking)
    if (end.code === 0) return [true, end.said]
    said = `${end.code}: ${end.said}`
  }
  return [false, said]
}
