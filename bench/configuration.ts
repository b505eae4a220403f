import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Platform } from './platform.ts'

export const token = 'bench-token-0123456789'

/** Parts of the configuration that a measurement needs to be other than they are installed. */
export type Deviations = {
  readonly probes?: object
  readonly limits?: object
  readonly recording?: object
}

/**
 * Writes the configuration of one daemon and the secrets that it names, and returns the file's name. All is as
 * installed but for times in which a stop condition is over, which are short so that the next fault can be made.
 */
export function writeConfiguration(
  folder: string,
  name: string,
  platform: Platform,
  metricsBearer: string,
  deviations: Deviations = {},
): string {
  const postgres = new URL(platform.postgres.monitorUrl)
  const secret = (file: string, value: string) => {
    const path = join(folder, file)
    writeFileSync(path, value, { mode: 0o600 })
    return { file: path }
  }
  const password = secret('postgres-password', decodeURIComponent(postgres.password))
  postgres.password = ''
  const text = stringify({
    services: Object.fromEntries(
      Object.entries(Object.groupBy(platform.replicas, ({ service }) => service)).map(([service, list]) => [
        service,
        { replicas: list?.map(({ name: replica, url, hostname }) => ({ name: replica, url, hostname })) },
      ]),
    ),
    metricsBearer: secret('metrics-bearer', metricsBearer),
    redis: { url: platform.redis.url },
    postgres: { url: postgres.href, password, tls: { mode: 'off' } },
    migrations: { expected: ['0001_baseline', '0002_approval_hardening', '0003_operator_run_token_usage'] },
    kubernetes: { enabled: false },
    gates: { 'source-verification': off, 'render-validation': off, 'rollback-plan': off },
    limits: { deadLetters: { window: '1s' }, redis: { clearAfter: '100ms' }, ...deviations.limits },
    ...(deviations.probes !== undefined && { probes: deviations.probes }),
    ...(deviations.recording !== undefined && { recording: deviations.recording }),
    http: { listen: '127.0.0.1:0' },
    tokens: [{ name: 'bench', token: secret('token', token), scopes: ['rollout', 'acknowledge'] }],
    state: { file: join(folder, `${name}-state.json`) },
    log: { level: 'warn' },
  })
  const file = join(folder, `${name}.yaml`)
  writeFileSync(file, text)
  return file
}

const off = { enabled: false, reason: 'the benchmark has no cluster' }
