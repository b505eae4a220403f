import type { RedisCommand, RedisConnection } from '../connections/redis.ts'
import type { Http } from '../connections/http.ts'
import type { Postgres } from '../connections/postgres.ts'
import type { Unavailable, UnknownReason } from '../core/observation.ts'
import type { Signal } from '../core/signal.ts'
import type { Clock, Millis } from '../core/time.ts'
import type { Cluster, Kind } from '../kubernetes/model.ts'
import type { AccessNeed } from '../kubernetes/needs.ts'
import type { StreamSpec } from '../rules/platform.ts'
import type { Alerting } from './alerting-server.ts'
import type { Pace, Probe, Watch } from './probe.ts'
import type { Discovery } from './replicas.ts'

/** What probes are made from: connections, and what they need to know of the installation. */
export interface Sources {
  readonly clock: Clock
  readonly http: Http
  readonly redis: RedisConnection
  readonly postgres: Postgres
  readonly discovery: Discovery
  readonly bearer: () => string | undefined
  readonly streams: readonly StreamSpec[]
  readonly deadLetterStreams: readonly string[]
  /** Entries above which a lag need not be counted on. */
  readonly lagLimit: number
  readonly redisMemoryLimit?: number
  /** Database role and login of the probes, and what the pools of all replicas may open. */
  readonly roles: Readonly<Record<string, string>>
  readonly databaseUser: string
  readonly pools: () => Readonly<Record<string, number>>
  /** Absent where there is none. */
  readonly cluster?: Cluster
  /** Absent where the configuration does not say where alerts are evaluated. */
  readonly alerting?: Alerting
  /** How long a StatefulSet may take to roll out. */
  readonly rollOutWithin: Millis
}

/** A table of the platform that a statement of a probe reads. */
export interface TableNeed {
  /** In the schema `public`. */
  readonly table: string
  readonly columns: readonly string[]
}

/** A command of Redis that a probe sends. */
export interface CommandNeed {
  /** The rule of the ACL that permits it. */
  readonly rule: string
  /** What a login without it does not show, as a clause. */
  readonly without: string
  /** Whether something is unknown then; else it is only read later. */
  readonly blinds: boolean
  /** The command on everything that it is used on, in a form that changes nothing and brings no entry. */
  readonly tries: (
    streams: readonly StreamSpec[],
    deadLetterStreams: readonly string[],
  ) => readonly RedisCommand[]
}

/** All that must be granted for a probe; the doctor asks for it, the files of the chart grant it. */
export interface Needs {
  readonly tables?: readonly TableNeed[]
  /** A predefined role of Postgres. */
  readonly role?: string
  readonly commands?: readonly CommandNeed[]
  /** Objects of the cluster that it is made from. */
  readonly kinds?: readonly Kind[]
  /** What it asks the API server besides. */
  readonly access?: readonly AccessNeed[]
}

/** Reason codes, each with what it means and the lines that fix it. A name in braces is a fact of the installation. */
export type Reasons = Readonly<Record<string, readonly [means: string, ...fix: string[]]>>

/**
 * Everything about a probe that is known before there is a connection. The configuration of its pace, the grants, the
 * documentation, the labels of metrics and the schedule are made from it.
 */
export interface Declaration {
  readonly name: string
  /** What it reads, as the end of a sentence that begins with its name. */
  readonly reads: string
  readonly asks: 'services' | 'redis' | 'postgres' | 'kubernetes' | 'alerting'
  readonly provides: readonly Signal[]
  /** Of a probe, which is asked again and again; by component where they differ. Absent: a watch, which follows changes. */
  readonly pace?: Pace | Readonly<Record<string, Pace>>
  readonly needs?: Needs
  /** What it may give as a reason besides those in `reasons.ts`. */
  readonly reasons?: Reasons
  /** Undefined where the installation lacks what it asks. */
  open(sources: Sources): Probe | Watch | undefined
}

/** Makes reasons of which each is declared. */
export function reasonsOf<Declared extends Reasons>(
  _: Declared,
): (unknownReason: UnknownReason, reason: keyof Declared & string, message: string) => Unavailable {
  return (unknownReason, reason, message) => ({ unknownReason, reason, message })
}
