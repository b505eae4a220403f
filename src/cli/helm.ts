import { runProgram, type Ending } from './child.ts'
import type { CliProcess } from './process.ts'

/** What a pipeline gives to `helm upgrade`, and so to the rendering before it. */
export interface Rendering {
  /** Absolute path of the chart. */
  readonly chart: string
  /** Absolute paths. */
  readonly values: readonly string[]
  /** `--set`, `--set-string` and `--set-file`, in their order. */
  readonly sets: readonly (readonly [option: string, value: string])[]
  readonly release: string
  readonly namespace: string
  readonly kubeVersion: string | undefined
  readonly apiVersions: readonly string[]
  readonly isUpgrade: boolean
  readonly isStrict: boolean
}

/** Which helm to run, and for how long. */
export interface Helm {
  readonly path: string
  /** Milliseconds for each run. */
  readonly within: number
  readonly process: CliProcess
}

/** `helm lint` of the chart with the values. */
export function lint(helm: Helm, rendering: Rendering): Promise<Ending> {
  const { chart, isStrict } = rendering
  return run(helm, ['lint', chart, ...(isStrict ? ['--strict'] : []), ...common(rendering)])
}

/** `helm template` of what would be applied, hooks and all. Asks no cluster. */
export function template(helm: Helm, rendering: Rendering): Promise<Ending> {
  const { chart, release, apiVersions, isUpgrade } = rendering
  return run(helm, [
    'template',
    release,
    chart,
    ...(isUpgrade ? ['--is-upgrade'] : []),
    ...apiVersions.flatMap((list) => ['--api-versions', list]),
    ...common(rendering),
  ])
}

function common({ namespace, values, sets, kubeVersion }: Rendering): readonly string[] {
  return [
    '--namespace',
    namespace,
    ...values.flatMap((file) => ['--values', file]),
    ...sets.flatMap(([option, value]) => [`--${option}`, value]),
    ...(kubeVersion === undefined ? [] : ['--kube-version', kubeVersion]),
  ]
}

function run({ path, within, process }: Helm, argv: readonly string[]): Promise<Ending> {
  // It has no use for our token, and its words for developers would only hide what it says to others.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !name.startsWith('CARACAL_GATE_') && name !== 'HELM_DEBUG',
    ),
  )
  return runProgram({ path, argv, env, within, signal: process.interrupted })
}

/** Lines that are worth repeating. */
const longestWords = 4

/**
 * Why helm says that it failed, in its own words: the first lines of its errors, or of its warnings where there is no
 * error, on one line.
 */
export function helmWords(stdout: string, stderr: string): string {
  const lines = `${stdout}\n${stderr}`.split('\n')
  const faults = [/^\[ERROR\]/, /^Error: (?!\d+ chart\(s\) linted)/, /^\[WARNING\]/]
    .map((begin) => withWhatFollows(lines, begin))
    .find((found) => found.length > 0)
  return (faults ?? lines.filter((line) => line.trim() !== ''))
    .slice(0, longestWords)
    .map((line) => line.trim())
    .join(' ')
}

/** The lines that begin so, each with the indented ones after it. */
function withWhatFollows(lines: readonly string[], begin: RegExp): readonly string[] {
  let isInside = false
  return lines.filter((line) => {
    isInside = begin.test(line) || (isInside && /^\s+\S/.test(line))
    return isInside
  })
}

/** Whether helm did not understand what it was asked, so that its failure says nothing about the chart. */
export function isTooOld(stderr: string): boolean {
  return /^Error: unknown (?:shorthand )?(?:flag|command)/m.test(stderr)
}
