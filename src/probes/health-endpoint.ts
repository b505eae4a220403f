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

// Below a second together; not as often as metrics, for API writes each request into its log.
const pace = { brisk: 400, quiet: 5 * SECOND, timeout: 550 }
const about = { name: 'health-endpoint', provides: [alive] } as const

export const declaration: Declaration = {
  ...about,
  reads: '`/health` of API, Coordinator and Web',
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
 * The others are seen as fast by their metrics; Audit's `/health` depends on Redis besides (T37).
 */
export function healthEndpoint({ http, discovery }: HealthEndpointSources): Probe {
  return {
    ...about,
    targets: () => targetsOf(discovery, asked),
    pace: () => pace,
    async look(target, deadline) {
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
      return lookOf(target, 1)
    },
  }
}

function lookOf(target: Target, value: 0 | 1, facts?: Facts): Look {
  const { component = '', replica = '' } = target.labels
  return { readings: [read(alive, { component, replica }, value, facts?.code, facts)] }
}
