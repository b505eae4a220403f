import { promises } from 'node:fs'
import { join, resolve } from 'node:path'
import { required, UsageError, valueOf, valuesOf, type Given } from './arguments.ts'
import { evidenceRender as command } from './evidence-commands.ts'
import type { Rendering } from './helm.ts'
import { isToMask } from './masking.ts'
import { printable } from './text.ts'

/** A file of values, with what is in it. */
export interface ValuesFile {
  readonly path: string
  readonly text: string
}

export interface ChartArguments {
  readonly rendering: Rendering
  readonly files: readonly ValuesFile[]
  /** What stands behind `=` in `--set` and `--set-string`. */
  readonly setValues: readonly string[]
  /** Contents of the files of `--set-file`. */
  readonly setFiles: readonly string[]
}

/** Larger than any that Helm could store with a release. */
const largestFile = 4 * 1024 * 1024

/**
 * Reads what is to be rendered. What is not there is a fault of usage now, and no failure of the chart.
 * @throws UsageError
 */
export async function chartArguments(given: Given): Promise<ChartArguments> {
  const chart = await chartAt(required(given, command, 'chart'))
  const paths = valuesOf(given, 'values').map((path) => {
    // Helm takes a list there.
    if (/[,"]/.test(path))
      throw new UsageError(`--values: ${printable(path, 200)} has a comma or a quote in its name`)
    return resolve(path)
  })
  const files = await Promise.all(paths.map(async (path) => ({ path, text: await textOf(path, '--values') })))
  const sets = given.filter(([option]) => ['set', 'set-string', 'set-file'].includes(option))
  const assignments = sets.map(([option, text]) => ({ option, ...assignment(option, text) }))
  const setFiles = assignments.filter(({ option }) => option === 'set-file')
  return {
    rendering: {
      chart,
      values: paths,
      sets,
      release: named(given, 'release', 53),
      namespace: named(given, 'namespace', 63),
      kubeVersion: kubeVersion(given),
      apiVersions: valuesOf(given, 'api-versions'),
      isUpgrade: valueOf(given, 'install') === undefined,
      isStrict: valueOf(given, 'strict') !== undefined,
    },
    files,
    setValues: assignments.filter(({ option }) => option !== 'set-file').flatMap(({ values }) => values),
    setFiles: await Promise.all(
      setFiles.flatMap(({ values }) => values.map((path) => textOf(resolve(path), '--set-file'))),
    ),
  }
}

async function chartAt(path: string): Promise<string> {
  const chart = resolve(path)
  const shown = printable(path, 200)
  const status = await promises.stat(chart).catch(() => undefined)
  if (status === undefined) throw new UsageError(`--chart: there is nothing at ${shown}`)
  if (status.isFile() && /\.(?:tgz|tar\.gz)$/.test(chart)) return chart
  const isChart = await promises.stat(join(chart, 'Chart.yaml')).then(
    (file) => file.isFile(),
    () => false,
  )
  if (!isChart) throw new UsageError(`--chart: ${shown} is no chart: it has no Chart.yaml`)
  return chart
}

async function textOf(path: string, option: string): Promise<string> {
  const shown = printable(path, 200)
  const status = await promises.stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${option}: ${shown} cannot be read (${error.code ?? 'no access'})`)
  })
  if (!status.isFile()) throw new UsageError(`${option}: ${shown} is no file`)
  if (status.size > largestFile)
    throw new UsageError(`${option}: ${shown} is larger than ${largestFile / 2 ** 20} MiB`)
  return promises.readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${option}: ${shown} cannot be read (${error.code ?? 'no access'})`)
  })
}

/** What stands behind each `=` of `a=1,b=2`. The text is never shown: a value in it may be a password. */
function assignment(option: string, text: string): { readonly values: readonly string[] } {
  if (!/^[^=]+=/.test(text)) throw new UsageError(`--${option} is no assignment: --${option} KEY=VALUE`)
  const whole = text.slice(text.indexOf('=') + 1)
  const pairs = text.split(',').map((part) => {
    const at = part.indexOf('=')
    return { keys: at < 0 ? [] : part.slice(0, at).split('.'), value: part.slice(at + 1) }
  })
  if (option === 'set-file') return { values: pairs.map(({ value }) => value) }
  // Of `a={b,c}` and of `a=b\\,c` what stands behind the comma has the key before it.
  let keys: readonly string[] = []
  const told = pairs.flatMap((pair) => {
    keys = pair.keys.length > 0 ? pair.keys : keys
    return [pair.value, ...pair.value.split(/[{}]/)].filter((value) => isToMask(keys, value))
  })
  return { values: isToMask(keys, whole) ? [whole, ...told] : told }
}

function named(given: Given, option: 'release' | 'namespace', most: number): string {
  const value = valueOf(given, option) ?? 'caracal'
  if (value.length <= most && /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/.test(value)) return value
  throw new UsageError(
    `--${option} is "${printable(value, 80)}"; allowed: up to ${most} small letters, digits and dashes`,
  )
}

function kubeVersion(given: Given): string | undefined {
  const value = valueOf(given, 'kube-version')
  if (value === undefined || /^v?\d+\.\d+(?:\.\d+)?(?:[-+][\w.+-]*)?$/.test(value)) return value
  throw new UsageError(`--kube-version is "${printable(value, 80)}"; allowed: a version such as 1.35.0`)
}
