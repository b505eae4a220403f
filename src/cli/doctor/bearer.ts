import { SECOND } from '../../core/time.ts'
import { observe } from '../../probes/observe.ts'
import { serviceMetrics } from '../../probes/service-metrics.ts'
import type { Area, Installation } from './area.ts'
import { failed, ok, skipped, warning, type Found } from './finding.ts'
import { counted, listed } from '../../core/lists.ts'

/** Whether each replica whose `/metrics` is read takes the bearer; asked once, by the probe of the exporter itself. */
export const bearer: Area = {
  name: 'bearer',
  title: 'Bearer of /metrics',
  async check(installation) {
    const { config, http, clock, replicas } = installation
    const { replicas: all } = await replicas()
    const token = config.metricsBearer
    const probe = serviceMetrics({ http, discovery: { replicas: () => all }, bearer: () => token })
    const patient = { ...probe, pace: () => ({ quiet: 0, brisk: 0, timeout: 4 * SECOND }) }
    const asked = await Promise.all(
      probe.targets().map(async (target): Promise<MetricsAsked> => {
        const { outcome } = await observe(patient, target, clock, 0, () => {})
        return {
          component: target.labels['component'] ?? '',
          target: target.id,
          ...(!outcome.ok && { reason: outcome.reason, message: outcome.message }),
        }
      }),
    )
    return judgeBearer(asked, placeOf(installation))
  },
}

/** A replica and what came of asking it. */
export interface MetricsAsked {
  readonly component: string
  readonly target: string
  readonly reason?: string
  readonly message?: string
}

interface Place {
  readonly hasBearer: boolean
  readonly inCluster: boolean
  readonly namespace: string
}

function placeOf({ config }: Installation): Place {
  return {
    hasBearer: config.metricsBearer !== undefined,
    inCluster: config.kubernetes?.enabled === true,
    namespace: config.release.namespace,
  }
}

const refusals: ReadonlySet<string> = new Set(['unauthorized', 'forbidden'])

/** One finding for each service. */
export function judgeBearer(asked: readonly MetricsAsked[], place: Place): readonly Found[] {
  if (asked.length === 0)
    return [skipped('services', 'no replica of a service whose metrics are read is known')]
  return [...Map.groupBy(asked, ({ component }) => component)].map(([component, members]) => {
    const refused = members.filter(({ reason = '' }) => refusals.has(reason))
    if (refused.length > 0) return judgeRefused(component, refused, members.length, place)
    const blind = members.find(({ reason }) => reason !== undefined)
    if (blind?.reason !== undefined)
      return failed(component, blind.message ?? blind.reason, fixOf(blind.reason), [blind.reason])
    if (!place.hasBearer)
      return warning(
        component,
        `it answers without a bearer, so everybody who reaches it may read its metrics`,
        [
          'METRICS_BEARER=<a secret>   # in the environment of the platform, then the same here: metricsBearer',
        ],
      )
    return ok(
      component,
      `${counted(members.length, 'replica')} ${members.length === 1 ? 'takes' : 'take'} the bearer`,
    )
  })
}

function judgeRefused(
  component: string,
  refused: readonly MetricsAsked[],
  count: number,
  place: Place,
): Found {
  const all = refused.length === count
  const who = listed(refused.slice(0, 5).map(({ target }) => target))
  const why = place.hasBearer
    ? all
      ? 'the bearer is not the one that it expects'
      : 'only some replicas expect another bearer: they were started before it was changed, or after'
    : 'no bearer is configured, and outside of development the platform demands one'
  return failed(
    component,
    `${who} ${refused.length === 1 ? 'refuses' : 'refuse'}: ${why}`,
    fixOfRefusal(place),
    [...refusals],
  )
}

function fixOfRefusal({ inCluster, namespace, hasBearer }: Place): readonly string[] {
  const platform = inCluster
    ? `kubectl -n ${namespace} get secret caracal-runtime -o jsonpath='{.data.metricsBearer}' | base64 -d | wc -c   # a line break at its end counts`
    : 'docker compose exec <service> sh -c \'printf %s "$METRICS_BEARER" | wc -c\'   # a line break at its end counts'
  const here = inCluster
    ? 'metricsBearer: { secretName: caracal-runtime, key: metricsBearer }   # values of the chart'
    : 'metricsBearer: { file: <a file with the value of METRICS_BEARER> }'
  return hasBearer ? [here, platform] : [here]
}

function fixOf(reason: string): readonly string[] {
  if (reason === 'html' || reason === 'not_found' || reason === 'redirected')
    return ['# name the service itself, not a proxy before it: services.<service>.replicas']
  if (reason === 'bearer_unusable') return ['metricsBearer: { file: <a file with the value on one line> }']
  return ['# see Names, Network and the log of the service']
}
