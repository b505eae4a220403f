import { documentedUrl, soon, type Asking, type Client, type Outcome } from './outcome.ts'
import { startClient } from './program.ts'
import { documentsIn, fencesOf, type Tree } from './recipe.ts'

/** The Canary of the recipe. */
export function canary(): Tree {
  const [object] = documentsIn(fencesOf('flagger.md', 'yaml')[0] ?? '')
  if (object === undefined) throw new Error('no Canary')
  return object
}

/** What came of a hook; the error is empty when it succeeded. */
export interface Called {
  readonly name: string
  readonly type: string
  readonly error: string
}

/**
 * Has Flagger's own code call each hook of a Canary once.
 * @param trust path of a file of certificate authorities that Flagger is given
 */
export async function callHooks(
  object: Tree,
  { url }: Pick<Asking, 'url'>,
  trust?: string,
): Promise<readonly Called[]> {
  const text = soon(JSON.stringify(object))
  if (!text.includes(documentedUrl)) throw new Error('no hook asks the exporter')
  const flagger = startClient('flagger-1.44.0', trust === undefined ? {} : { SSL_CERT_FILE: trust })
  try {
    return (await flagger.ask(JSON.parse(text.replaceAll(documentedUrl, url)) as object)) as readonly Called[]
  } finally {
    await flagger.end()
  }
}

/**
 * What becomes of a Canary that is ready to be promoted. The order of hooks is that of `pkg/controller/scheduler.go`,
 * `advanceCanary`: confirm-rollout before it begins; rollback hooks first at each interval, of which one that succeeds
 * rolls back; confirm-promotion once the last weight is reached. Each closed hook is asked anew at the next interval.
 */
export async function advance(object: Tree, asking: Asking): Promise<Outcome> {
  const called = await callHooks(object, asking)
  if (called.some(({ type, error }) => type === 'rollback' && error === ''))
    return { effect: 'rolls back', detail: 'Rolling back' }
  const closed = called.find(({ type, error }) => type.startsWith('confirm-') && error !== '')
  if (closed !== undefined) return { effect: 'waits', detail: closed.error }
  return { effect: 'opens', detail: 'promoted' }
}

export const flagger: Client = { name: 'flagger', ask: (asking) => advance(canary(), asking) }
