import type { GateReport } from '../src/contract/document.ts'
import type { Accept, Gates } from './gates.ts'
import type { Platform } from './platform.ts'
import type { Stores } from './stores.ts'
import { now } from './statistics.ts'

/** Ways by which a fault reaches the daemon; the aims differ by them. */
export const ways = ['pushed', 'stores', 'replicas', 'hung'] as const
export type Way = (typeof ways)[number]

/** What a fault is made with. */
export type Hands = { readonly platform: Platform; readonly stores: Stores }

export type BenchFault = {
  readonly name: string
  readonly way: Way
  /** The document shows it: pending counts, since holds are no latency. */
  readonly shows: Accept
  /** Resolves with the time at which the fault was there. */
  strike(hands: Hands): Promise<number>
  fix(hands: Hands): Promise<unknown>
  /** What a person has to acknowledge before it can be seen again in the same rollout. */
  readonly acknowledge?: string
}

/** A stop condition is pending or firing. */
function stop(id: string): Accept {
  return (report) => {
    const state = stopOf(report, id)
    return state === 'pending' || state === 'firing'
  }
}

function stopOf({ stopConditions }: GateReport, id: string): string | undefined {
  return stopConditions.find((item) => item.id === id)?.state
}

function check(id: string, ...states: readonly string[]): Accept {
  return ({ gates }) =>
    gates.some(({ checks }) => checks.some((item) => item.id === id && states.includes(item.state)))
}

/** Everything is well, so that the next fault is the only one. */
export const isWell: Accept = ({ gates, stopConditions }) =>
  gates.every(({ state }) => state === 'pass' || state === 'skipped') &&
  stopConditions.every(({ state }) => state === 'clear' || state === 'skipped')

const deadLetter: BenchFault = {
  name: 'dead letter arrives (XADD)',
  way: 'pushed',
  shows: stop('audit-dlq-growing'),
  acknowledge: 'audit-dlq-growing',
  async strike({ stores }) {
    await stores.redis.xadd('caracal.audit.events.dlq', 'MAXLEN', '~', 100, '*', 'bench', '1')
    return now()
  },
  fix: () => Promise.resolve(),
}

const deadRow: BenchFault = {
  name: 'dead outbox row (INSERT)',
  way: 'stores',
  shows: check('outbox-dead-rows', 'fail'),
  async strike({ stores }) {
    await stores.sql(
      `INSERT INTO event_outbox (id, stream_name, payload_json, attempts, available_at)
       VALUES ('bench-dead', 'caracal.policy.invalidate', '{}', 100, 'infinity')`,
    )
    return now()
  },
  fix: ({ stores }) => stores.sql(`DELETE FROM event_outbox WHERE id = 'bench-dead'`),
}

const memory: BenchFault = {
  name: 'Redis memory above 90 % (CONFIG SET maxmemory)',
  way: 'stores',
  shows: stop('redis-memory-pressure'),
  async strike({ stores }) {
    const used = Number(/^used_memory:(\d+)/m.exec(await stores.redis.info('memory'))?.[1])
    await stores.redis.config('SET', 'maxmemory', String(Math.ceil(used / 0.95)))
    return now()
  },
  fix: ({ stores }) => stores.redis.config('SET', 'maxmemory', '0'),
}

const rejectedWrite: BenchFault = {
  name: 'Redis rejects a write (an OOM error reply)',
  way: 'stores',
  shows: stop('redis-memory-pressure'),
  acknowledge: 'redis-memory-pressure',
  async strike({ stores }) {
    await stores.redis.eval(`return redis.error_reply('OOM bench')`, 0).catch(() => undefined)
    return now()
  },
  fix: () => Promise.resolve(),
}

const groupMissing: BenchFault = {
  name: 'consumer group destroyed (XGROUP DESTROY)',
  way: 'stores',
  shows: check('streams-exist', 'fail'),
  async strike({ stores }) {
    await stores.redis.xgroup('DESTROY', 'caracal.keys.invalidate', 'sts-keys')
    return now()
  },
  fix: ({ stores }) => stores.redis.xgroup('CREATE', 'caracal.keys.invalidate', 'sts-keys', '$'),
}

function struck(name: string, strikeName: string, way: Way, shows: Accept): BenchFault {
  return {
    name,
    way,
    shows,
    strike: ({ platform }) => platform.strike(strikeName),
    fix: ({ platform }) => platform.fix(strikeName),
  }
}

const staleSnapshot = struck(
  'snapshot of a Gateway stale (its flag)',
  'snapshot-stale',
  'replicas',
  check('revocation-snapshots', 'fail'),
)

const gatewayUnready = struck(
  'Gateway not ready (its /ready cannot reach STS)',
  'gateway-unready',
  'replicas',
  check('ready-gateway', 'fail'),
)

const hungRedis = struck('Redis hung (SIGSTOP)', 'redis-hung', 'hung', check('streams-exist', 'unknown'))

const hungPostgres = struck(
  'Postgres hung (SIGSTOP)',
  'postgres-hung',
  'hung',
  check('outbox-dead-rows', 'unknown'),
)

/** Connections stay open and nothing answers, on all replicas at once. */
function hungReplicas(name: string, shows: Accept): BenchFault {
  return {
    name,
    way: 'hung',
    shows,
    async strike({ platform }) {
      process.kill(platform.pid, 'SIGSTOP')
      return now()
    },
    async fix({ platform }) {
      process.kill(platform.pid, 'SIGCONT')
    },
  }
}

const hungGateway = hungReplicas('Gateway replicas hung (SIGSTOP)', check('revocation-snapshots', 'unknown'))

export const faults: readonly BenchFault[] = [
  deadLetter,
  deadRow,
  struck('Postgres pool above 90 % (BEGIN)', 'pool-saturated', 'stores', stop('postgres-pool-saturation')),
  memory,
  rejectedWrite,
  groupMissing,
  staleSnapshot,
  struck('replay file of 400 s on a Gateway', 'replay-aging', 'replicas', check('replay-backlog', 'fail')),
  struck('audit evidence dropped by an STS', 'evidence-lost', 'replicas', stop('audit-evidence-lost')),
  gatewayUnready,
  struck('STS not ready (its /ready cannot write)', 'sts-unready', 'replicas', check('ready-sts', 'fail')),
  hungRedis,
  hungPostgres,
  hungGateway,
  hungReplicas('API replicas hung (SIGSTOP)', check('ready-api', 'unknown', 'fail')),
]

/**
 * Few are made in the quiet cadence, since it takes half a minute to come back. The dead row is the last: outside a
 * rollout it keeps the daemon brisk for the ten minutes of its window.
 */
export const quietFaults: readonly BenchFault[] = [
  deadLetter,
  staleSnapshot,
  gatewayUnready,
  hungRedis,
  hungGateway,
  hungPostgres,
  deadRow,
]

/** Acknowledges what only a person can settle. */
export async function settle(fault: BenchFault, gates: Gates): Promise<void> {
  if (fault.acknowledge !== undefined)
    await gates.post('/acknowledgements', { stopCondition: fault.acknowledge })
}
