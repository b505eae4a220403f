import { randomUUID } from 'node:crypto'
import { auditData } from './audit-client.ts'
import { zone } from './context.ts'
import type { Fault } from './fault.ts'
import type { Misbehaviour } from './http.ts'
import { acknowledgeInvalidations } from './recovery.ts'
import { addSigned, streams } from './streams.ts'
import type { AnyReplica, ReplicaOf, World } from './world.ts'

/** Seconds; above the 300 s at which a replay backlog counts as aging. */
const oldReplayAge = 400

function misbehave(kind: Misbehaviour): Fault['inject'] {
  return async (world, replica) => {
    await world.byName(replica).endpoint.misbehave(kind)
    return () => world.byName(replica).endpoint.misbehave(undefined)
  }
}

function gatewayNamed(world: World, name: string): ReplicaOf<'gateway'> {
  const replica = world.byName(name)
  if (replica.service !== 'gateway') throw new Error(`${name} is not a gateway`)
  return replica
}

function stsNamed(world: World, name: string): ReplicaOf<'sts'> {
  const replica = world.byName(name)
  if (replica.service !== 'sts') throw new Error(`${name} is not an sts`)
  return replica
}

/** STS and Gateway send audit events and keep replay files; the others do neither. */
function senderNamed(world: World, name: string): Extract<AnyReplica, { service: 'sts' | 'gateway' }> {
  const replica = world.byName(name)
  if (replica.service !== 'sts' && replica.service !== 'gateway') {
    throw new Error(`${name} keeps no replay files`)
  }
  return replica
}

/** What the API sends when a policy is activated. */
async function announcePolicy(world: World): Promise<void> {
  const message = { zone_id: zone, policy_set_id: randomUUID() }
  await addSigned(world.redis, world.secrets.streamsHmacKey, streams.policy, message)
}

export const replicaFaults: readonly Fault[] = [
  {
    name: 'sts-unready',
    stopCondition: 'sts-unready',
    gate: 'readiness',
    describe: 'One STS replica loses its replay volume and answers 503 audit_replay_unavailable.',
    strikes: { service: 'sts', index: 1 },
    inject: async (world, replica) => {
      await stsNamed(world, replica).volume.detach(true)
      return () => stsNamed(world, replica).volume.detach(false)
    },
  },
  {
    name: 'gateway-unready',
    stopCondition: 'gateway-unready',
    gate: 'readiness',
    describe: 'One Gateway replica no longer reaches the STS and answers 503 sts_unreachable.',
    strikes: { service: 'gateway', index: 1 },
    inject: async (world, replica) => {
      gatewayNamed(world, replica).cutOffSts(true)
      return async () => gatewayNamed(world, replica).cutOffSts(false)
    },
  },
  {
    name: 'replay-backlog-aging',
    stopCondition: 'replay-backlog-aging',
    gate: 'event-health',
    describe: 'An old file of undelivered audit events lies on one replica; only a restart drains it.',
    strikes: { service: 'gateway', index: 1 },
    inject: async (world, replica) => {
      const event = auditData(randomUUID(), 'request.allowed')
      await senderNamed(world, replica).volume.persist([event], oldReplayAge)
      return () => world.replace(replica)
    },
  },
  {
    name: 'revocation-snapshot-stale',
    stopCondition: 'revocation-snapshot-stale',
    gate: 'event-health',
    describe:
      'One Gateway replica can no longer load its snapshot of revocations, which ages past its limit.',
    strikes: { service: 'gateway', index: 0 },
    inject: async (world, replica) => {
      gatewayNamed(world, replica).snapshot.cut(true)
      return async () => {
        const { snapshot } = gatewayNamed(world, replica)
        snapshot.cut(false)
        await snapshot.reload()
      }
    },
  },
  {
    name: 'audit-evidence-lost',
    stopCondition: 'audit-evidence-lost',
    gate: 'event-health',
    describe:
      'One replica can write an audit event neither to Redis nor to disk; only its replacement is clean.',
    strikes: { service: 'gateway', index: 1 },
    inject: async (world, replica) => {
      const { audit, volume } = senderNamed(world, replica)
      await volume.detach(true)
      audit.breakSink(true)
      await audit.emit('request.allowed')
      audit.breakSink(false)
      await volume.detach(false)
      return () => world.replace(replica)
    },
  },
  {
    name: 'sts-circuit-open',
    stopCondition: 'sts-circuit-open',
    gate: 'event-health',
    describe: 'One Gateway replica has opened its circuit to the STS and fails requests fast.',
    strikes: { service: 'gateway', index: 0 },
    inject: async (world, replica) => {
      gatewayNamed(world, replica).openCircuit(true)
      return async () => gatewayNamed(world, replica).openCircuit(false)
    },
  },
  {
    name: 'policy-failure',
    stopCondition: 'policy-failure',
    gate: 'event-health',
    describe: 'Policies no longer compile on one STS replica, again at every attempt.',
    strikes: { service: 'sts', index: 0 },
    inject: async (world, replica) => {
      stsNamed(world, replica).breakPolicies('compile')
      stsNamed(world, replica).policy.poll()
      return async () => {
        stsNamed(world, replica).breakPolicies(undefined)
        await acknowledgeInvalidations(world)
      }
    },
  },
  {
    name: 'policy-refused',
    gate: 'event-health',
    cause: 'stream-backlog',
    describe:
      'STS refuses a policy before it compiles it and denies everything in its zone; no counter moves.',
    inject: async (world) => {
      for (const replica of world.all('sts')) replica.breakPolicies('refuse')
      await announcePolicy(world)
      return async () => {
        for (const replica of world.all('sts')) {
          replica.breakPolicies(undefined)
          replica.policy.poll()
        }
        await acknowledgeInvalidations(world)
      }
    },
  },
  {
    name: 'replica-hung',
    gate: 'readiness',
    cause: 'ready-coordinator',
    describe: 'One replica accepts connections and never answers.',
    strikes: { service: 'coordinator', index: 1 },
    inject: misbehave('hung'),
  },
  {
    name: 'replica-refused',
    gate: 'readiness',
    cause: 'replica-lost',
    describe: 'One replica refuses connections.',
    strikes: { service: 'audit', index: 1 },
    inject: misbehave('refused'),
  },
  {
    name: 'replica-html',
    gate: 'readiness',
    cause: 'ready-api',
    describe: 'Something else answers in the place of one replica: a page, with 200.',
    strikes: { service: 'api', index: 1 },
    inject: misbehave('html'),
  },
]
