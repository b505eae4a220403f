import { ready } from '../rules/signals.ts'
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
import { components, countOf, targetsOf, type Component, type Discovery } from './replicas.ts'
import { reasonsOf, type Declaration } from './declaration.ts'
import { httpReasons } from './reasons.ts'

export interface ReadyEndpointSources {
  readonly http: Http
  readonly discovery: Discovery
  readonly clock: Clock
}

/**
 * Time between two calls to one service, whichever replica. API and Coordinator grant 120 `/ready` a minute to one
 * client address over all replicas (T34), which kubelets may share with us, and API's counts over a table that is
 * never pruned: 110 ms of Postgres at a million rows (T29). This is 35 calls a minute, 39 with every interval 10 %
 * short, which also stays far inside the Coordinator's 600 requests a minute for everything.
 */
const RATIONED: Millis = 1_700

interface Budget extends Pace, Patience {
  /** Least time between two calls to the service as a whole. */
  readonly between?: Millis
}

export type Budgets = Readonly<Record<Component, Budget>>

/**
 * STS and Audit took 5.0 s and Gateway 3.0 s while Redis hung, though their own bound is 2 s (T35): it does not end what
 * waits for Redis. After 10 s their servers give up an answer (WriteTimeout).
 */
const GO_PATIENCE: Millis = 10 * SECOND

/**
 * API and Coordinator took up to 27.4 s with a Redis that refuses: four tries of 10 s at most to connect, and 2 s
 * between, as their client is set. With one that hangs they do not answer at all.
 */
const NODE_PATIENCE: Millis = 50 * SECOND

/** How often each component is asked, and how long it is waited for. */
export const budgets: Budgets = {
  // Their own bound is 5 s for each dependency.
  api: { brisk: 5 * SECOND, quiet: 15 * SECOND, timeout: 5_500, between: RATIONED, patience: NODE_PATIENCE },
  coordinator: {
    brisk: 5 * SECOND,
    quiet: 15 * SECOND,
    timeout: 5_500,
    between: RATIONED,
    patience: NODE_PATIENCE,
  },
  // Not limited, but each call pings dependencies and writes a file.
  sts: { brisk: 500, quiet: 3 * SECOND, timeout: 2_500, patience: GO_PATIENCE },
  gateway: { brisk: 500, quiet: 3 * SECOND, timeout: 2_500, patience: GO_PATIENCE },
  audit: { brisk: 500, quiet: 3 * SECOND, timeout: 2_500, patience: GO_PATIENCE },
  // One SELECT 1 on the database of its sessions; no step of a rollout waits for Web alone.
  web: { brisk: 2 * SECOND, quiet: 10 * SECOND, timeout: 2_500, patience: GO_PATIENCE },
}

const about = { name: 'ready-endpoint', provides: [ready] } as const
const reasonOf = reasonsOf({ ...httpReasons, ...readyReasons })

export const declaration: Declaration = {
  ...about,
  reads: '`/ready` of every replica of every component',
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
      const { brisk, quiet, timeout, between = 0 } = paces[component]
      const siblings = countOf(discovery, component)
      const least = Math.max(between * siblings, slowdown(throttles.of(component), brisk, clock.now()))
      return { brisk: Math.max(brisk, least), quiet: Math.max(quiet, least), timeout }
    },
    async look(target, deadline) {
      const component = componentOf(target)
      const memory = own.memories.of(target)
      if (throttles.of(component)?.silent === true) return throttledLook(target, memory, own, 'backing_off')
      return lookAt(target, memory, own, paces[component], deadline)
    },
  }
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
  deadline: AbortSignal,
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
