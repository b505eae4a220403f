import { connect } from 'node:net'
import type { Millis } from '../../core/time.ts'
import type { Area } from './area.ts'
import { endpointsOf, type Endpoint, type EndpointKind } from './endpoints.ts'
import { failed, ok, type Found } from './finding.ts'
import { address } from './words.ts'

/** Whether each server takes a connection. */
export const network: Area = {
  name: 'network',
  title: 'Network',
  async check(installation) {
    const endpoints = await endpointsOf(installation)
    const inCluster = installation.config.kubernetes?.enabled === true
    const { namespace } = installation.config.release
    const { readyPods } = await installation.replicas()
    return Promise.all(
      endpoints.map(async (endpoint) => {
        const outcome = await dial(endpoint, CONNECT_WITHIN)
        const isReady = endpoint.kind === 'service' && readyPods?.has(podOf(endpoint)) === true
        return judgeReach({ ...endpoint, inCluster, namespace, outcome, isReady })
      }),
    )
  },
}

/** The pod of a service in a cluster: `api/caracal-api-0` is `caracal-api-0`. */
function podOf({ name }: Pick<Endpoint, 'name'>): string {
  return name.slice(name.indexOf('/') + 1)
}

/** A service mesh or a far region needs less; packets that are dropped never come. */
const CONNECT_WITHIN: Millis = 3_000

/** `open`, `timeout`, or the system's name for what went wrong. */
function dial({ host, port }: Pick<Endpoint, 'host' | 'port'>, within: Millis): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const timer = setTimeout(() => settle('timeout'), within)
    function settle(outcome: string): void {
      clearTimeout(timer)
      socket.destroy()
      resolve(outcome)
    }
    socket.once('connect', () => settle('open'))
    socket.once('error', (fault: NodeJS.ErrnoException) => settle(fault.code ?? 'unknown'))
  })
}

export interface Dialled extends Pick<Endpoint, 'kind' | 'name' | 'host' | 'port' | 'key'> {
  readonly outcome: string
  readonly inCluster: boolean
  /** Of the release. */
  readonly namespace: string
  /** Whether it is a pod that is ready for its kubelet, from whose node no policy keeps back. */
  readonly isReady?: boolean
}

/**
 * What a firewall that rejects makes of a connection: by a reset or port-unreachable, by host-, network- or
 * administratively-unreachable, or on this side before anything leaves.
 */
const rejections: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EACCES',
  'EPERM',
])

export function judgeReach(dialled: Dialled): Found {
  const { name, host, port, key, outcome } = dialled
  const where = address(host, port)
  if (dialled.isReady === true && rejections.has(outcome))
    return failed(
      name,
      `${where} is refused from here (${outcome}), and its pod is ready for its kubelet: a NetworkPolicy that rejects is in the way`,
      dropped(dialled),
      ['connection_refused', 'connection_reset', 'no_route'],
    )
  switch (outcome) {
    case 'open':
      return ok(name, `${where} takes connections`)
    case 'timeout':
    case 'ETIMEDOUT':
      return failed(
        name,
        `${where} does not answer at all: packets are dropped on the way, as a NetworkPolicy or a firewall does`,
        dropped(dialled),
        ['timeout', 'redis_timeout', 'postgres_timeout'],
      )
    case 'ECONNREFUSED':
      return failed(
        name,
        `nothing listens at ${where}: the server is down, or the port is wrong`,
        refused(dialled),
        ['connection_refused', 'redis_refused', 'postgres_refused'],
      )
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return failed(name, `${host} has no address, see Names`, [`${key}: <a name that resolves>`])
    default:
      return failed(name, `${where} can't be reached (${outcome}): there is no route to it`, [
        `${key}: <an address with a route from here>`,
        ...dropped(dialled),
      ])
  }
}

/** What of the chart lets the exporter out; what lets it in at the other end is the business of who runs that. */
const egress: Readonly<Record<EndpointKind, string>> = {
  service: 'networkPolicy.platform.ports',
  redis: 'networkPolicy.egress.redis.to',
  sentinel: 'networkPolicy.egress.redis.to',
  postgres: 'networkPolicy.egress.postgres.to',
  kubernetes: 'networkPolicy.egress.apiServer.ports and .to',
}

function dropped({ kind, namespace, port, inCluster, host }: Dialled): readonly string[] {
  if (!inCluster) return [`# let this host reach ${address(host, port)} (TCP) in the firewall between`]
  const own = `# egress: the exporter's own NetworkPolicy must let it out to TCP ${port}: ${egress[kind]} of its chart`
  if (kind === 'service')
    return [
      `networkPolicy: { platform: { enabled: true } }   # values: ingress to the platform's pods, as <release>-looks in ${namespace}`,
      own,
    ]
  const ingress =
    kind === 'kubernetes'
      ? []
      : [
          `kubectl get networkpolicy -A   # ingress: what selects its pods must admit the exporter to TCP ${port}`,
        ]
  return [own, ...ingress]
}

function refused(dialled: Dialled): readonly string[] {
  const { kind, namespace, key, name, inCluster } = dialled
  if (kind === 'service' && inCluster) return [`kubectl -n ${namespace} describe pod ${podOf({ name })}`]
  // Of a store no kubelet is known, and a policy may reject as well as drop.
  const policies = inCluster
    ? ['# or a NetworkPolicy rejects it, where the server is up:', ...dropped(dialled)]
    : []
  return [`${key}: <the address that ${name} listens on>`, ...policies]
}
