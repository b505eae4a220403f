import { documentedUrl, hurried, type Asking, type Client, type Outcome } from './outcome.ts'
import { startClient, type ClientProgram } from './program.ts'
import { at, documentsIn, fenceWith, wordAt, type Tree } from './recipe.ts'

/** The versions whose own code measures: argo-rollouts-1.8.3 and argo-rollouts-1.9.1 of `test/clients`. */
export const versions = ['1.8.3', '1.9.1'] as const
type Version = (typeof versions)[number]

/** What the controller writes down of one measurement; `panic` is the end of its process. */
export interface Measurement {
  readonly phase: 'Successful' | 'Failed' | 'Inconclusive' | 'Error' | 'panic'
  readonly value: string
  readonly message: string
  readonly warnings: string
}

/** The AnalysisTemplate of the recipe. */
export function gateTemplate(): Tree {
  return example('kind: AnalysisTemplate\n')
}

/** The Rollout of the recipe, whose annotation names a rollout of ours; without one it has no annotation. */
function rolloutNaming(rollout: string | undefined): Tree {
  const given = example('kind: Rollout\n')
  const annotations = rollout === undefined ? {} : { 'caracal-gate/rollout': rollout }
  return { ...given, metadata: { ...(given['metadata'] as Tree), annotations } }
}

function example(words: string): Tree {
  const [object] = documentsIn(fenceWith('argo-rollouts.md', 'yaml', words))
  if (object === undefined) throw new Error(`no example with ${words}`)
  return object
}

export function startArgo(version: Version): ClientProgram {
  return startClient(`argo-rollouts-${version}`)
}

/** One measurement of the template, for a Rollout as on the page, by the client's own code. */
export async function measure(
  client: ClientProgram,
  template: Tree,
  { url, rollout, token }: Pick<Asking, 'url' | 'token'> & { readonly rollout: string | undefined },
): Promise<Measurement> {
  const [address] = JSON.stringify(template).match(/http:[^"]+/) ?? []
  if (address !== documentedUrl) throw new Error(`the template asks ${address ?? 'no address'}`)
  const answer = await client.ask({
    template,
    rollout: rolloutNaming(rollout),
    args: { url },
    secrets: { 'caracal-gate-pipeline/token': token },
  })
  return answer as Measurement
}

/** Each version, with the recipe. */
export const argoRollouts: readonly Client[] = versions.map((version) => ({
  name: `argo-rollouts ${version}`,
  ask: (asking) => analyse(version, gateTemplate(), asking),
}))

/** An AnalysisRun in a step of a Rollout, with all its measurements one right after another. */
export async function analyse(version: Version, template: Tree, asking: Asking): Promise<Outcome> {
  const client = startArgo(version)
  const hasty = hastened(template)
  const count = counting(at(hasty, 'spec', 'metrics', 0))
  let hung: Measurement | undefined
  try {
    for (;;) {
      // Nothing changes while a client asks, so that not every time limit need be sat out.
      const measurement = hung ?? (await measure(client, hasty, asking))
      if (measurement.message.includes('deadline exceeded')) hung = measurement
      const phase = count(measurement.phase)
      if (phase !== undefined) return { effect: effects[phase], detail: detailOf(measurement) }
    }
  } finally {
    await client.end()
  }
}

/** `rollout/analysis.go`: a run that is Failed or Error aborts the Rollout, an Inconclusive one pauses it. */
const effects = {
  Successful: 'opens',
  Failed: 'rolls back',
  Error: 'rolls back',
  Inconclusive: 'pauses',
} as const
type RunPhase = keyof typeof effects

function detailOf({ phase, value, message, warnings }: Measurement): string {
  return `${phase}: ${[value, message, warnings].filter((text) => text !== '').join(' ')}`
}

function hastened(template: Tree): Tree {
  const copy = structuredClone(template)
  const provider = at(copy, 'spec', 'metrics', 0, 'provider', 'prometheus') as Record<string, unknown>
  provider['timeout'] = hurried(Number(provider['timeout']) * 1_000) / 1_000
  return copy
}

/**
 * Counts measurements as `analysis/analysis.go`, `assessMetricStatus`, does: limits are looked at after each measurement,
 * in the order failed, inconclusive, consecutive errors, of which the last one counts; then `consecutiveSuccessLimit`, then
 * `count`. The result is the phase in which the run has ended, if it has. `npm run test:clients` holds this against the
 * controller itself.
 */
export function counting(metric: unknown): (phase: Measurement['phase']) => RunPhase | undefined {
  const limits = limitsOf(metric)
  const counts = { Successful: 0, Failed: 0, Inconclusive: 0, Error: 0, streak: 0, errors: 0 }
  return (phase) => {
    if (phase === 'panic') return 'Error'
    counts[phase]++
    counts.errors = phase === 'Error' ? counts.errors + 1 : 0
    counts.streak = phase === 'Successful' ? counts.streak + 1 : 0
    if (counts.errors > limits.consecutiveError) return 'Error'
    if (counts.Inconclusive > limits.inconclusive) return 'Inconclusive'
    if (limits.failure >= 0 && counts.Failed > limits.failure) return 'Failed'
    if (limits.consecutiveSuccess > 0 && counts.streak >= limits.consecutiveSuccess) return 'Successful'
    // Errors are no measurements that count.
    if (counts.Successful + counts.Failed + counts.Inconclusive < limits.count) return undefined
    if (limits.consecutiveSuccess === 0) return 'Successful'
    return limits.failure >= 0 ? 'Inconclusive' : 'Failed'
  }
}

/**
 * `utils/defaults/defaults.go` and `analysis_types.go`: 4 errors in a row, and no failure nor inconclusive measurement,
 * are forgiven by default; without `interval` and `count` there is one measurement, with `interval` alone no end of them.
 */
function limitsOf(metric: unknown) {
  const number = (name: string, otherwise: number) => Number(wordAt(metric, name) ?? otherwise)
  return {
    failure: number('failureLimit', 0),
    inconclusive: number('inconclusiveLimit', 0),
    consecutiveError: number('consecutiveErrorLimit', 4),
    consecutiveSuccess: number('consecutiveSuccessLimit', 0),
    count: number('count', at(metric, 'interval') === undefined ? 1 : Number.POSITIVE_INFINITY),
  }
}
