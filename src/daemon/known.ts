import { defaultLimits } from '../checks/limits.ts'
import { platformStreams } from '../checks/platform.ts'
import { knownIds, type Known } from '../config/known.ts'
import { components } from '../core/replica.ts'
import { gates } from '../gates/gates.ts'
import { stops } from '../gates/stops.ts'
import { probeNames } from '../probes/index.ts'

const options = { limits: defaultLimits, streams: platformStreams, components }

/** Every id that a configuration may name. */
export const known: Known = knownIds(gates(options), stops(options), probeNames)
