import * as z from 'zod'
import { defaultPoolSize } from '../rules/platform.ts'
import type { Component } from '../core/replica.ts'
import { absentIsEmpty, list, name, text, url, whole } from './fields.ts'

const serviceUrlAllowed = 'a URL like http://gateway-1:8081, without user, password, query or fragment'
const serviceUrl = url(
  'Base URL of one replica, not of a load balancer before it.',
  serviceUrlAllowed,
  /^https?:\/\/[^/]+/,
  (found) => {
    if (found.port === '0') return 'a URL with a port from 1 to 65535'
    return found.username + found.password + found.search + found.hash === '' ? undefined : serviceUrlAllowed
  },
)

const hostname = text(
  'What the replica believes its host is called (`HOSTNAME`). Gateway names its consumer group by it; without it the group of a living replica cannot be told from that of a dead one.',
  'a host name',
  /^[A-Za-z0-9._-]{1,253}$/,
)
interface Entry {
  readonly url: string
  readonly name?: string | undefined
  readonly hostname?: string | undefined
}

const replica = z
  .union(
    [
      serviceUrl,
      z.strictObject({
        name: name('Unique within the service; `api-1`, `api-2` ... by default.').optional(),
        url: serviceUrl,
        hostname: hostname.optional(),
      }),
    ],
    { error: 'a URL, or { name, url, hostname }' },
  )
  .transform((entry): Entry => (typeof entry === 'string' ? { url: entry } : entry))

export const replicasAllowed = 'a list of at least one replica, each a URL or { name, url, hostname }'

function service(component: string) {
  return z.strictObject({
    replicas: list(
      `Every replica of ${component}, as a URL or as name, url and hostname.`,
      replica,
      replicasAllowed,
      'urls',
    ).optional(),
    poolSize: whole(
      'Connections to Postgres that one replica may hold (`DB_POOL_MAX`, `DB_MAX_CONNS`).',
      1,
      10_000,
    ).default(defaultPoolSize),
  })
}

/** The platform's services; without a cluster to find them in, all but Web must have replicas. */
export const servicesSchema = absentIsEmpty(
  z.strictObject({
    api: absentIsEmpty(service('api')),
    sts: absentIsEmpty(service('sts')),
    gateway: absentIsEmpty(service('gateway')),
    audit: absentIsEmpty(service('audit')),
    coordinator: absentIsEmpty(service('coordinator')),
    web: service('web').optional(),
  } satisfies Record<Component, z.ZodType>),
)
