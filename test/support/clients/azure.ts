import { evaluate, type Language } from './conditions.ts'
import { hurried, soon, type Asking, type Client, type Outcome } from './outcome.ts'
import { at, fenceWith, textAt, wordAt, type Tree } from './recipe.ts'
import { jsonIn, line } from './transport.ts'

/** The check of the recipe, as the API of Azure DevOps takes it. */
export function check(): Tree {
  return JSON.parse(fenceWith('azure.md', 'json', 'InvokeRESTAPI')) as Tree
}

/** azure-devops-docs `invoke-checks.md`: an answer that takes longer counts as none. */
const ANSWER_WITHIN = 3_000

/**
 * A synchronous check on an environment: it is evaluated at each interval until it passes or the time is over, and then
 * the stage is skipped with all that depends on it (azure-devops-docs `invoke-checks.md`, "Synchronous checks").
 */
export async function evaluateCheck(configuration: Tree, asking: Asking): Promise<Outcome> {
  const { timeout, settings } = configuration as { readonly timeout: number; readonly settings: Tree }
  const interval = Number(settings['retryInterval'])
  const send = line()
  let said = ''
  // An interval of 0 makes the first decision final.
  for (let minute = 0; minute <= timeout; minute += interval === 0 ? timeout + 1 : interval) {
    const refusal = await evaluateOnce(settings, asking, send)
    if (refusal === undefined) return { effect: 'opens', detail: 'the check passed' }
    said = refusal
  }
  return { effect: 'fails', detail: `skipped: ${said}` }
}

export const azureCheck: Client = { name: 'azure check', ask: (asking) => evaluateCheck(check(), asking) }

/**
 * Undefined when the check passes. azure-devops-docs `http-rest-api.md`: it does when the call succeeds (a status below
 * 400) and the criteria are met; without criteria the response does not matter.
 */
async function evaluateOnce(
  settings: Tree,
  { url, token }: Asking,
  send: ReturnType<typeof line>,
): Promise<string | undefined> {
  const inputs = settings['inputs'] as Tree
  const fill = (text: string) => text.replaceAll('$(caracalGateToken)', token)
  const result = await send({
    method: textAt(inputs, 'method'),
    // The service connection has the address, the check what follows.
    url: url + soon(textAt(inputs, 'urlSuffix')),
    headers: JSON.parse(fill(textAt(inputs, 'headers'))) as Record<string, string>,
    body: textAt(inputs, 'body'),
    within: hurried(ANSWER_WITHIN),
  })
  if (result.kind !== 'answer') return result.message
  if (result.status >= 400) return `status ${result.status}`
  const criteria = wordAt(inputs, 'successCriteria')
  if (criteria === undefined || criteria === '') return undefined
  try {
    return evaluate(criteria, expressions(jsonIn(result.body))) === true ? undefined : 'criteria not met'
  } catch (error) {
    return String(error)
  }
}

/** Azure's expressions: comparisons of texts ignore case, a member that is not there is empty. */
function expressions(root: unknown): Language {
  const word = (value: unknown) => (wordAt({ value }, 'value') ?? '').toLowerCase()
  const same = (a: unknown, b: unknown) => word(a) === word(b)
  return {
    values: { root },
    functions: {
      eq: same,
      ne: (a, b) => !same(a, b),
      and: (...all) => all.every((one) => one === true),
      or: (...all) => all.some((one) => one === true),
      not: (one) => one !== true,
    },
    memberOf: (subject, name) => at(subject, name),
  }
}
