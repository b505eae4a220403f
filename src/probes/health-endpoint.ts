import { alive } from '../rules/signals.ts'
import type { Http } from '../connections/http.ts'
import { HttpFailure } from '../connections/http-exchange.ts'
import type { Target } from '../core/observation.ts'
import { read, type Facts } from '../core/signal.ts'
import { SECOND } from '../core/time.ts'
import {
  isPage,
  pageUnavailable,
  replicaOf,
  statusUnavailable,
  urlOf,
  whyUnavailable,
} from './http-status.ts'
import { ProbeError, type Look, type Probe } from './probe.ts'
import { targetsOf, type Component, type Discovery } from './replicas.ts'
import type { Declaration } from './declaration.ts'

export interface HealthEndpointSources {
  readonly http: Http
  readonly discovery: Discovery
}

const LARGEST_BODY = 64 * 1024

// Below a second together; not as often as metrics, for API writes two lines for each request into its log.
const pace = { brisk: 400, quiet: 5 * SECOND, timeout: 550 }

/**
 * Where a kubelet proves readiness and the last attempt proved life: 12 attempts a minute brisk, 4 quiet, which are 24
 * and 8 lines in the log of API and Coordinator. What is lost is seen by the watch at once; a node that is gone, or a
 * replica that hangs, within 5.6 s brisk, where the kubelet needs 30 to 40 s.
 */
const besideKubelet = { brisk: 5 * SECOND, quiet: 15 * SECOND, timeout: 550 }
const about = { name: 'health-endpoint', provides: [alive] } as const

export const declaration: Declaration = {
  ...about,
  reads:
    '`/health` of API, Coordinator and Web; every 5 s brisk and 15 s quiet while their kubelet proves readiness',
  asks: 'services',
  pace,
  open: healthEndpoint,
}

const asked: readonly Component[] = ['api', 'coordinator', 'web']

/** Whether `/health` of this component's replicas is watched. */
export function isAskedForHealth(component: Component): boolean {
  return asked.includes(component)
}

/**
 * Asks `/health` of API, Coordinator and Web replicas, whose `/ready` is too dear to be asked often (T29, T34).
 * It touches no dependency and no limit counts it, so a replica that hangs or is gone is seen within a second.
 * The others are seen as fast by their metrics; Audit's `/health` depends on Redis besides (T37). In a cluster the watch
 * of the pods says the most of it, and this is asked seldom for as long as both agree.
 */
export function healthEndpoint({ http, discovery }: HealthEndpointSources): Probe {
  /** Those that proved life at the last attempt. */
  const living = new Set<string>()
  return {
    ...about,
    targets() {
      const listed = targetsOf(discovery, asked)
      if (living.size > listed.length) {
        const ids = new Set(listed.map(({ id }) => id))
        for (const id of living) if (!ids.has(id)) living.delete(id)
      }
      return listed
    },
    pace: ({ id }) => (living.has(id) && discovery.proven?.().has(id) === true ? besideKubelet : pace),
    async look(target, deadline) {
      living.delete(target.id)
      const subject = `/health of ${target.id}`
      const url = urlOf(replicaOf(discovery, target), '/health')
      const answer = await http.get(url, { deadline, maxBytes: LARGEST_BODY }).catch((fault: unknown) => {
        // A process that lives listens: a refused connection is an answer.
        if (fault instanceof HttpFailure && fault.reason === 'connection_refused') return undefined
        throw whyUnavailable(fault, subject)
      })
      if (answer === undefined) return lookOf(target, 0, { code: 'connection_refused' })
      if (answer.status !== 200) throw new ProbeError(statusUnavailable(answer.status, subject))
      // Web answers whatever it does not know with a page (T43).
      if (isPage(answer)) throw new ProbeError(pageUnavailable(subject))
      living.add(target.id)
      return lookOf(target, 1)
    },
  }
}

function lookOf(target: Target, value: 0 | 1, facts?: Facts): Look {
  const { component = '', replica = '' } = target.labels
  return { readings: [read(alive, { component, replica }, value, facts?.code, facts)] }
}
