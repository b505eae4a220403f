import type { Limits } from '../rules/limits.ts'
import type { Component, Replica } from '../core/replica.ts'
import type { Millis } from '../core/time.ts'

export const scopes = ['rollout', 'evidence', 'acknowledge'] as const
/** What a bearer token may do: start and finish rollouts, hand in evidence, acknowledge stops. */
export type Scope = (typeof scopes)[number]

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** PEM texts of a client's TLS; an empty one means TLS against the system's certificate authorities. */
export interface ClientTls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly servername?: string
}

/** How to reach Redis: exactly one of `url`, `sentinel` and `cluster`. */
export interface RedisSettings {
  /** `redis://host:port/db` or `rediss://...`, without user and password. */
  readonly url?: string
  readonly username?: string
  readonly password?: string
  readonly sentinel?: {
    readonly name: string
    readonly nodes: readonly HostPort[]
    readonly username?: string
    readonly password?: string
    /** Whether the sentinels themselves speak TLS. */
    readonly tls?: boolean
  }
  readonly cluster?: { readonly nodes: readonly HostPort[] }
  /** Absent: no TLS. */
  readonly tls?: ClientTls
}

export interface PostgresSettings extends HostPort {
  readonly user: string
  readonly database: string
  readonly password?: string
  /** `false`: no TLS. Otherwise the server's certificate and host name are verified. */
  readonly tls: false | ClientTls
}

/** Whether there is a cluster, and how to reach it. */
export interface KubernetesSettings {
  readonly enabled: boolean
  /** Path; absent: the pod's service account, else the default kubeconfig. */
  readonly kubeconfig?: string
  readonly context?: string
  /** Whether the Secrets of Helm releases may be read. */
  readonly helmSecrets: boolean
}

/** Where the daemon's memory is kept: in a ConfigMap when one is named, else in a file. */
export interface StateSettings {
  readonly file: string
  readonly configMap?: { readonly name: string; readonly namespace: string }
}

/** A gate, check or stop condition that is switched off on purpose, or on. */
export interface Switch {
  readonly enabled: boolean
  /** Why it is off, in the operator's words. */
  readonly reason?: string
}

/** What replaces a probe's own pace. */
export interface PaceOverride {
  readonly quiet?: Millis
  readonly brisk?: Millis
  readonly timeout?: Millis
}

/** A bearer token that may write. */
export interface WriteToken {
  readonly name: string
  readonly token: string
  readonly scopes: readonly Scope[]
}

/** The effective configuration: every default filled in, every file read, every secret a plain string. */
export interface Config {
  readonly release: { readonly name: string; readonly namespace: string }
  /** As configured; empty where a cluster is asked for them. */
  readonly replicas: readonly Replica[]
  /** Connections to Postgres that one replica of the service may hold. */
  readonly pools: Readonly<Record<Component, number>>
  /** The platform's `METRICS_BEARER`. */
  readonly metricsBearer?: string
  /** For service URLs with https: PEM text of the certificate authority; absent: the system's. */
  readonly tls: { readonly ca?: string }
  readonly redis: RedisSettings
  /** Bytes that Redis may use, when the server itself does not know its limit. */
  readonly redisMemoryLimit?: number
  readonly postgres: PostgresSettings
  /** Absent `expected`: nobody said which migrations should be there. */
  readonly migrations: { readonly expected?: readonly string[] }
  /** Absent: nobody said whether there is a cluster, so what needs one is unknown. `enabled: false`: switched off on purpose. */
  readonly kubernetes?: KubernetesSettings
  /** By id; what is not listed is on. */
  readonly gates: Readonly<Record<string, Switch>>
  readonly checks: Readonly<Record<string, Switch>>
  readonly stopConditions: Readonly<Record<string, Switch>>
  readonly limits: Limits
  readonly rollout: { readonly steady: Millis }
  /** By name of the probe. */
  readonly probes: Readonly<Record<string, PaceOverride>>
  readonly http: {
    readonly listen: HostPort
    /** Names by which it may be asked, besides addresses and names of Services; matters while reading needs no token. */
    readonly hosts: readonly string[]
    /** Absent: reading needs no token. */
    readonly readTokens?: readonly string[]
    readonly tls?: { readonly cert: string; readonly key: string }
  }
  /** Empty: writing is off. */
  readonly tokens: readonly WriteToken[]
  readonly state: StateSettings
  readonly log: { readonly level: LogLevel }
  readonly runbookBaseUrl: string
}
