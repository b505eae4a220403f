import { expect, it } from 'vitest'
import { faultText, ConfigError } from '../../../src/config/faults.ts'
import type { Known } from '../../../src/config/keys.ts'
import { loadConfig, type ConfigSources, type LoadedConfig } from '../../../src/config/load.ts'

export const known: Known = {
  gates: ['migration-safety', 'readiness', 'rollback-plan'],
  checks: ['ready-api', 'stream-backlog', 'alerts-reachable'],
  stopConditions: ['sts-unready', 'gateway-unready'],
  probes: ['redis-streams', 'ready-endpoint'],
  unswitched: ['arrival'],
  optional: [],
}

/** All that a standard installation must say. */
export const minimal = `
services:
  api: { replicas: [http://api-1:3000] }
  sts: { replicas: [http://sts-1:8080] }
  gateway: { replicas: [http://gateway-1:8081] }
  audit: { replicas: [http://audit-1:9090] }
  coordinator: { replicas: [http://coordinator-1:4000] }
redis: { url: redis://redis:6379/0 }
postgres: { url: postgres://gate@db:5432/caracal }
`

/** The same in the environment. */
export const minimalEnvironment = {
  CARACAL_GATE_SERVICES_API_REPLICAS: 'http://api-1:3000',
  CARACAL_GATE_SERVICES_STS_REPLICAS: 'http://sts-1:8080',
  CARACAL_GATE_SERVICES_GATEWAY_REPLICAS: 'http://gateway-1:8081',
  CARACAL_GATE_SERVICES_AUDIT_REPLICAS: 'http://audit-1:9090',
  CARACAL_GATE_SERVICES_COORDINATOR_REPLICAS: 'http://coordinator-1:4000',
  CARACAL_GATE_REDIS_URL: 'redis://redis:6379/0',
  CARACAL_GATE_POSTGRES_URL: 'postgres://gate@db:5432/caracal',
}

const FILE = '/etc/gate/gate.yaml'

export interface Given extends Partial<Pick<ConfigSources, 'env' | 'flags'>> {
  /** Text of the configuration file; without it there is none. */
  readonly yaml?: string | Uint8Array
  /** Texts of other files by path. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
}

/** Sources whose files are in memory. */
export function sources({ yaml, files = {}, env = {}, flags = {} }: Given): ConfigSources {
  const held: Given['files'] = { ...files, ...(yaml !== undefined && { [FILE]: yaml }) }
  return {
    ...(yaml !== undefined && { file: FILE }),
    env,
    flags,
    known,
    readFile: (path) => {
      const content = held[path]
      if (content === undefined)
        return Promise.reject(Object.assign(new Error(`no ${path}`), { code: 'ENOENT' }))
      return Promise.resolve(typeof content === 'string' ? Buffer.from(content) : content)
    },
  }
}

export function load(given: Given): Promise<LoadedConfig> {
  return loadConfig(sources(given))
}

/** The faults of a configuration as lines; empty when it has none. */
export async function faultsOf(given: Given): Promise<readonly string[]> {
  try {
    await load(given)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(faultText)
    throw error
  }
}

/** `minimal` with lines before it: line 1 of `lines` is line 1 of the file. */
export function withLines(lines: string): string {
  return lines + minimal
}

export function withRedis(value: string): string {
  return minimal.replace(/^redis: .*$/m, `redis: ${value}`)
}

export function withPostgres(value: string): string {
  return minimal.replace(/^postgres: .*$/m, `postgres: ${value}`)
}

export function withApi(value: string): string {
  return minimal.replace(/^ {2}api: .*$/m, `  api: ${value}`)
}

/** A configuration and the faults that must be named in it, all of them and word for word. */
export interface FaultRow extends Given {
  readonly says: string
  readonly faults: readonly string[]
}

export function testFaults(rows: readonly FaultRow[]): void {
  it.each(rows)('names $says', async ({ faults, ...given }) => {
    expect(await faultsOf(given)).toEqual(faults)
  })
}
