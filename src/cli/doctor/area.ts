import type { PlainConfig } from '../../config/schema.ts'
import type { Http } from '../../connections/http.ts'
import type { Kubernetes } from '../../connections/kubernetes.ts'
import type { Postgres } from '../../connections/postgres.ts'
import type { RedisConnection } from '../../connections/redis.ts'
import type { Unavailable } from '../../core/observation.ts'
import type { Replica } from '../../core/replica.ts'
import type { Clock } from '../../core/time.ts'
import type { Found } from './finding.ts'
import type { WebQuestion } from './web.ts'

/** How to log in where alerts are evaluated and sent from. */
export interface Logins {
  readonly prometheus?: WebLogin
  readonly alertmanager?: WebLogin
  /** Matchers for the alerts of this Prometheus. */
  readonly filter?: readonly string[]
}

type WebLogin = Pick<WebQuestion, 'headers' | 'ca' | 'cert' | 'key' | 'servername'>

/** What can be looked at without a configuration. */
export interface Outside {
  /** Of the program. */
  readonly version: string
  readonly clock: Clock
  /** Ends requests that are still under way when the doctor's time is over. */
  readonly over: AbortSignal
  /** Base URLs as given; absent: not looked at. */
  readonly prometheus?: string
  readonly alertmanagers?: readonly string[]
  /** How to log in there, as the configuration says; not where other servers were given. */
  readonly logins?: Logins
  /** Known as soon as the configuration is. */
  readonly release?: { readonly name: string; readonly namespace: string }
}

/** The replicas of the platform, and what else their cluster shows. */
export interface Replicas {
  readonly replicas: readonly Replica[]
  /** Why the cluster could not be asked for them. */
  readonly unavailable?: Unavailable
  /** Names of pods that are ready for their kubelet, whose probes no NetworkPolicy keeps back; absent without a cluster. */
  readonly readyPods?: ReadonlySet<string>
  /** How many Deployments and StatefulSets the release has. */
  readonly workloads?: number
  /** Secrets that they refer to, optional ones left out. */
  readonly secrets?: readonly string[]
}

/** An installation of the exporter, seen from where it runs. */
export interface Installation extends Outside {
  readonly config: PlainConfig
  /** Of the configuration as it is shown; what a running exporter says of its own. */
  readonly configHash: string
  /** Text of every file that the configuration was made from, by path. */
  readonly files: ReadonlyMap<string, string>
  readonly http: Http
  readonly redis: RedisConnection
  readonly postgres: Postgres
  /** Absent where the configuration has no cluster. */
  readonly kubernetes?: Kubernetes
  readonly replicas: () => Promise<Replicas>
  /** Address of the running exporter, and whether the caller gave it. */
  readonly daemon: { readonly url: string; readonly isGiven: boolean }
}

/** A kind of checks. They run side by side with those of other areas, each in a bounded time. */
export interface Area {
  /** For `--only`. */
  readonly name: string
  readonly title: string
  /** Never rejects for what it knows; anything that it throws is reported as an error of the doctor. */
  check(installation: Installation): Promise<readonly Found[]>
}

/** One that needs no configuration. */
export interface FreeArea extends Omit<Area, 'check'> {
  check(outside: Outside): Promise<readonly Found[]>
}
