import { documentedUrl, hurried, soon, type Asking, type Client, type Outcome } from './outcome.ts'
import { at, fencesOf, textAt, wordAt, type Tree } from './recipe.ts'
import { jsonIn, line, type Exchange } from './transport.ts'

type Status = 'SUCCEEDED' | 'RUNNING' | 'TERMINAL' | 'CANCELED'
type Task = (stage: Tree, send: () => Promise<Exchange>) => Promise<readonly [Status, string]>

/** The webhook stage of the recipe with this `refId`. */
export function stageOf(refId: string): Tree {
  const stages = fencesOf('spinnaker.md', 'json').map((fence) => JSON.parse(fence) as Tree)
  const stage = stages.find((candidate) => candidate['refId'] === refId)
  if (stage === undefined) throw new Error(`no stage ${refId}`)
  return stage
}

export const spinnaker: Client = { name: 'spinnaker', ask: (asking) => runStage(stageOf('gate'), asking) }

/** As often as a task is run before it counts as waiting: it is run each second, then each 15. */
const POLLS = 3
/** orca-webhook `WebhookProperties.java`: what it waits for an answer. */
const READ_TIMEOUT = 20_000

/** orca-webhook `WebhookStage.java`: it calls the address, then, with `waitForCompletion`, asks how it stands. */
export async function runStage(stage: Tree, asking: Asking): Promise<Outcome> {
  const tasks: Task[] = stage['waitForCompletion'] === true ? [create, monitor] : [create]
  const send = line()
  for (const task of tasks) {
    const method = task === create ? (wordAt(stage, 'method') ?? 'POST') : 'GET'
    const [status, said] = await untilDone(task, stage, () => send(requestOf(stage, method, asking)))
    if (status === 'RUNNING') return { effect: 'waits', detail: said }
    if (status !== 'SUCCEEDED') return failed(stage, said)
  }
  return { effect: 'opens', detail: 'SUCCEEDED' }
}

/** orca: a stage that fails stops its pipeline, unless it is told to continue. */
function failed(stage: Tree, detail: string): Outcome {
  const ends = stage['failPipeline'] !== false && stage['continuePipeline'] !== true
  return { effect: ends ? 'fails' : 'opens', detail }
}

async function untilDone(
  task: Task,
  stage: Tree,
  send: () => Promise<Exchange>,
): Promise<readonly [Status, string]> {
  let last: readonly [Status, string] = ['RUNNING', '']
  for (let poll = 0; poll < POLLS && last[0] === 'RUNNING'; poll++) last = await task(stage, send)
  return last
}

function requestOf(stage: Tree, method: string, { url, rollout, token }: Asking) {
  const fill = (text: string) =>
    soon(text)
      .replace(documentedUrl, url)
      .replaceAll('caracal-${execution.id}', rollout)
      .replaceAll('${parameters.gateToken}', token)
      .replaceAll(/\$\{execution\.[\w.]+\}/g, 'someone')
  const address = textAt(stage, 'url')
  if (!address.startsWith(documentedUrl)) throw new Error(`the stage asks ${address}`)
  const headers = Object.entries((stage['customHeaders'] ?? {}) as Tree)
  return {
    method,
    url: fill(address),
    headers: Object.fromEntries(headers.map(([name, value]) => [name, fill(String(value))])),
    ...(method === 'POST' &&
      stage['payload'] !== undefined && { body: fill(JSON.stringify(stage['payload'])) }),
    within: hurried(READ_TIMEOUT),
  }
}

/** Socket time-outs and names that do not resolve are tried again by both tasks; other failures end the stage. */
function unanswered(
  result: Exchange & { readonly message: string },
  retriesTimeout: boolean,
): readonly [Status, string] {
  const again = result.kind === 'unresolved' || (result.kind === 'timeout' && retriesTimeout)
  return [again ? 'RUNNING' : 'TERMINAL', result.message]
}

/** orca-webhook `WebhookResponseProcessor.java`: 504 ends it, other 5xx and 429 are tried again, other 4xx end it. */
async function create(stage: Tree, send: () => Promise<Exchange>): Promise<readonly [Status, string]> {
  const result = await send()
  if (result.kind !== 'answer') return unanswered(result, stage['method'] === 'GET')
  const { status } = result
  if (status === 504) return ['TERMINAL', 'configured to fail fast']
  if (status >= 500 || status === 429) return ['RUNNING', `status ${status}, will retry`]
  return status < 400 ? ['SUCCEEDED', ''] : ['TERMINAL', `status ${status}`]
}

/** orca-webhook `MonitorWebhookTask.java`. */
async function monitor(stage: Tree, send: () => Promise<Exchange>): Promise<readonly [Status, string]> {
  const result = await send()
  if (result.kind !== 'answer') return unanswered(result, true)
  if (result.status >= 500 || result.status === 429) return ['RUNNING', `status ${result.status}, will retry`]
  if (result.status >= 400) return ['TERMINAL', `status ${result.status}`]
  const path = wordAt(stage, 'statusJsonPath')
  // Without a path the status of the answer is all that it looks at.
  if (path === undefined || path === '') return ['SUCCEEDED', '']
  const value = valueAt(result.body, path)
  if (typeof value === 'number') return [value === 100 ? 'SUCCEEDED' : 'RUNNING', String(value)]
  if (typeof value !== 'string' && typeof value !== 'boolean')
    return ['TERMINAL', `no single value at ${path}`]
  const progress = wordAt(stage, 'progressJsonPath')
  const said = progress === undefined ? '' : valueAt(result.body, progress)
  if (typeof said !== 'string') return ['TERMINAL', 'the progress is no text']
  return [statusMap(stage).get(String(value).toUpperCase()) ?? 'RUNNING', said]
}

/** Words are compared without regard to case; the later lists outweigh the earlier ones. */
function statusMap(stage: Tree): ReadonlyMap<string, Status> {
  const lists = [
    ['successStatuses', 'SUCCEEDED'],
    ['canceledStatuses', 'CANCELED'],
    ['terminalStatuses', 'TERMINAL'],
  ] as const
  return new Map(
    lists.flatMap(([name, status]) =>
      (wordAt(stage, name) ?? '')
        .split(',')
        .map((word) => [word.trim().toUpperCase(), status] as const)
        .filter(([word]) => word !== ''),
    ),
  )
}

/** JSONPath of one name, which is all that the recipe uses. */
function valueAt(body: string, path: string): unknown {
  const [, name = ''] = /^\$\.(\w+)$/.exec(path) ?? []
  return at(jsonIn(body), name)
}
