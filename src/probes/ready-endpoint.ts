import { ready } from '../rules/signals.ts'
import type { Ending } from '../connections/deadline.ts'
import type { Http } from '../connections/http.ts'
import { HttpFailure } from '../connections/http-exchange.ts'
import type { Target } from '../core/observation.ts'
import { read } from '../core/signal.ts'
import { SECOND, inWords, type Clock, type Millis } from '../core/time.ts'
import { isAskedForHealth } from './health-endpoint.ts'
import { whyUnavailable } from './http-status.ts'
import { ProbeError, type Look, type Pace, type Probe } from './probe.ts'
import {
  limitOf,
  newThrottles,
  notReady as saysNotReady,
  readinessOf,
  readyReasons,
  slowdown,
  type Readiness,
  type Throttles,
} from './ready-answers.ts'
import { answerOf, newMemories, type Memories, type Memory, type Patience } from './ready-memory.ts'
import { budgets, byKubelet, paceWithin, type Budgets } from './ready-pace.ts'
import { components, countOf, targetsOf, type Component, type Discovery } from './replicas.ts'
import { reasonsOf, type Declaration } from './declaration.ts'
import { httpReasons } from './reasons.ts'

export interface ReadyEndpointSources {
  readonly http: Http
  readonly discovery: Discovery
  readonly clock: Clock
}

const about = { name: 'ready-endpoint', provides: [ready] } as const
const reasonOf = reasonsOf({ ...httpReasons, ...readyReasons })

export const declaration: Declaration = {
  ...about,
  reads:
    '`/ready` of every replica; of API, Coordinator and Web not while a fresh watch says that their kubelet proves it',
  asks: 'services',
  pace: budgets,
  reasons: readyReasons,
  open: (sources) => readyEndpoint(sources),
}

/**
 * For how long a proof stands while 429 is all that `/ready` answers: the limits count by the minute, and the next look
 * comes up to 20 s later.
 */
const PROOF_STANDS: Millis = 80 * SECOND

/**
 * Whether the word of a kubelet, whose readiness probe asks the same `/ready`, stands for our own attempt: where that is
 * dear to the platform or to its log, and `/health` is asked besides, which shows a node that is gone before the cluster
 * does.
 */
function isProvenByKubelet(discovery: Discovery, target: Target): boolean {
  return isAskedForHealth(componentOf(target)) && discovery.proven?.().has(target.id) === true
}

/**
 * Asks `/ready` of every replica of every component: exactly this path, for Gateway proxies any other and Web
 * answers any other with a page (T42, T43). It is the only probe that gives `ready`. A look that ends leaves its request
 * under way, and the next one takes it up: a replica that waits for a dependency has one to answer, and its reason is
 * read however long it takes.
 */
export function readyEndpoint(sources: ReadyEndpointSources, paces: Budgets = budgets): Probe {
  const { discovery, clock } = sources
  const throttles = newThrottles(clock)
  const own: Own = { ...sources, throttles, memories: newMemories(discovery) }
  return {
    ...about,
    rationed: true,
    targets() {
      const listed = targetsOf(discovery, components)
      own.memories.keep(listed)
      return listed
    },
    pace(target) {
      const component = componentOf(target)
      const budget = paces[component]
      const memory = own.memories.known(target)
      const wasProven = memory?.byKubelet !== undefined
      if (isProvenByKubelet(discovery, target)) return paceOfKubelet(wasProven, budget.timeout)
      const siblings = countOf(discovery, component)
      const least = slowdown(throttles.of(component), budget.brisk, clock.now())
      const usual = paceWithin(budget, siblings, memory?.took ?? 0, least)
      // The reason is asked for as soon as the ration of the service permits.
      const soon = Math.max((budget.between ?? 0) * siblings, least)
      return wasProven ? { ...usual, brisk: soon, quiet: soon } : usual
    },
    async look(target, deadline) {
      const component = componentOf(target)
      const memory = own.memories.of(target)
      if (isProvenByKubelet(discovery, target)) return takenFromKubelet(target, memory)
      endKubelet(memory)
      if (throttles.of(component)?.silent === true) return throttledLook(target, memory, own, 'backing_off')
      return lookAt(target, memory, own, paces[component], deadline)
    },
  }
}

/** What the watch says newly is taken at once. */
function paceOfKubelet(isTaken: boolean, timeout: Millis): Pace {
  return isTaken ? { ...byKubelet, timeout } : { brisk: 0, quiet: 0, timeout }
}

/** The same look each time, since nothing of it is new. What was proven to ourselves before is over. */
function takenFromKubelet(target: Target, memory: Memory): Look {
  delete memory.notReady
  delete memory.provenAt
  memory.byKubelet ??= readinessLook(target, { ready: 1, detail: 'its kubelet proves it' })
  return memory.byKubelet
}

/** From now on ours is asked; an answer that came while it was not may be as old as that. */
function endKubelet(memory: Memory): void {
  if (memory.byKubelet !== undefined && memory.request?.took() !== undefined) delete memory.request
  delete memory.byKubelet
}

interface Own extends ReadyEndpointSources {
  readonly throttles: Throttles
  readonly memories: Memories
}

async function lookAt(
  target: Target,
  memory: Memory,
  own: Own,
  bounds: Patience,
  deadline: Ending,
): Promise<Look> {
  const { notReady, provenAt } = memory
  delete memory.provenAt
  const answer = await answerOf(own.http, memory, bounds, deadline).catch((fault: unknown) => {
    delete memory.notReady
    return asAnswer(fault, target)
  })
  if (answer === undefined) {
    if (notReady !== undefined && memory.notReady === notReady) return readinessLook(target, notReady)
    throw deadline.reason
  }
  if ('readings' in answer) return answer
  if (answer.status === 429) {
    own.throttles.note(componentOf(target), answer)
    delete memory.notReady
    if (provenAt !== undefined) memory.provenAt = provenAt
    return throttledLook(target, memory, own, 'rate_limited')
  }
  const readiness = readinessOf(answer, subjectOf(target))
  delete memory.notReady
  if ('unknownReason' in readiness) throw new ProbeError(readiness)
  if (readiness.ready === 0) memory.notReady = readiness
  else memory.provenAt = own.clock.now()
  return readinessLook(target, readiness)
}

/** A refusal to tell is no news of the replica: what it proved stands for a while where its `/health` is watched beside. */
function throttledLook(
  target: Target,
  { provenAt }: Memory,
  { clock }: Own,
  reason: 'rate_limited' | 'backing_off',
): Look {
  const component = componentOf(target)
  const age = provenAt === undefined ? Infinity : clock.now() - provenAt
  if (isAskedForHealth(component) && age <= PROOF_STANDS)
    return readinessLook(target, {
      ready: 1,
      detail: `it proved that ${inWords(age)} ago, and answers 429 since`,
    })
  const why = `${subjectOf(target)} answers 429: ${limitOf(component)}`
  const until = reason === 'backing_off' ? '; it named a time before which it is not asked again' : ''
  throw new ProbeError(reasonOf('throttled', reason, `${why}${until}`))
}

function readinessLook(target: Target, found: Readiness & { readonly detail?: string }): Look {
  const { component = '', replica = '' } = target.labels
  const facts = found.ready === 0 ? { code: found.reason } : undefined
  return { readings: [read(ready, { component, replica }, found.ready, found.detail, facts)] }
}

/** A replica that is ready listens: a refused connection is an answer. Every other failure proves nothing. */
function asAnswer(fault: unknown, target: Target): Look {
  if (fault instanceof HttpFailure && fault.reason === 'connection_refused')
    return readinessLook(target, saysNotReady('connection_refused'))
  throw whyUnavailable(fault, subjectOf(target))
}

function subjectOf(target: Target): string {
  return `/ready of ${target.id}`
}

function componentOf(target: Target): Component {
  const component = components.find((candidate) => candidate === target.labels['component'])
  if (component === undefined) throw new RangeError(`${target.id} is a replica of no known component`)
  return component
}
