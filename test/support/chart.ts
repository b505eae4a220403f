import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseAllDocuments, stringify } from 'yaml'
import { helmBinary } from '../../scripts/helm.ts'

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

/** Runs helm, with `values` in a file behind the arguments. */
export async function helm(
  args: readonly string[],
  values: Values = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const program = await helmBinary()
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

/** The text that the chart renders to. Throws with helm's own words when it does not. */
export async function renderedText(values: Values, namespace = 'gate'): Promise<string> {
  const { code, stdout, stderr } = await helm(
    ['template', 'gate', chartFolder, '--namespace', namespace],
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
