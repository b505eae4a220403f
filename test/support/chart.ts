import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseAllDocuments, stringify } from 'yaml'
import { helmBinary, oldestHelmBinary } from '../../scripts/helm.ts'

const root = resolve(import.meta.dirname, '../..')

/** The folder of the chart. */
export const chartFolder = join(root, 'helm')

export type Values = Readonly<Record<string, unknown>>

/** An object that the chart makes, as far as the tests ask. */
export interface Rendered {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly [field: string]: unknown
}

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The newest Helm and the oldest that the chart supports. */
export const helmVersions = ['newest', 'oldest'] as const
export type HelmVersion = (typeof helmVersions)[number]

/** Runs the newest helm, with `values` in a file behind the arguments. */
export function helm(
  args: readonly string[],
  values: Values = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return helmOf('newest', args, values, env)
}

/** Runs one version of helm, with `values` in a file behind the arguments. */
export async function helmOf(
  version: HelmVersion,
  args: readonly string[],
  values: Values = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const program = await (version === 'newest' ? helmBinary() : oldestHelmBinary())
  if (program === undefined) throw new Error('there is no helm here: node scripts/helm.ts')
  const folder = await mkdtemp(join(tmpdir(), 'gate-chart-'))
  try {
    const file = join(folder, 'values.yaml')
    await writeFile(file, stringify(values))
    // Helm keeps nothing outside of the folder, and sees no cluster but a given one.
    const own = { HOME: folder, PATH: process.env['PATH'] ?? '', KUBECONFIG: join(folder, 'none'), ...env }
    const all = Object.keys(values).length === 0 ? args : [...args, '--values', file]
    return await new Promise<Ended>((done) => {
      execFile(program, all, { env: own, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
        done({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
      )
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Without a cluster to ask, a Helm takes the Kubernetes that it was made with, and 3.14 was made with 1.29. */
export const kubernetesVersion = ['--kube-version', '1.30.0']

/** The text that the chart renders to. Throws with helm's own words when it does not. */
export async function renderedText(
  values: Values,
  namespace = 'gate',
  version: HelmVersion = 'newest',
): Promise<string> {
  const { code, stdout, stderr } = await helmOf(
    version,
    ['template', 'gate', chartFolder, '--namespace', namespace, ...kubernetesVersion],
    values,
  )
  if (code !== 0) throw new Error(stderr)
  return stdout
}

/** The objects that the chart renders to. */
export async function renderChart(values: Values, namespace?: string): Promise<readonly Rendered[]> {
  return objectsOf(await renderedText(values, namespace))
}

export function objectsOf(text: string): readonly Rendered[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [fault] = document.errors
    if (fault !== undefined) throw fault
    const object = document.toJS() as Rendered | null
    return object === null ? [] : [object]
  })
}

/** The one object of this kind and name. */
export function theOne(objects: readonly Rendered[], kind: string, name?: string): Rendered {
  const found = objects.filter(
    (object) => object.kind === kind && (name ?? object.metadata.name) === object.metadata.name,
  )
  const [one] = found
  if (one === undefined || found.length > 1) throw new Error(`${found.length} ${kind} ${name ?? ''}`)
  return one
}

/** A part of an object, by the names of its fields and the numbers of entries. */
export function at(object: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((part, name) => {
    if (typeof part !== 'object' || part === null) return undefined
    return (part as Readonly<Record<string, unknown>>)[name]
  }, object)
}

/** The specification of every pod that the objects are or make. */
export function podSpecs(objects: readonly Rendered[]): readonly unknown[] {
  return objects.flatMap((object) => {
    if (object.kind === 'Pod') return [object['spec']]
    if (object.kind === 'CronJob') return [at(object, 'spec.jobTemplate.spec.template.spec')]
    const makesPods = object.kind === 'Deployment' || object.kind === 'Job'
    return makesPods ? [at(object, 'spec.template.spec')] : []
  })
}
