import type { Area, FreeArea } from './area.ts'
import { configuration } from './configuration.ts'
import { kubernetes } from './kubernetes.ts'
import { names } from './names.ts'
import { network } from './network.ts'
import { postgres } from './postgres.ts'
import { redis } from './redis.ts'

/** Every kind of checks, each one line, in the order in which they are shown. */
export const areas: readonly Area[] = [configuration, names, network, postgres, redis, kubernetes]

/** What can be looked at although the configuration is wrong. */
export const freeAreas: readonly FreeArea[] = []
