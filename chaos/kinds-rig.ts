import { faults } from '../rig/platform/faults.ts'
import type { Fault } from '../rig/platform/fault.ts'
import { migrationsLooked, polled } from './bounds.ts'
import { chosen, type Area, type Kind } from './kind.ts'

/** What a fault makes fire beside its own stop condition, because the platform suffers so. */
const sideEffects: Readonly<Record<string, readonly string[]>> = {
  // Gateway asks an STS before it says that it is ready.
  'sts-unready': ['gateway-unready'],
  'audit-evidence-lost': ['gateway-unready', 'sts-unready'],
  // After an outage STS replicas may be replaced, which makes dead letters of what they refused (T24, T25).
  'redis-hung': ['sts-unready', 'gateway-unready', 'audit-dlq-growing'],
  'postgres-hung': ['sts-unready', 'gateway-unready', 'revocation-snapshot-stale', 'audit-dlq-growing'],
  'redis-rejects-writes': ['sts-unready', 'gateway-unready', 'audit-dlq-growing'],
  'revocation-snapshot-stale': ['gateway-unready'],
}

/** Faults that end with the replacement of a replica, which needs both stores to start. */
const endByReplacement = new Set(['replay-backlog-aging', 'audit-evidence-lost', 'audit-tamper-detected'])

/** A snapshot is stale when it is older than this configuration allows: 3 s, and 0.5 s between two reloads. */
const growsStale = 3_500

/** STS may take this long to apply a policy before it counts as refused. */
const appliedWithin = 10_000

function areasOf({ name, strikes }: Fault): readonly Area[] {
  if (strikes !== undefined && !endByReplacement.has(name)) return ['services']
  return ['services', 'redis', 'postgres']
}

function boundOf(name: string) {
  if (name === 'migration-missing') return migrationsLooked
  if (name === 'policy-refused') return polled(appliedWithin)
  return name === 'revocation-snapshot-stale' ? polled(growsStale) : polled()
}

/** Every fault of the rig, as it is there. */
export const rigKinds: readonly Kind[] = faults.map((fault) => ({
  name: fault.name,
  describe: fault.describe,
  areas: areasOf(fault),
  expect: { proceeds: 'never', within: boundOf(fault.name) },
  explains: [
    ...(fault.stopCondition === undefined ? [] : [fault.stopCondition]),
    ...(sideEffects[fault.name] ?? []),
  ],
  async inject({ platform }, { first }) {
    const { strikes } = fault
    const candidates = platform.replicas.filter(({ service }) => service === strikes?.service)
    const replica = strikes === undefined ? undefined : chosen(candidates, first).name
    await platform.faults.inject(fault.name, replica)
    return { detail: replica ?? '', undo: () => platform.faults.clear(fault.name) }
  },
}))
