import type { Replica } from '../core/replica.ts'
import type { Limits } from './limits.ts'
import type { StreamSpec } from './platform.ts'

/** What the tables of gates and stop conditions are made from. */
export interface Options {
  readonly limits: Limits
  readonly streams: readonly StreamSpec[]
  /** The services that must be ready and, in a cluster, have a workload; in the order in which they are shown. */
  readonly components: readonly string[]
  /** Schema versions that must be applied; absent when not configured. */
  readonly expectedMigrations?: readonly string[]
  /** `absent`: it is not configured, so what needs it is unknown. `off`: there is none on purpose, and it is skipped. */
  readonly kubernetes: 'absent' | 'off' | 'on'
  /** Whether the Secrets of Helm releases may be read; without them a pipeline proves what is in them. */
  readonly helmSecrets: boolean
  /** Of the platform, for the commands that an operator pastes. */
  readonly release: { readonly name: string; readonly namespace: string }
  /** Where things are for these commands; absent where that is not known, as in the rules of alerts. */
  readonly addresses?: Addresses
}

/** Where the exporter itself asks, for a person who asks the same. There is no secret in it. */
export interface Addresses {
  readonly redis: RedisAddress
  readonly postgres: PostgresAddress
  /** The replicas that the configuration names: none where a cluster is asked for them. */
  readonly replicas: readonly Pick<Replica, 'component' | 'name' | 'url'>[]
  /** Whether services are proven by an authority of their own, whose file is where the exporter is. */
  readonly ownAuthority: boolean
  /** The address by which people reach the exporter, where it is configured. */
  readonly externalUrl?: string
}

/** How a client logs in. */
export interface Login {
  readonly user?: string
  readonly hasPassword: boolean
  readonly tls?: {
    readonly servername?: string
    /** These are files where the exporter is; the person has them elsewhere. */
    readonly ownAuthority: boolean
    readonly ownCertificate: boolean
  }
}

/** One server of Redis: the only one, or the first that the configuration names. */
export interface RedisAddress extends Login {
  readonly host: string
  readonly port: number
  readonly database: number
  readonly isCluster: boolean
  /** Where that server is a sentinel: the name of the primary that it is asked for, and the login there. */
  readonly sentinel?: Login & { readonly primary: string }
}

export interface PostgresAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly tls: boolean
}
