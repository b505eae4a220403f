import { startPlatform, type Platform } from '../../rig/platform/index.ts'
import { startServers } from '../../rig/servers.ts'
import { runHere, type Ended } from './cli-process.ts'

/** An entry of the canary, as it is printed. */
export interface Printed {
  readonly component: string
  readonly replica: string
  readonly step: string
  readonly outcome: string
  readonly reason: string
  readonly message: string
}

/** The platform without traffic of its own, and with as many Gateways as are wanted. */
export async function startQuietPlatform(gateways: number): Promise<{
  readonly platform: Platform
  readonly stop: () => Promise<void>
}> {
  const servers = await startServers()
  const platform = await startPlatform({
    redisUrl: servers.redis.url,
    postgresUrl: servers.postgres.url,
    metricsBearer: 'bearer-of-the-rig',
    replicas: { api: 1, sts: 2, gateway: gateways, audit: 1, coordinator: 1 },
    timings: { auditBlock: 200, coordinatorDispatch: 200, policyPoll: 200, work: 3_600_000 },
  })
  return {
    platform,
    stop: async () => {
      await platform.stop()
      await servers.stop()
    },
  }
}

/** Address and port of a replica, as the canary names it. */
export function hostOf(platform: Platform, name: string): string {
  const url = platform.replicas.find((replica) => replica.name === name)?.url ?? ''
  return new URL(url).host
}

/** What the environment of the canary says of the platform. */
export function environmentOf(platform: Platform): Readonly<Record<string, string>> {
  const { tenant, replicas } = platform
  const urls = (service: string) =>
    replicas
      .filter((replica) => replica.service === service)
      .map(({ url }) => url)
      .join(',')
  return {
    CARACAL_CANARY_ZONE: tenant.zone,
    CARACAL_CANARY_APPLICATION: tenant.application,
    CARACAL_CANARY_CLIENT_SECRET: tenant.clientSecret,
    CARACAL_CANARY_READER_TOKEN: tenant.readerToken,
    CARACAL_CANARY_RESOURCE: tenant.resource,
    CARACAL_CANARY_SCOPE: tenant.scope,
    CARACAL_CANARY_DENIED_RESOURCE: tenant.otherResource,
    CARACAL_CANARY_STS: urls('sts'),
    CARACAL_CANARY_GATEWAY: urls('gateway'),
    CARACAL_CANARY_COORDINATOR: urls('coordinator'),
    CARACAL_CANARY_API: urls('api'),
    CARACAL_CANARY_AUDIT_WITHIN: '10s',
    CARACAL_CANARY_REVOKED_WITHIN: '10s',
    CARACAL_GATE_TOKEN: 'secret-token',
    CARACAL_GATE_ACTOR: 'pipeline-17',
  }
}

/** Runs the canary and reads what it prints. */
export async function canary(
  platform: Platform,
  more: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<Ended & { readonly entries: readonly Printed[]; readonly bad: readonly Printed[] }> {
  const ended = await runHere(['canary', '-o', 'json', ...args], { ...environmentOf(platform), ...more })
  const { entries = [] } = (ended.stdout === '' ? {} : JSON.parse(ended.stdout)) as {
    readonly entries?: readonly Printed[]
  }
  return { ...ended, entries, bad: entries.filter(({ outcome }) => outcome !== 'pass') }
}
