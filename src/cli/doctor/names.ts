import { lookup, Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { codeOf } from '../../core/text.ts'
import type { Area } from './area.ts'
import { endpointsOf, type Endpoint } from './endpoints.ts'
import { failed, ok, skipped, type Found } from './finding.ts'
import { timed } from './timed.ts'
import { counted, listed } from '../../core/lists.ts'

/** Whether each configured host has an address, asked as the exporter asks. */
export const names: Area = {
  name: 'dns',
  title: 'Names',
  async check(installation) {
    const endpoints = await endpointsOf(installation)
    const hosts = [...Map.groupBy(endpoints, ({ host }) => host)]
    const named = hosts.filter(([host]) => isIP(host) === 0)
    const inCluster = installation.config.kubernetes?.enabled === true
    if (named.length === 0)
      return [skipped('hosts', `${counted(hosts.length, 'host')}, all given by address: nothing to resolve`)]
    return Promise.all(
      named.map(async ([host, users]) => judgeName({ host, users, inCluster, ...(await resolved(host)) })),
    )
  },
}

const ANSWER_WITHIN = 4_000

/** What the system's resolver said, and, where it failed, what the name server itself says. */
interface Resolved {
  readonly addresses?: readonly string[]
  /** `ENOTFOUND`, `EAI_AGAIN`, or `late`. */
  readonly code?: string
  /** Code of c-ares: `ENOTFOUND`, `ENODATA`, `ESERVFAIL`, `EREFUSED`, `ETIMEOUT`, `ECONNREFUSED`. */
  readonly serverCode?: string
}

async function resolved(host: string): Promise<Resolved> {
  const answer = await timed(
    lookup(host, { all: true }).then(
      (all) => ({ addresses: all.map(({ address }) => address) }),
      (fault: unknown) => ({ code: codeOf(fault) ?? 'unknown' }),
    ),
    ANSWER_WITHIN,
  )
  if (answer !== undefined && 'addresses' in answer) return answer
  const code = answer?.code ?? 'late'
  // The system's resolver tells a name server that refuses and one that is silent apart by nothing.
  const resolver = new Resolver({ timeout: 1_000, tries: 1 })
  const said = await timed(
    resolver.resolve4(host).then(
      () => '',
      (fault: unknown) => codeOf(fault) ?? 'unknown',
    ),
    2_000,
  )
  resolver.cancel()
  return { code, ...(said !== '' && { serverCode: said ?? 'ETIMEOUT' }) }
}

export interface NameAsked extends Resolved {
  readonly host: string
  readonly users: readonly Pick<Endpoint, 'name' | 'key'>[]
  readonly inCluster: boolean
}

/** Reasons by which the exporter's clients tell the same. */
const reasons = [
  'name_not_found',
  'name_server_unreachable',
  'redis_name_unknown',
  'postgres_name_unknown',
] as const

export function judgeName({ host, users, inCluster, addresses, code, serverCode }: NameAsked): Found {
  const used = listed([...new Set(users.map(({ name }) => name))].slice(0, 5))
  const keys = [...new Set(users.map(({ key }) => key))]
  if (addresses !== undefined) return ok(host, `has the address ${listed(addresses.slice(0, 4))}`)
  const silent = code === 'late' || serverCode === 'ETIMEOUT' || serverCode === 'ECONNREFUSED'
  if (code === 'ENOTFOUND' || (!silent && (serverCode === 'ENOTFOUND' || serverCode === 'ENODATA')))
    return failed(
      host,
      `there is no such name (${code}); ${used} can't be reached`,
      keys.map((key) => `${key}: <a name that resolves${inCluster ? ', as service.namespace.svc' : ''}>`),
      reasons,
    )
  if (silent)
    return failed(
      host,
      `no name server answers (${serverCode ?? code}); ${used} can't be reached`,
      inCluster
        ? [
            'kubectl -n kube-system get pods -l k8s-app=kube-dns',
            'networkPolicy: { egress: { dns: { ports: [53] } } }   # egress of the exporter to the name server, UDP and TCP',
          ]
        : ['cat /etc/resolv.conf   # the name server that is asked'],
      reasons,
    )
  return failed(
    host,
    `the name server can't tell (${serverCode ?? code}); ${used} can't be reached`,
    [`nslookup ${host}   # and the log of the name server`],
    reasons,
  )
}
