import { documentedUrl, hurried, soon, type Asking, type Client, type Outcome } from './outcome.ts'
import { at, documentsIn, fencesOf, listAt, textAt, wordAt, type Tree } from './recipe.ts'
import { line, type Exchange } from './transport.ts'

/** The Canary of the recipe. */
export function canary(): Tree {
  const [object] = documentsIn(fencesOf('flagger.md', 'yaml')[0] ?? '')
  if (object === undefined) throw new Error('no Canary')
  return object
}

/** How often the canary is looked at: hooks are asked anew each time. */
const TICKS = 3

/**
 * A Canary that is ready to be promoted, for some intervals.
 *
 * flagger `pkg/controller/scheduler.go`, `advanceCanary`: rollback hooks are asked first at each interval, while it
 * progresses or waits; confirm-rollout before it begins; confirm-promotion once the last weight is reached.
 */
export async function advance(object: Tree, asking: Asking): Promise<Outcome> {
  const send = line()
  const hooks = listAt(object, 'spec', 'analysis', 'webhooks')
  const ask = async (type: string) => {
    const results = []
    for (const hook of hooks.filter((candidate) => at(candidate, 'type') === type))
      results.push(await callWebhook(hook, asking, send))
    if (results.length === 0) throw new Error(`no webhook ${type}`)
    return results
  }
  let said = ''
  let begun = false
  for (let tick = 0; tick < TICKS; tick++) {
    // `runRollbackHooks`: a hook that succeeds rolls back, one that fails does nothing.
    const rollback = (await ask('rollback')).find(({ error }) => error === undefined)
    if (rollback !== undefined) return { effect: 'rolls back', detail: 'Rolling back' }
    // `runConfirmRolloutHooks`, `runConfirmPromotionHooks`: each must succeed, else it waits.
    const closed = (await ask(begun ? 'confirm-promotion' : 'confirm-rollout')).find(
      ({ error }) => error !== undefined,
    )
    if (closed === undefined && begun) return { effect: 'opens', detail: 'promoted' }
    if (closed === undefined) begun = true
    else said = closed.error ?? ''
  }
  return { effect: 'waits', detail: said }
}

export const flagger: Client = { name: 'flagger', ask: (asking) => advance(canary(), asking) }

interface Called {
  /** Undefined when the hook succeeded. */
  readonly error?: string
}

/**
 * flagger `pkg/controller/webhook.go`, `callWebhook`: a POST with the canary's name, 10 s by default and `retries` more
 * tries; a status above 202 is an error with the body as its message.
 */
async function callWebhook(hook: unknown, asking: Asking, send: ReturnType<typeof line>): Promise<Called> {
  const url = textAt(hook, 'url')
  if (!url.startsWith(documentedUrl)) throw new Error(`the hook asks ${url}`)
  const [, amount = '10', unit = 's'] = /^(\d+)(m|s)/.exec(wordAt(hook, 'timeout') ?? '10s') ?? []
  const retries = Number(at(hook, 'retries') ?? 0)
  let result: Exchange | undefined
  for (let attempt = 0; attempt <= retries; attempt++) {
    result = await send({
      method: 'POST',
      url: soon(url).replace(documentedUrl, asking.url),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'gateway', namespace: 'caracal', phase: 'Progressing', checksum: '7d4f' }),
      within: hurried(Number(amount) * (unit === 'm' ? 60_000 : 1_000)),
    })
    if (!isRetried(result)) break
  }
  if (result?.kind !== 'answer') return { error: result?.message ?? 'never asked' }
  // go-retryablehttp `client.go`, `Do`: when it gives up, the last answer is thrown away.
  if (isRetried(result)) return { error: `giving up after ${retries + 1} attempt(s)` }
  return result.status > 202 ? { error: result.body } : {}
}

/** go-retryablehttp `client.go`, `baseRetryPolicy`: no answer, 429, and 5xx but 501. */
function isRetried(result: Exchange): boolean {
  if (result.kind !== 'answer') return true
  return result.status === 429 || (result.status >= 500 && result.status !== 501)
}
