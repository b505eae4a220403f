import type { Providers } from '../core/evidence.ts'
import type { Gate } from '../core/gate.ts'
import type { Rules } from '../core/snapshot.ts'
import type { Millis } from '../core/time.ts'
import { causeGraph } from './causes.ts'
import { gates } from './gates.ts'
import type { Options } from './options.ts'
import { notAskedIn } from './phases.ts'
import { stops } from './stops.ts'

export interface RuleOptions extends Options {
  readonly steady: Millis
  readonly longestGap: Millis
  readonly providers: Providers
  /** Ids that are switched off, with the reason. */
  readonly off: ReadonlyMap<string, string>
  /** Until when something is only in shadow, by its id. */
  readonly shadows?: Rules['shadows']
  /** Ids that are switched on: optional checks are off without it. */
  readonly on?: ReadonlySet<string>
}

/** The rules that `step` judges by, for one configuration. */
export function rulesFor(options: RuleOptions): Rules {
  const { steady, longestGap, providers } = options
  const tables = { gates: gates(options), stops: stops(options) }
  const skipped = new Map([...notWished(tables.gates, options.on), ...options.off])
  if (options.kubernetes === 'off')
    for (const item of [...tables.gates.flatMap((gate) => gate.checks), ...tables.stops])
      if (item.source === 'kubernetes' && !skipped.has(item.id))
        skipped.set(item.id, 'Kubernetes is switched off in the configuration')
  // Only Helm's own record says what its status is; no pipeline can prove it in advance.
  if (options.kubernetes === 'on' && !options.helmSecrets && !skipped.has('release-deployed'))
    skipped.set('release-deployed', 'the Secrets of Helm are not read (kubernetes.helmSecrets: false)')
  const conditions = new Map(
    [...tables.gates.flatMap((gate) => gate.checks), ...tables.stops].map((item) => [
      item.id,
      item.condition,
    ]),
  )
  const probesOf = (id: string) =>
    new Set(conditions.get(id)?.signals.flatMap(({ name }) => providers.get(name) ?? []))
  return {
    ...tables,
    providers,
    steady,
    longestGap,
    skipped,
    ...(options.shadows !== undefined && { shadows: options.shadows }),
    notAsked: notAskedIn,
    graph: causeGraph(options, probesOf),
  }
}

/** Optional checks that are not switched on, with the reason why they are off. */
function notWished(tables: readonly Gate[], on: ReadonlySet<string> = new Set()): [string, string][] {
  return tables
    .flatMap(({ checks }) => checks)
    .filter(({ id, optional }) => optional === true && !on.has(id))
    .map(({ id }) => [id, `optional, and not switched on (checks.${id}: on)`])
}
