import { stringify } from 'yaml'
import type { Platform } from '../rig/platform/index.ts'

/** Where the daemon of the demo keeps things, and how to write to it. */
export type DemoFiles = {
  readonly config: string
  readonly redisPassword: string
  readonly postgresPassword: string
  readonly metricsBearer: string
  readonly token: string
  readonly state: string
}

/**
 * The daemon's configuration for the simulated platform. Holds are seconds instead of minutes, so that a person
 * sees a stop condition go from pending to firing without waiting; everything else is as it would be installed.
 * @param port of the loopback address; 0 for any that is free
 */
export function demoConfiguration(platform: Platform, files: DemoFiles, port = 0): string {
  const services = Object.groupBy(platform.replicas, (replica) => replica.service)
  return stringify({
    services: Object.fromEntries(
      Object.entries(services).map(([service, replicas]) => [
        service,
        { replicas: replicas.map(({ name, url, hostname }) => ({ name, url, hostname })) },
      ]),
    ),
    metricsBearer: { file: files.metricsBearer },
    redis: login(platform.redis.url, files.redisPassword),
    postgres: { ...login(platform.postgres.url, files.postgresPassword), tls: { mode: 'off' } },
    migrations: {
      expected: ['0001_baseline', '0002_approval_hardening', '0003_operator_run_token_usage'],
    },
    kubernetes: { enabled: false },
    gates: {
      'source-verification': { enabled: false, reason: 'the demo has no cluster to compare with' },
      'render-validation': { enabled: false, reason: 'the demo has no chart' },
      'rollback-plan': { enabled: false, reason: 'the demo has no Helm release' },
    },
    limits: {
      readiness: { lostFor: '3s', startWithin: '15s' },
      streams: { lagEntries: { trip: 20, clear: 5 }, persistsFor: '1s' },
      outbox: { pendingAgeSeconds: { trip: 5, clear: 2 } },
      revocation: { snapshotAgeSeconds: { trip: 3, clear: 2 }, persistsFor: '1s' },
      postgres: { persistsFor: '2s', clearAfter: '1s' },
      redis: { persistsFor: '2s', clearAfter: '1s' },
    },
    rollout: { steady: '2s' },
    http: { listen: `127.0.0.1:${port}`, page: { acknowledge: true } },
    tokens: [
      {
        name: 'demo',
        token: { file: files.token },
        scopes: ['rollout', 'evidence', 'acknowledge', 'override'],
      },
    ],
    state: { file: files.state },
    log: { level: 'info' },
  })
}

/** A configuration never holds a password, only the name of the file that does. */
function login(url: string, passwordFile: string): object {
  const parsed = new URL(url)
  if (parsed.password === '') return { url }
  parsed.password = ''
  return { url: parsed.href, password: { file: passwordFile } }
}

/** The password in a URL, as it goes into a file. */
export function passwordOf(url: string): string {
  return decodeURIComponent(new URL(url).password)
}
