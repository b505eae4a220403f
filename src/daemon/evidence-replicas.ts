import { keyOf } from '../core/finding.ts'
import { blindSpot, type BlindSpot, type Target } from '../core/observation.ts'
import { read, type Reading } from '../core/signal.ts'
import { plain } from '../core/text.ts'
import type { ReplicaEntry } from '../contract/commands.ts'
import { pushedReplicaEvidence } from '../rules/signals.ts'

/** What evidence says of replicas, in the form of a look. */
export interface OfReplicas {
  readonly readings: readonly Reading[]
  readonly blindSpots: readonly BlindSpot[]
}

/** Documents name fifty subjects; of those behind them the step and the code are enough. */
const IN_WORDS = 50

/** Longest words of one replica: the message around them must fit on a line. */
const WORDS = 160

const badness = { pass: 0, unknown: 1, fail: 2 } as const

/**
 * What the entries say, the worst of each replica. An entry may name a replica by its name or by its address; a replica
 * that is known now is remembered with its instance, so that what takes its place under its name is another.
 * @param known the replicas that are watched
 */
export function saidOfReplicas(
  check: string,
  entries: readonly ReplicaEntry[],
  known: readonly Target[],
): OfReplicas {
  const replicas = finding(known)
  const worst = new Map<string, { readonly entry: ReplicaEntry; readonly labels: Said }>()
  for (const entry of entries) {
    const labels = labelsOf(check, entry, replicas)
    const key = keyOf({ component: labels.component, replica: labels.replica }, '')
    const held = worst.get(key)
    if (held === undefined || badness[entry.outcome] > badness[held.entry.outcome])
      worst.set(key, { entry, labels })
  }
  const readings: Reading[] = []
  const blindSpots: BlindSpot[] = []
  let told = 0
  for (const { entry, labels } of worst.values()) {
    const { outcome, message = '' } = entry
    const words = outcome !== 'pass' && told < IN_WORDS ? plain(message, WORDS) : ''
    if (outcome !== 'pass') told += 1
    if (outcome === 'unknown') blindSpots.push(inconclusive(labels, words))
    else
      readings.push(
        read(pushedReplicaEvidence, labels, outcome === 'pass' ? 1 : 0, words === '' ? undefined : words),
      )
  }
  return { readings, blindSpots }
}

function inconclusive(labels: Said, message: string): BlindSpot {
  return blindSpot(pushedReplicaEvidence, labels, {
    unknownReason: 'ambiguous',
    reason: 'canary_inconclusive',
    message,
  })
}

interface Said extends Readonly<Record<string, string>> {
  readonly check: string
  readonly component: string
  readonly replica: string
}

function labelsOf(
  check: string,
  { component, replica: named, outcome, step, reason }: ReplicaEntry,
  known: Known,
): Said {
  const { labels } = known(component, named) ?? { labels: {} }
  const { replica = plain(named, 253), instance } = labels as Readonly<Record<string, string>>
  return {
    check,
    component,
    replica,
    ...(instance !== undefined && { instance }),
    ...(outcome !== 'pass' && step !== undefined && { step }),
    ...(outcome !== 'pass' && reason !== undefined && { code: reason }),
  }
}

type Known = (component: string, named: string) => Target | undefined

/** Finds a replica by its name, its address, or the host of that where no other replica has it. */
function finding(targets: readonly Target[]): Known {
  const byName = new Map(targets.map((target) => [target.id, target]))
  const byAddress = unique(targets, (address) => address)
  const byHost = unique(targets, hostOf)
  return (component, named) => {
    const key = (name: string) => `${component}/${name}`
    return byName.get(key(named)) ?? byAddress.get(key(named)) ?? byHost.get(key(hostOf(named)))
  }
}

function unique(targets: readonly Target[], of: (address: string) => string): ReadonlyMap<string, Target> {
  const all = Map.groupBy(targets, ({ labels: { component, address = '' } }) => `${component}/${of(address)}`)
  return new Map(
    [...all].flatMap(([key, [only, ...more]]) => (only && more.length === 0 ? [[key, only]] : [])),
  )
}

/** The host of `10.0.0.1:8080`, `[fd00::1]:8080` or `fd00::1`. */
function hostOf(address: string): string {
  const [, bracketed] = /^\[(.+)\](?::\d+)?$/.exec(address) ?? []
  return bracketed ?? address.replace(/^([^:]*):\d+$/, '$1')
}
