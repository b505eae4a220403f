import { documentedUrl, hurried, soon, type Asking, type Client, type Outcome } from './outcome.ts'
import { startClient } from './program.ts'
import { at, documentsIn, fenceWith, listAt, textAt, wordAt, type Tree } from './recipe.ts'
import { jsonIn, line, type Exchange } from './transport.ts'

/** A step of the recipe, by its alias. */
export function kargoStep(alias: 'begin' | 'gate'): Tree {
  const [template] = documentsIn(fenceWith('kargo.md', 'yaml', 'steps:\n'))
  const step = (listAt(template, 'steps') as readonly Tree[]).find(({ as }) => as === alias)
  if (step === undefined) throw new Error(`no step ${alias}`)
  return step
}

/**
 * A step `http`. kargo `pkg/promotion/runner/builtin/http_requester.go` (07d63f1): redirects are followed; a body that is
 * no JSON is an empty object; an expression that gives no truth value is an error; failure goes before success, and
 * without both any 2xx is success.
 */
export async function runKargoStep(step: Tree, asking: Asking): Promise<Outcome> {
  const config = resolved(at(step, 'config') as Tree, asking)
  const url = new URL(textAt(config, 'url').replace(documentedUrl, asking.url))
  for (const parameter of (config['queryParams'] ?? []) as readonly Tree[])
    url.searchParams.set(textAt(parameter, 'name'), textAt(parameter, 'value'))
  const headers = (config['headers'] ?? []) as readonly Tree[]
  const body = wordAt(config, 'body')
  const result = await line()({
    method: wordAt(config, 'method') ?? 'GET',
    url: soon(url.href),
    headers: Object.fromEntries(headers.map((header) => [textAt(header, 'name'), textAt(header, 'value')])),
    ...(body !== undefined && { body }),
    within: hurried(10_000),
  })
  if (result.kind !== 'answer') return { effect: 'waits', detail: `Errored: ${result.message}` }
  return outcomeOf(config, result)
}

async function outcomeOf(config: Tree, result: Extract<Exchange, { kind: 'answer' }>): Promise<Outcome> {
  const env = { response: { status: result.status, body: jsonIn(result.body) ?? {} } }
  const failure = await truthOf(wordAt(config, 'failureExpression'), env)
  const success = await truthOf(wordAt(config, 'successExpression'), env)
  const errored = [failure, success].find((value) => typeof value === 'string')
  if (errored !== undefined) return { effect: 'waits', detail: `Errored: ${errored}` }
  if (failure === true) return { effect: 'fails', detail: 'Failed' }
  const isPlain = failure === undefined && success === undefined
  const isFine = isPlain ? result.status >= 200 && result.status < 300 : success === true
  return isFine ? { effect: 'opens', detail: 'Succeeded' } : { effect: 'waits', detail: 'Running' }
}

/** The value of an expression, or in words why it has none; undefined without an expression. */
async function truthOf(expression: string | undefined, env: object): Promise<boolean | string | undefined> {
  if (expression === undefined) return undefined
  const evaluator = startClient('expr-1.17.8')
  try {
    const answer = (await evaluator.ask({ expression, env })) as { value: unknown; error?: string }
    return typeof answer.value === 'boolean' ? answer.value : (answer.error ?? JSON.stringify(answer.value))
  } finally {
    await evaluator.end()
  }
}

/** With what Kargo fills in before a step runs. */
function resolved(config: Tree, { rollout, token }: Asking): Tree {
  const known: Readonly<Record<string, string>> = {
    '${{ vars.rollout }}': rollout,
    "${{ secret('caracal-gate').token }}": token === '' ? 'none' : token,
  }
  const body = /^\$\{\{ quote\((.*)\) \}\}\s*$/s
  const fill = (text: string) =>
    Object.entries(known)
      .reduce((filled, [expression, value]) => filled.replaceAll(expression, value), text)
      .replace(body, (_, object: string) =>
        object.replace('vars.rollout', JSON.stringify(rollout)).replace('ctx.promotion', '"production.01"'),
      )
  const text = JSON.stringify(config, (_, value: unknown) =>
    typeof value === 'string' ? fill(value) : value,
  )
  if (text.includes('${{')) throw new Error(`not filled in: ${text}`)
  return JSON.parse(text) as Tree
}

export const kargo: Client = { name: 'kargo', ask: (asking) => runKargoStep(kargoStep('gate'), asking) }
