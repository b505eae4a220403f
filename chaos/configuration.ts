import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { stringify } from 'yaml'
import type { Service } from '../rig/platform/context.ts'

/** The login of the exporter in Redis, with the rights that the chart grants and no others. */
export const redisUser = 'caracal_gate'

const rights = readFileSync(resolve(import.meta.dirname, '../helm/files/redis-acl.txt'), 'utf8').trim()

/** The lines of Redis' ACL file: everything for the platform, the chart's rights for the exporter. */
export function redisUsers(password: string): readonly string[] {
  const granted = rights.replace(/^reset\s+/, '')
  return ['user default on nopass ~* &* +@all', `user ${redisUser} ${granted} >${password}`]
}

export interface ConfigurationFacts {
  readonly port: number
  readonly replicas: readonly {
    readonly service: Service
    readonly name: string
    readonly hostname: string
    readonly url: string
  }[]
  readonly redisPort: number
  readonly postgresPort: number
  readonly postgresUser: string
  readonly files: {
    readonly redisPassword: string
    readonly postgresPassword: string
    readonly metricsBearer: string
    readonly token: string
    readonly state: string
  }
}

/** Seconds in which a lost STS or Gateway becomes a stop, so that most faults stand for longer. */
const lostForSeconds = 6
const steadySeconds = 2

/**
 * The daemon's configuration. Holds are seconds instead of minutes, so that a run of a minute sees them end. One gate
 * rests on evidence, so that evidence counts; what needs a cluster is switched off.
 */
export function chaosConfiguration(facts: ConfigurationFacts): string {
  const { files } = facts
  const services = Object.groupBy(facts.replicas, ({ service }) => service)
  return stringify({
    services: Object.fromEntries(
      Object.entries(services).map(([service, replicas]) => [
        service,
        { replicas: replicas?.map(({ name, url, hostname }) => ({ name, url, hostname })) },
      ]),
    ),
    metricsBearer: { file: files.metricsBearer },
    redis: {
      url: `redis://${redisUser}@127.0.0.1:${facts.redisPort}`,
      password: { file: files.redisPassword },
    },
    postgres: {
      url: `postgres://${facts.postgresUser}@127.0.0.1:${facts.postgresPort}/caracal`,
      password: { file: files.postgresPassword },
      tls: { mode: 'off' },
    },
    migrations: { expected: ['0001_baseline', '0002_approval_hardening', '0003_operator_run_token_usage'] },
    kubernetes: { enabled: false },
    gates: {
      'source-verification': { enabled: false, reason: 'there is no cluster to compare with' },
      'rollback-plan': { enabled: false, reason: 'there is no Helm release' },
    },
    limits: {
      readiness: { lostFor: `${lostForSeconds}s`, startWithin: '15s' },
      streams: { lagEntries: { trip: 200, clear: 50 }, persistsFor: '1s' },
      outbox: { pendingAgeSeconds: { trip: 30, clear: 10 } },
      // Longer than any fault lasts: what was counted outside a rollout is settled when its window is over.
      deadLetters: { window: '30s' },
      revocation: { snapshotAgeSeconds: { trip: 3, clear: 2 }, persistsFor: '1s' },
      postgres: { persistsFor: '2s', clearAfter: '1s' },
      redis: { persistsFor: '2s', clearAfter: '1s' },
    },
    rollout: { steady: `${steadySeconds}s` },
    http: { listen: `127.0.0.1:${facts.port}` },
    tokens: [
      {
        name: 'chaos',
        token: { file: files.token },
        scopes: ['rollout', 'evidence', 'acknowledge', 'override'],
      },
    ],
    state: { file: files.state },
    log: { level: 'info' },
  })
}
