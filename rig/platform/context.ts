import type { Endpoint } from './http.ts'

export const services = ['api', 'sts', 'gateway', 'audit', 'coordinator', 'web'] as const
export type Service = (typeof services)[number]

/** How often things happen; the defaults are the platform's own. All in milliseconds. */
export type Timings = {
  /** Gateway: reload of the revocation snapshot. */
  readonly snapshotReload: number
  /** Gateway: age above which the snapshot is stale. */
  readonly snapshotStale: number
  /** API and Coordinator: dispatch of their outbox. */
  readonly apiDispatch: number
  readonly coordinatorDispatch: number
  /** Audit: BLOCK of the read of its consumer. */
  readonly auditBlock: number
  /** Audit: poll of its own Redis gauges. */
  readonly auditGauges: number
  /** Audit and Gateway: taking over entries that a consumer did not acknowledge, idle for as long. */
  readonly reclaim: number
  /** STS: poll of the policies of the zones that it has loaded. */
  readonly policyPoll: number
  /** Audit: tick of retention, which only the leader does. */
  readonly retention: number
  /** How long `/ready` of API and Coordinator takes to give up when Redis refuses; it has no end when Redis hangs. */
  readonly apiRedisPatience: number
  readonly coordinatorRedisPatience: number
  /** How long `/ready` of the Go services waits for a Redis that hangs. */
  readonly stsRedisPatience: number
  readonly gatewayRedisPatience: number
  readonly auditRedisPatience: number
  /** Pause between two pieces of made-up work of one replica. */
  readonly work: number
}

export const realTimings: Timings = {
  snapshotReload: 30_000,
  snapshotStale: 70_000,
  apiDispatch: 250,
  coordinatorDispatch: 1_000,
  auditBlock: 5_000,
  auditGauges: 30_000,
  reclaim: 30_000,
  policyPoll: 60_000,
  retention: 6 * 3_600_000,
  // Recorded; between 6.4 and 27.4 s, and 7.8 and 20 s, were seen.
  apiRedisPatience: 27_400,
  coordinatorRedisPatience: 7_800,
  stsRedisPatience: 5_000,
  gatewayRedisPatience: 3_000,
  auditRedisPatience: 5_000,
  work: 1_000,
}

export type Secrets = {
  readonly metricsBearer: string
  readonly coordinatorToken: string
  /** The bootstrap token of the API. */
  readonly adminToken: string
  /** Keys of the two kinds of signature, hexadecimal. */
  readonly auditHmacKey: string
  readonly streamsHmacKey: string
  /** Signs what STS issues, and what a Gateway asks it. */
  readonly mandateKey: string
  readonly exchangeHmacKey: string
  /** The secret of the tenant's application, and an admin token that may only read its zone. */
  readonly clientSecret: string
  readonly readerToken: string
}

/** What a replica is given at its start, as its environment would give it. */
export type Context = {
  readonly redisUrl: string
  /** The login of a service's own database role. */
  readonly databaseUrl: (service: Service) => string
  readonly secrets: Secrets
  readonly timings: Timings
  /** The STS as the Gateway reaches it: through a Service, which only knows replicas that answer. */
  readonly stsUrl: () => string
  /** The policy set version that is active in the zone; it changes with each activation. */
  readonly activePolicy: { version: string; since: Date }
  /** Whether Web has its build of the console, as its image has. */
  readonly webRoot: boolean
  /** Folder below which every STS and Gateway replica has its replay volume. */
  readonly volumes: string
}

export type Identity = {
  readonly name: string
  readonly hostname: string
  /** The number of its process: another one after every replacement, as the names of its consumers show. */
  readonly pid: number
  /** An address of this machine: the loopback address, or that of a pod. */
  readonly address: string
  /** 0 for any free port. */
  readonly port: number
}

/** One running process of one service. */
export type Replica = {
  readonly service: Service
  readonly name: string
  readonly hostname: string
  readonly endpoint: Endpoint
  stop(): Promise<void>
}

/** The one tenant that the made-up work is about. */
export const zone = 'zone-rig'
