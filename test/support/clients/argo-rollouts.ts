import { evaluate, type Language } from './conditions.ts'
import { documentedUrl, hurried, type Asking, type Client, type Outcome } from './outcome.ts'
import { at, documentsIn, fenceWith, listAt, textAt, wordAt, type Tree } from './recipe.ts'
import { jsonIn, line, type Exchange } from './transport.ts'

type Phase = 'Successful' | 'Failed' | 'Inconclusive' | 'Error'

interface Measurement {
  readonly phase: Phase
  readonly value: string
}

/** The AnalysisTemplate of the recipe that waits for the verdict. */
export function gateTemplate(): Tree {
  return templateNamed('caracal-gate')
}

/** The AnalysisTemplate that declares the rollout. */
export function beginTemplate(): Tree {
  return templateNamed('caracal-gate-begin')
}

function templateNamed(name: string): Tree {
  const [template] = documentsIn(fenceWith('argo-rollouts.md', 'yaml', `name: ${name}\n`))
  if (template === undefined) throw new Error(`no template ${name}`)
  return template
}

export const argoRollouts: Client = {
  name: 'argo-rollouts',
  ask: (asking) => analyse(gateTemplate(), asking),
}

/**
 * An AnalysisRun in a step of a Rollout, with all its measurements one right after another.
 *
 * - argo-rollouts `rollout/analysis.go`: a run that is Failed or Error aborts the Rollout, an Inconclusive one pauses it.
 * - `analysis/analysis.go`, `assessMetricStatus`: limits are looked at after each measurement, in the order failed,
 *   inconclusive, consecutive errors, of which the last one counts; then `consecutiveSuccessLimit`, then `count`.
 */
export async function analyse(template: Tree, asking: Asking): Promise<Outcome> {
  const metric = at(template, 'spec', 'metrics', 0)
  const limits = limitsOf(metric)
  const send = line()
  const counts = { Successful: 0, Failed: 0, Inconclusive: 0, Error: 0, streak: 0, errors: 0 }
  for (;;) {
    const { phase, value } = await measure(template, metric, asking, send)
    counts[phase]++
    counts.errors = phase === 'Error' ? counts.errors + 1 : 0
    counts.streak = phase === 'Successful' ? counts.streak + 1 : 0
    if (counts.errors > limits.consecutiveError) return { effect: 'rolls back', detail: `Error: ${value}` }
    if (counts.Inconclusive > limits.inconclusive)
      return { effect: 'pauses', detail: `Inconclusive: ${value}` }
    if (limits.failure >= 0 && counts.Failed > limits.failure)
      return { effect: 'rolls back', detail: `Failed: ${value}` }
    if (limits.consecutiveSuccess > 0 && counts.streak >= limits.consecutiveSuccess)
      return { effect: 'opens', detail: value }
    // Errors are no measurements that count.
    if (counts.Successful + counts.Failed + counts.Inconclusive >= limits.count)
      return limits.consecutiveSuccess > 0
        ? { effect: 'pauses', detail: 'the successes were not in a row' }
        : { effect: 'opens', detail: value }
  }
}

/**
 * `utils/defaults/defaults.go` and `analysis_types.go`: 4 errors in a row, and no failure nor inconclusive measurement,
 * are forgiven by default; without `interval` and `count` there is one measurement, with `interval` alone no end of them.
 */
function limitsOf(metric: unknown) {
  const number = (name: string, otherwise: number) => Number(at(metric, name) ?? otherwise)
  return {
    failure: number('failureLimit', 0),
    inconclusive: number('inconclusiveLimit', 0),
    consecutiveError: number('consecutiveErrorLimit', 4),
    consecutiveSuccess: number('consecutiveSuccessLimit', 0),
    count: number('count', at(metric, 'interval') === undefined ? 1 : Number.POSITIVE_INFINITY),
  }
}

/** `metricproviders/webmetric/webmetric.go`, `Run`: 10 s by default; anything but 2xx is an error without its body. */
async function measure(
  template: Tree,
  metric: unknown,
  asking: Asking,
  send: ReturnType<typeof line>,
): Promise<Measurement> {
  const web = at(metric, 'provider', 'web')
  const known = argumentsOf(template, asking)
  const fill = (text: string) => withArguments(text, known)
  const headers = ((at(web, 'headers') ?? []) as readonly Tree[]).map(
    (header) => [textAt(header, 'key'), fill(textAt(header, 'value'))] as const,
  )
  const json = at(web, 'jsonBody')
  const result = await send({
    method: wordAt(web, 'method') ?? 'GET',
    url: fill(textAt(web, 'url')),
    headers: {
      ...Object.fromEntries(headers),
      ...(json !== undefined && { 'content-type': 'application/json' }),
    },
    ...(json !== undefined && { body: fill(JSON.stringify(json)) }),
    within: hurried(Number(at(web, 'timeoutSeconds') ?? 10) * 1_000),
  })
  return judge(metric, result, fill)
}

function judge(metric: unknown, result: Exchange, fill: (text: string) => string): Measurement {
  if (result.kind !== 'answer') return { phase: 'Error', value: result.message }
  if (result.status < 200 || result.status >= 300)
    return { phase: 'Error', value: `received non 2xx response code: ${result.status}` }
  try {
    // `parseResponse`: what is no JSON is given to the conditions as text.
    const json = jsonIn(result.body)
    const value =
      json === undefined
        ? result.body
        : jsonPath(json, wordAt(metric, 'provider', 'web', 'jsonPath') ?? '{$}')
    return { phase: phaseOf(metric, value, fill), value: JSON.stringify(value) }
  } catch (error) {
    return { phase: 'Error', value: String(error) }
  }
}

/** `utils/evaluate/evaluate.go`, `EvaluateResult`: neither condition is inconclusive, both together are a failure. */
function phaseOf(metric: unknown, value: unknown, fill: (text: string) => string): Phase {
  const holds = (name: string): boolean | undefined => {
    const condition = wordAt(metric, name)
    if (condition === undefined) return undefined
    const outcome = evaluate(fill(condition), expr(value))
    if (typeof outcome !== 'boolean') throw new Error(`expected bool, but got ${typeof outcome}`)
    return outcome
  }
  const [success, failure] = [holds('successCondition'), holds('failureCondition')]
  if (failure ?? success === false) return 'Failed'
  return (success ?? true) ? 'Successful' : 'Inconclusive'
}

/** expr-lang: members that a map lacks are nil, and text has none; times compare; `date` reads RFC 3339 and throws. */
function expr(result: unknown): Language {
  return {
    values: { result, nil: null, true: true, false: false },
    functions: {
      now: () => Date.now(),
      date(text) {
        const time = typeof text === 'string' ? Date.parse(text) : Number.NaN
        if (Number.isNaN(time)) throw new Error(`invalid date ${String(text)}`)
        return time
      },
      duration(text) {
        const [, count = '', unit = ''] = /^(\d+)(ms|s|m|h)$/.exec(String(text)) ?? []
        const scale = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[unit]
        if (scale === undefined) throw new Error(`invalid duration ${String(text)}`)
        return Number(count) * scale
      },
    },
    memberOf(subject, name) {
      if (typeof subject !== 'object' || subject === null) throw new Error(`cannot fetch ${name}`)
      return (subject as Tree)[name] ?? null
    },
  }
}

/** Kubernetes' JSONPath as far as recipes use it: `{$}` and `{$.name}`; a name that is not there is an error. */
function jsonPath(json: unknown, path: string): unknown {
  const [, names = ''] = /^\{\$((?:\.\w+)*)\}$/.exec(path) ?? []
  if (!path.startsWith('{$')) throw new Error(`not understood: ${path}`)
  return names
    .split('.')
    .filter((name) => name !== '')
    .reduce<unknown>((node, name) => {
      const found = at(node, name)
      if (found === undefined) throw new Error(`${name} is not found`)
      return found
    }, json)
}

/** What the run hands to the template: its own values come before those of the template. */
function argumentsOf(template: Tree, { url, rollout, token }: Asking): Readonly<Record<string, string>> {
  const given: Readonly<Record<string, string>> = { url, rollout, token }
  const named = listAt(template, 'spec', 'args').map((argument) => textAt(argument, 'name'))
  const [address] = listAt(template, 'spec', 'args').flatMap((argument) => wordAt(argument, 'value') ?? [])
  if (address !== documentedUrl) throw new Error(`the template asks ${address ?? 'nobody'}`)
  return Object.fromEntries(named.map((name) => [name, given[name] ?? '']))
}

/** `utils/template`: an argument that nobody gave is an error before anything is asked. */
function withArguments(text: string, known: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{\{\s*args\.(\w+)\s*\}\}/g, (_, name: string) => {
    const value = known[name]
    if (value === undefined) throw new Error(`failed to resolve {{args.${name}}}`)
    return value
  })
}
