import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'

/** One alert as promtool expects it; without annotations the rules must have none either. */
export interface Expected {
  readonly exp_labels: Readonly<Record<string, string>>
  readonly exp_annotations?: Readonly<Record<string, string>>
}

/** A test as `promtool test rules` reads it. */
export interface RuleTest {
  readonly name: string
  readonly interval: string
  readonly input_series: readonly { readonly series: string; readonly values: string }[]
  readonly alert_rule_test?: readonly {
    readonly eval_time: string
    readonly alertname: string
    readonly exp_alerts: readonly Expected[]
  }[]
  readonly promql_expr_test?: readonly {
    readonly expr: string
    readonly eval_time: string
    readonly exp_samples: readonly { readonly labels: string; readonly value: number }[]
  }[]
}

/** Rules, and what is expected of them. */
export interface Trial {
  readonly rules: object
  readonly tests: readonly RuleTest[]
}

export interface Outcome {
  readonly passed: boolean
  /** What promtool says to it. */
  readonly output: string
}

/** Trials that one process takes; starting promtool costs as much as ten of them. */
const BATCH = 24

/** What `promtool test rules` says to each of the trials. */
export async function trials(all: readonly Trial[]): Promise<readonly Outcome[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gate-promtool-'))
  const outcomes: Outcome[] = []
  const waiting = Array.from({ length: Math.ceil(all.length / BATCH) }, (_, batch) => batch * BATCH)
  async function work(): Promise<void> {
    for (let from = waiting.shift(); from !== undefined; from = waiting.shift()) {
      const batch = all.slice(from, from + BATCH)
      const told = await runBatch(folder, from, batch)
      told.forEach((outcome, index) => (outcomes[(from ?? 0) + index] = outcome))
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work))
    return outcomes
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function runBatch(folder: string, from: number, batch: readonly Trial[]): Promise<readonly Outcome[]> {
  const files = await Promise.all(
    batch.map(async ({ rules, tests }, index) => {
      const name = `${from + index}`
      await writeFile(join(folder, `${name}.rules.yaml`), stringify(rules, { lineWidth: 0 }))
      const content = { rule_files: [`${name}.rules.yaml`], evaluation_interval: '15s', tests }
      await writeFile(join(folder, `${name}.test.yaml`), stringify(content, { lineWidth: 0 }))
      return `${name}.test.yaml`
    }),
  )
  const { output } = await promtool(['test', 'rules', ...files], folder)
  const sections = output.split(/^Unit Testing: +/m)
  return files.map((file) => {
    const told = sections.find((section) => section.startsWith(file))
    if (told === undefined) throw new Error(`promtool says nothing of ${file}:\n${output}`)
    return { passed: /^ +SUCCESS/m.test(told), output: told }
  })
}

/** Runs promtool; all that it writes. */
export function promtool(
  args: readonly string[],
  cwd: string,
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    // What failed goes to stderr, which file it was to stdout: only together they make sense.
    const shell = ['-c', 'exec promtool "$@" 2>&1', 'promtool', ...args]
    execFile('/bin/sh', shell, { cwd, maxBuffer: 2 ** 26 }, (error, output) => {
      if (error !== null && typeof error.code !== 'number') reject(error)
      else resolve({ code: error === null ? 0 : Number(error.code), output })
    })
  })
}
