import { execFile, type ExecFileException } from 'node:child_process'
import { codeOf } from '../core/text.ts'
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

/** How helm ended. What it printed is text, bounded, which no one has read yet. */
export type Ending =
  | { readonly kind: 'ended'; readonly code: number; readonly stdout: string; readonly stderr: string }
  /** It could not be started: there is none, or it may not be run. */
  | { readonly kind: 'missing'; readonly code: string }
  /** It did not end, printed too much, or was ended by a signal. */
  | { readonly kind: 'broken'; readonly why: string }
  | { readonly kind: 'interrupted' }

/** Bytes of its output: four times what the release of the platform has, and more than fits in a release of Helm. */
const longestOutput = 4 * 1024 * 1024

/** Runs helm without a shell and without input, and waits for its end. Never rejects. */
function run({ path, within, process }: Helm, argv: readonly string[]): Promise<Ending> {
  // It has no use for our token, and its words for developers would only hide what it says to others.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !name.startsWith('CARACAL_GATE_') && name !== 'HELM_DEBUG',
    ),
  )
  const { interrupted: signal } = process
  const limits = { timeout: within, maxBuffer: longestOutput, killSignal: 'SIGKILL' } as const
  return new Promise((resolve) => {
    const child = execFile(path, [...argv], { env, signal, ...limits }, (error, stdout, stderr) => {
      resolve(signal.aborted ? { kind: 'interrupted' } : endingOf(error, { stdout, stderr }, within))
    })
    child.stdin?.end()
  })
}

function endingOf(
  error: ExecFileException | null,
  output: { readonly stdout: string; readonly stderr: string },
  within: number,
): Ending {
  if (error === null) return { kind: 'ended', code: 0, ...output }
  const { code, killed, signal } = error
  if (typeof code === 'number') return { kind: 'ended', code, ...output }
  if (codeOf(error) === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    return { kind: 'broken', why: `said more than ${longestOutput / 2 ** 20} MiB` }
  if (killed === true) return { kind: 'broken', why: `did not end within ${within / 1_000} s` }
  if (signal) return { kind: 'broken', why: `was ended by ${signal}` }
  return { kind: 'missing', code: codeOf(error) ?? 'unknown' }
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
