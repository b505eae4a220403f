import fs from 'node:fs'
import { join, resolve } from 'node:path'
import { codeOf } from '../core/text.ts'
import type { Given, Values } from './command.ts'
import type { Rendering } from './helm.ts'
import { isToMask } from './masking.ts'
import { flag, needed, notAllowed, path, text, texts, UsageError } from './options.ts'
import { printable } from './text.ts'

/** What is rendered, and with what. */
export const chartOptions = {
  chart: needed(path('DIR', 'the chart: a folder, or a packed one (.tgz)')),
  values: texts('FILE', 'a values file of the environment', { short: 'f', completes: 'file' }),
  set: texts('KEY=VALUE', 'as helm upgrade --set'),
  setString: texts('KEY=VALUE', 'as helm upgrade --set-string'),
  setFile: texts('KEY=FILE', 'as helm upgrade --set-file'),
  release: text('NAME', 'name of the release (default caracal)'),
  namespace: text('NAME', 'its namespace (default caracal)', { short: 'n' }),
  kubeVersion: text('VERSION', 'version of the cluster, for charts that ask for it'),
  apiVersions: texts('LIST', 'APIs of the cluster, for charts that ask for them'),
  install: flag('render the first installation instead of an upgrade'),
  strict: flag('let helm lint fail on warnings too'),
}

/** A file of values, with what is in it. */
export interface ValuesFile {
  readonly path: string
  readonly text: string
}

export interface ChartArguments {
  readonly rendering: Rendering
  readonly files: readonly ValuesFile[]
  /** The values behind `=` in `--set` and `--set-string`. */
  readonly setValues: readonly string[]
  /** Contents of the files of `--set-file`. */
  readonly setFiles: readonly string[]
}

/** Larger than any that Helm could store with a release. */
const largestFile = 4 * 1024 * 1024

/**
 * Reads what is to be rendered.
 * @param given the options in their order, which Helm keeps among `--set`, `--set-string` and `--set-file`
 * @throws UsageError when something is not there: that is no failure of the chart
 */
export async function chartArguments(
  values: Values<typeof chartOptions>,
  given: Given,
): Promise<ChartArguments> {
  const chart = await chartAt(values.chart)
  const paths = values.values.map((file) => {
    // Helm takes a list there.
    if (/[,"]/.test(file))
      throw new UsageError(`--values: ${printable(file, 200)} has a comma or a quote in its name`)
    return resolve(file)
  })
  const files = await Promise.all(
    paths.map(async (file) => ({ path: file, text: await textOf(file, '--values') })),
  )
  const sets = given.filter(([option]) => ['set', 'set-string', 'set-file'].includes(option))
  const assignments = sets.map(([option, assigned]) => ({ option, ...assignment(option, assigned) }))
  const setFiles = assignments.filter(({ option }) => option === 'set-file')
  return {
    rendering: {
      chart,
      values: paths,
      sets,
      release: named('--release', values.release, 53),
      namespace: named('--namespace', values.namespace, 63),
      kubeVersion: kubeVersion(values.kubeVersion),
      apiVersions: values.apiVersions,
      isUpgrade: !values.install,
      isStrict: values.strict,
    },
    files,
    setValues: assignments.filter(({ option }) => option !== 'set-file').flatMap((one) => one.values),
    setFiles: await Promise.all(
      setFiles.flatMap((one) => one.values.map((file) => textOf(resolve(file), '--set-file'))),
    ),
  }
}

async function chartAt(folder: string): Promise<string> {
  const chart = resolve(folder)
  const shown = printable(folder, 200)
  const status = await fs.promises.stat(chart).catch(() => undefined)
  if (status === undefined) throw new UsageError(`--chart: there is nothing at ${shown}`)
  if (status.isFile() && /\.(?:tgz|tar\.gz)$/.test(chart)) return chart
  const isChart = await fs.promises.stat(join(chart, 'Chart.yaml')).then(
    (file) => file.isFile(),
    () => false,
  )
  if (!isChart) throw new UsageError(`--chart: ${shown} is no chart: it has no Chart.yaml`)
  return chart
}

async function textOf(file: string, option: string): Promise<string> {
  const shown = printable(file, 200)
  const unreadable = (error: unknown): never => {
    throw new UsageError(`${option}: ${shown} cannot be read (${codeOf(error) ?? 'no access'})`)
  }
  const status = await fs.promises.stat(file).catch(unreadable)
  if (!status.isFile()) throw new UsageError(`${option}: ${shown} is not a file`)
  if (status.size > largestFile)
    throw new UsageError(`${option}: ${shown} is larger than ${largestFile / 2 ** 20} MiB`)
  return fs.promises.readFile(file, 'utf8').catch(unreadable)
}

/** The values behind each `=` of `a=1,b=2`. The text is never shown: a value in it may be a password. */
function assignment(option: string, given: string): { readonly values: readonly string[] } {
  if (!/^[^=]+=/.test(given)) throw new UsageError(`--${option} is no assignment: --${option} KEY=VALUE`)
  const whole = given.slice(given.indexOf('=') + 1)
  const pairs = given.split(',').map((part) => {
    const at = part.indexOf('=')
    return { keys: at < 0 ? [] : part.slice(0, at).split('.'), value: part.slice(at + 1) }
  })
  if (option === 'set-file') return { values: pairs.map(({ value }) => value) }
  // Of `a={b,c}` and of `a=b\\,c` the part behind the comma has the key before it.
  let keys: readonly string[] = []
  const values = pairs.flatMap((pair) => {
    keys = pair.keys.length > 0 ? pair.keys : keys
    return [pair.value, ...pair.value.split(/[{}]/)].filter((value) => isToMask(keys, value))
  })
  return { values: isToMask(keys, whole) ? [whole, ...values] : values }
}

function named(option: string, value: string | undefined, most: number): string {
  if (value === undefined) return 'caracal'
  if (value.length <= most && /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/.test(value)) return value
  throw notAllowed(option, value, `up to ${most} lower-case letters, digits and dashes`)
}

function kubeVersion(value: string | undefined): string | undefined {
  if (value === undefined || /^v?\d+\.\d+(?:\.\d+)?(?:[-+][\w.+-]*)?$/.test(value)) return value
  throw notAllowed('--kube-version', value, 'a version such as 1.35.0')
}
