import * as z from 'zod'
import { components, type Component, type Replica } from '../core/replica.ts'
import { defaultPoolSize } from '../rules/platform.ts'
import { absentIsEmpty, coded, list, name, text, url, whole } from './fields.ts'
import { shownBy, shownFields } from './shown.ts'

const serviceUrlAllowed = 'a URL like http://gateway-1:8081, without user, password, query or fragment'
const serviceUrl = url(
  'Base URL of one replica, not of a load balancer in front of several.',
  serviceUrlAllowed,
  {
    pattern: /^https?:\/\/[^/]+/,
    problem(found) {
      if (found.port === '0') return 'a URL with a port from 1 to 65535'
      return found.username + found.password + found.search + found.hash === ''
        ? undefined
        : serviceUrlAllowed
    },
    hold: (written) => new URL(written).href.replace(/\/+$/, ''),
  },
)

const replica = z.strictObject({
  name: name('Unique within the service; `api-1`, `api-2` ... by default.').exactOptional(),
  url: serviceUrl,
  hostname: text(
    'Host name of the replica’s operating system (the variable `HOSTNAME` does not count). Gateway names its consumer group after it; without it the group of a running replica cannot be told from that of one that is gone.',
    'a host name',
    /^[A-Za-z0-9._-]{1,253}$/,
  ).exactOptional(),
})

export const replicasAllowed = 'a list of at least one replica, each a URL or { name, url, hostname }'

function service(component: Component) {
  const wire = z.strictObject({
    replicas: list(
      `Every replica of ${component}, as a URL or as name, url and hostname.`,
      z.union([serviceUrl, replica], { error: 'a URL, or { name, url, hostname }' }),
      replicasAllowed,
      'urls',
    ).exactOptional(),
    poolSize: whole(
      'Connections to Postgres that one replica may hold (`DB_POOL_MAX`, `DB_MAX_CONNS`).',
      1,
      10_000,
    ).default(defaultPoolSize),
  })
  return coded(
    wire,
    ({ replicas = [], ...rest }) => ({
      ...rest,
      replicas: replicas.map((entry, index): Replica => {
        const fields = typeof entry === 'string' ? { url: entry } : entry
        return { component, name: `${component}-${index + 1}`, ...fields }
      }),
    }),
    // Replicas that are found in a cluster are no part of the configuration.
    ({ replicas, ...rest }) =>
      replicas.length === 0
        ? undefined
        : {
            replicas: replicas.map((one) => shownBy(replica, one)),
            ...shownFields(wire.shape, rest),
          },
  )
}

/** The platform's services; without a cluster to find them in, all but Web must have replicas. */
export const servicesSchema = absentIsEmpty(
  z.strictObject({
    api: absentIsEmpty(service('api')),
    sts: absentIsEmpty(service('sts')),
    gateway: absentIsEmpty(service('gateway')),
    audit: absentIsEmpty(service('audit')),
    coordinator: absentIsEmpty(service('coordinator')),
    web: service('web').exactOptional(),
  } satisfies Record<Component, z.ZodType>),
)

type Services = {
  readonly [Each in Component]?: { readonly replicas: readonly Replica[]; readonly poolSize: number }
}

/** Every replica that is listed; none where a cluster is asked for them. */
export function replicasIn(services: Services): readonly Replica[] {
  return components.flatMap((component) => services[component]?.replicas ?? [])
}

/** Connections to Postgres that one replica of a service may hold. */
export function poolSizeOf(services: Services, component: Component): number {
  return services[component]?.poolSize ?? defaultPoolSize
}
