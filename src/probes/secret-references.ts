import { secretReferences, secretUsers, type SecretUser } from '../kubernetes/manifest/references.ts'
import { secretKeysMissing } from '../rules/signals.ts'
import { NO_SUCH_SECRET } from '../rules/source.ts'
import { workloadKinds, type Cluster, type Job } from '../kubernetes/model.ts'
import { signalOf, type Ending } from '../connections/deadline.ts'
import type { Target, Unavailable } from '../core/observation.ts'
import { read } from '../core/signal.ts'
import { SECOND, type Clock, type Instant, type Millis } from '../core/time.ts'
import { seenNow } from './cluster-watch.ts'
import { ProbeError, blindLook, joined, type Look, type Probe } from './probe.ts'
import type { Declaration } from './declaration.ts'
import { referredSecret } from '../kubernetes/needs.ts'

/** What is needed of one Secret: its keys, each with who refers to it. The key '' is the Secret as a whole. */
type Needs = ReadonlyMap<string, ReadonlySet<string>>

const pace = { quiet: 30 * SECOND, brisk: 5 * SECOND, timeout: 3 * SECOND }
const secretTargets: readonly Target[] = [{ id: 'kubernetes', labels: {} }]

const about = { name: 'secret-references', provides: [secretKeysMissing] } as const

export const declaration: Declaration = {
  ...about,
  reads: 'whether each Secret that is referred to holds the keys',
  asks: 'kubernetes',
  pace,
  needs: { kinds: ['workloads', 'releases', 'jobs'], access: [referredSecret] },
  open: ({ cluster, clock }) => cluster && secretReferenceProbe(cluster, clock),
}

/** A Secret that held what is needed is asked for again after so long; one that did not, at each look. */
const WHOLE_FOR: Millis = 20 * SECOND

interface KnownKeys {
  readonly keys: readonly string[]
  readonly at: Instant
}

/**
 * Asks for each Secret that a workload, a hook, a Job or a CronJob refers to whether it holds the keys. There is no watch for single Secrets that
 * does not show all of them, so it asks; of the answer only the names of the keys are kept.
 */
export function secretReferenceProbe(cluster: Cluster, clock: Clock): Probe {
  let known = new Map<string, KnownKeys>()

  /** Those that are known, if they are all that is needed. */
  async function keysOf(secret: string, needs: Needs, deadline: Ending): Promise<KnownKeys | undefined> {
    const last = known.get(secret)
    const isFresh = last !== undefined && clock.now() - last.at < WHOLE_FOR
    if (isFresh && missingOf(needs, last.keys).length === 0) return last
    const keys = await cluster.secretKeys(secret, signalOf(deadline))
    return keys && { keys, at: clock.now() }
  }

  return {
    ...about,
    targets: () => secretTargets,
    pace: () => pace,
    async look(_, deadline) {
      const seen = new Map<string, KnownKeys>()
      const looks = await Promise.all(
        [...needsOf(cluster)].map(([secret, needs]) =>
          lookAt(secret, needs, async () => {
            const now = await keysOf(secret, needs, deadline)
            if (now !== undefined) seen.set(secret, now)
            return now?.keys
          }),
        ),
      )
      // Of no Secret more is kept than was looked at just now.
      known = seen
      return joined(looks)
    },
  }
}

function needsOf(cluster: Cluster): ReadonlyMap<string, Needs> {
  const needs = new Map<string, Map<string, Set<string>>>()
  const running = seenNow(cluster, 'workloads').map(({ name, component, source }) => ({
    name: component === '' ? name : component,
    references: secretReferences(source),
  }))
  for (const { name, references } of [...running, ...startedLater(cluster)])
    for (const { secret, key = '', optional } of references) {
      if (optional) continue
      const keys = needs.get(secret) ?? new Map<string, Set<string>>()
      needs.set(secret, keys)
      keys.set(key, (keys.get(key) ?? new Set()).add(name))
    }
  return needs
}

/** Of these the API server shows what runs now. */
const shown: ReadonlySet<unknown> = new Set(workloadKinds)

/**
 * What does not run now and will: hooks, Jobs and CronJobs of the newest revision. Without Helm's Secrets, the last Job of
 * each kind that was seen stands for the next.
 * @throws ProbeError where neither can be seen, or the revision not be read
 */
function startedLater(cluster: Cluster): readonly SecretUser[] {
  const releases = cluster.of('releases')
  if (!releases.ok && releases.unavailable.unknownReason !== 'not_configured')
    throw new ProbeError(releases.unavailable)
  const [newest] = releases.ok ? releases.items.toSorted((a, b) => b.revision - a.revision) : []
  if (newest === undefined) return lastJobs(seenNow(cluster, 'jobs'))
  if (!('digest' in newest.content)) throw new ProbeError(newest.content)
  const { objects, hookReferences } = newest.content
  return [...secretUsers(objects.filter(({ kind }) => !shown.has(kind))), ...hookReferences]
}

/** Runs of a CronJob are told apart by a number behind its name. */
function lastJobs(jobs: readonly Job[]): readonly SecretUser[] {
  const kindOf = ({ component, name }: Job) => component || name.replace(/-[0-9]+$/, '')
  const oldestFirst = jobs.toSorted((a, b) => a.createdAt - b.createdAt)
  return [...new Map(oldestFirst.map((job) => [kindOf(job), job]))].map(([name, { references }]) => ({
    name,
    references,
  }))
}

async function lookAt(
  secret: string,
  needs: Needs,
  ask: () => Promise<readonly string[] | undefined>,
): Promise<Look> {
  try {
    const keys = await ask()
    const missing = missingOf(needs, keys)
    const reading =
      keys === undefined
        ? read(secretKeysMissing, { secret }, missing.length, referredBy(missing), { code: NO_SUCH_SECRET })
        : read(secretKeysMissing, { secret }, missing.length, listed(missing))
    return { readings: [reading] }
  } catch (fault) {
    if (!isUnavailable(fault)) throw fault
    return blindLook([secretKeysMissing], { secret }, fault)
  }
}

function missingOf(needs: Needs, keys: readonly string[] | undefined): Missing {
  return [...needs].filter(([key]) => keys === undefined || (key !== '' && !keys.includes(key)))
}

type Missing = readonly (readonly [string, ReadonlySet<string>])[]

function listed(missing: Missing): string | undefined {
  if (missing.length === 0) return undefined
  return missing.map(([key, by]) => `key ${key}, referenced by ${[...by].join(' and ')}`).join('; ')
}

function referredBy(missing: Missing): string {
  const names = new Set(missing.flatMap(([, by]) => [...by]))
  return `referenced by ${[...names].join(' and ')}`
}

function isUnavailable(fault: unknown): fault is Error & Unavailable {
  return fault instanceof Error && 'unknownReason' in fault
}
