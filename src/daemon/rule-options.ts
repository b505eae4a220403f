import type { Config } from '../config/schema.ts'
import { replicasIn } from '../config/services-schema.ts'
import { switchesOf } from '../config/switches.ts'
import { components, type Component } from '../core/replica.ts'
import { SECOND } from '../core/time.ts'
import { platformStreams } from '../rules/platform.ts'
import type { RuleOptions } from '../rules/rules.ts'
import { addressesOf } from './addresses.ts'

/** A step at least every second; five missed ones are a gap without observations. */
const LONGEST_GAP = 5 * SECOND

/** The services that must be there; in a cluster Web too, unless it has no workload. */
export function componentsOf(config: Config): readonly Component[] {
  if (config.kubernetes?.enabled === true) return components
  return [...new Set(replicasIn(config.services).map((replica) => replica.component))]
}

/** What the rules of a configuration are made from. */
export function ruleOptionsOf(config: Config, providers: RuleOptions['providers']): RuleOptions {
  const switches = switchesOf(config)
  const off = switches.flatMap(([, id, { enabled, reason }]): [string, string][] =>
    enabled ? [] : [[id, reason ?? 'switched off in the configuration']],
  )
  return {
    limits: config.limits,
    streams: platformStreams,
    components: componentsOf(config),
    ...(config.migrations.expected !== undefined && { expectedMigrations: config.migrations.expected }),
    steady: config.rollout.steady,
    longestGap: LONGEST_GAP,
    providers,
    kubernetes: config.kubernetes === undefined ? 'absent' : config.kubernetes.enabled ? 'on' : 'off',
    helmSecrets: config.kubernetes?.helmSecrets === true,
    release: config.release,
    addresses: addressesOf(config),
    off: new Map(off),
    on: new Set(switches.flatMap(([, id, { enabled }]) => (enabled ? [id] : []))),
    shadows: new Map(switches.flatMap(([, id, { shadow }]) => (shadow === undefined ? [] : [[id, shadow]]))),
  }
}
