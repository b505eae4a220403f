import { alertmanager } from './alertmanager.ts'
import type { Area, FreeArea } from './area.ts'
import { bearer } from './bearer.ts'
import { certificates } from './certificates.ts'
import { clocks } from './clocks.ts'
import { configuration } from './configuration.ts'
import { daemon } from './daemon.ts'
import { kubernetes } from './kubernetes.ts'
import { names } from './names.ts'
import { network } from './network.ts'
import { postgres } from './postgres.ts'
import { prometheus } from './prometheus.ts'
import { redis } from './redis.ts'

/** Every kind of checks, each one line, in the order in which they are shown. */
export const areas: readonly Area[] = [
  configuration,
  names,
  network,
  certificates,
  bearer,
  postgres,
  redis,
  kubernetes,
  clocks,
  daemon,
]

/** What can be looked at although the configuration is wrong. */
export const freeAreas: readonly FreeArea[] = [prometheus, alertmanager]
