import { defaultLimits } from '../rules/limits.ts'
import { platformStreams } from '../rules/platform.ts'
import { knownIds, type Known } from '../config/keys.ts'
import { components } from '../core/replica.ts'
import type { StopCondition } from '../core/stop.ts'
import { gates } from '../rules/gates.ts'
import type { Options } from '../rules/options.ts'
import { stops } from '../rules/stops.ts'
import { probeNames } from '../probes/index.ts'

// The ids are the same with and without a cluster.
const options: Options = {
  limits: defaultLimits,
  streams: platformStreams,
  components,
  kubernetes: 'absent',
  helmSecrets: false,
  release: { name: 'caracal', namespace: 'caracal' },
}

/** Every stop condition; what it is about is the same in each installation. */
export const knownStops: readonly StopCondition[] = stops(options)

/** Every id that a configuration may name. */
export const known: Known = knownIds(gates(options), knownStops, probeNames)
