import { Deadline, type Ending } from '../connections/deadline.ts'
import type { Http, HttpAnswer } from '../connections/http.ts'
import { afterOwnTime } from '../connections/own-time.ts'
import type { Target } from '../core/observation.ts'
import { SECOND, type Instant, type Millis } from '../core/time.ts'
import { replicaOf, urlOf } from './http-status.ts'
import { readinessOf, type NotReady } from './ready-answers.ts'
import type { Look } from './probe.ts'
import type { Discovery } from './replicas.ts'

const LARGEST_BODY = 64 * 1024

/** A request that may outlast the look that made it. */
interface LastingRequest {
  readonly answer: Promise<HttpAnswer>
  /** How long it took; undefined while it is under way. */
  took(): Millis | undefined
}

/** What is remembered of a replica from one look to the next. */
export interface Memory {
  readonly url: string
  /** The one request that it has to answer. */
  request?: LastingRequest
  /** Why it said that it is not ready, until it says something else. */
  notReady?: NotReady
  /** When it proved that it is ready, until anything but a refusal to tell follows. */
  provenAt?: Instant
  /** How long its last answer took. */
  took?: Millis
  /** The look that was taken from the watch, while that is the last one. */
  byKubelet?: Look
}

/** Memories of the replicas that are listed. */
export interface Memories {
  of(target: Target): Memory
  /** Undefined before the first look. */
  known(target: Target): Memory | undefined
  /** Forgets those that are not listed any more. */
  keep(listed: readonly Target[]): void
}

export function newMemories(discovery: Discovery): Memories {
  const memories = new Map<string, Memory>()
  return {
    of(target) {
      const url = urlOf(replicaOf(discovery, target), '/ready')
      const known = memories.get(target.id)
      if (known?.url === url) return known
      const memory: Memory = { url }
      memories.set(target.id, memory)
      return memory
    },
    known: ({ id }) => memories.get(id),
    keep(listed) {
      if (memories.size <= listed.length) return
      const ids = new Set(listed.map(({ id }) => id))
      for (const id of memories.keys()) if (!ids.has(id)) memories.delete(id)
    },
  }
}

export interface Patience {
  /** Within this an answer that says ready is a proof. */
  readonly timeout: Millis
  /** How long one request is waited for, over as many looks as that takes. */
  readonly patience: Millis
}

/**
 * The answer of a replica, asked for now or by a look before. Undefined when the look is over, or when a replica that
 * said it is not ready owes the next answer for so long that the look should repeat what it said.
 */
export async function answerOf(
  http: Http,
  memory: Memory,
  bounds: Patience,
  deadline: Ending,
): Promise<HttpAnswer | undefined> {
  const request = (memory.request ??= ask(http, memory.url, bounds.patience))
  // Before the look's own deadline: the look has not failed.
  const wait = memory.notReady === undefined ? bounds.patience : Math.min(0.8 * bounds.timeout, 2 * SECOND)
  const answer = await within(request.answer, wait, deadline).finally(() => {
    const took = request.took()
    if (took === undefined) return
    memory.took = took
    delete memory.request
  })
  if (answer === undefined || (request.took() ?? 0) <= bounds.timeout || !saysReady(answer)) return answer
  // What it checked may be as old as the request, so this proves no more than that it answers again.
  delete memory.notReady
  return answerOf(http, memory, bounds, deadline)
}

function saysReady(answer: HttpAnswer): boolean {
  const readiness = readinessOf(answer, '')
  return 'ready' in readiness && readiness.ready === 1
}

/** Asks, and waits for as long as `patience`, even if every other caller stops waiting. */
function ask(http: Http, url: string, patience: Millis): LastingRequest {
  const startedAt = performance.now()
  let took: Millis | undefined
  const deadline = new Deadline()
  const cancel = afterOwnTime(patience, () =>
    deadline.pass(new DOMException(`not within ${patience} ms`, 'TimeoutError')),
  )
  const answer = http.get(url, { deadline, maxBytes: LARGEST_BODY })
  const end = () => {
    cancel()
    took = performance.now() - startedAt
  }
  // It may fail while no attempt waits for it; the next attempt receives the error.
  answer.then(end, end)
  return { answer, took: () => took }
}

/** The outcome of `work`, or undefined when it has none after `wait`, or when `stop` is aborted. */
async function within<T>(work: Promise<T>, wait: Millis, stop: Ending): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const end = () => resolve(undefined)
  const timer = setTimeout(end, wait)
  stop.addEventListener('abort', end, { once: true })
  if (stop.aborted) end()
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
    stop.removeEventListener('abort', end)
  }
}
