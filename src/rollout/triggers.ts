import { FIRST_SEEN } from '../core/rollout.ts'
import {
  JOBS_OVER,
  RELEASE_REVISION,
  atBegin,
  jobOf,
  seen,
  subjectsOf,
  templateOf,
  versionOf,
  type Baselines,
} from './baselines.ts'
import { isPending, type Release, type View, type WorkloadState } from './view.ts'

/** What is other than it was when it was last seen: by any of these a rollout is known. */
export interface Triggers {
  /** A revision of the Helm release that was not there. */
  readonly release?: Release
  /** Kinds of migration Jobs of which there is another run. */
  readonly jobs: readonly string[]
  /** Components whose pods are made from another template. */
  readonly workloads: readonly string[]
}

/** What differs from the baselines. At first sight of all nothing differs, but what is under way then is a trigger too. */
export function triggersOf(view: View, baselines: Baselines): Triggers {
  const first = isFirstSight(baselines)
  const { release } = view
  return {
    jobs: [...view.jobs].flatMap(([kind, { run, active }]) => {
      const known = baselines.get(seen(jobOf(kind)))
      const isNew = known === undefined ? active || !first : run !== known
      return run !== 0 && isNew ? [kind] : []
    }),
    workloads: [...view.workloads].flatMap(([component, workload]) =>
      isChanged(workload, baselines.get(seen(templateOf(component)))) ? [component] : [],
    ),
    ...(release !== undefined &&
      isNewRevision(release, baselines.get(seen(RELEASE_REVISION))) && { release }),
  }
}

export function isFirstSight(baselines: Baselines): boolean {
  return !baselines.has(FIRST_SEEN)
}

/** Whether a revision of the release came since the rollout began. */
export function hasNewRevision(baselines: Baselines): boolean {
  const known = baselines.get(seen(RELEASE_REVISION))
  return known !== undefined && known !== (baselines.get(atBegin(RELEASE_REVISION)) ?? known)
}

export function isNone({ release, jobs, workloads }: Triggers): boolean {
  return release === undefined && jobs.length === 0 && workloads.length === 0
}

/** A workload that is seen for the first time changes when it is not rolled out. */
function isChanged({ template, rolledOut }: WorkloadState, known: number | undefined): boolean {
  return known === undefined ? !rolledOut : template !== known
}

/** A lower revision is the end of a release, or the beginning of another one of its name. */
function isNewRevision(release: Release, known: number | undefined): boolean {
  const { revision } = release
  if (known === undefined) return isPending(release)
  return revision > known || (revision !== known && isPending(release))
}

type Changes = readonly (readonly [string, number | undefined])[]

/** What is known now, as baselines; what can't be seen stays what it was. */
export function knowledge(view: View, baselines: Baselines, rolling: boolean, now: number): Changes {
  const { release, jobs, workloads } = view
  const revision = baselines.get(seen(RELEASE_REVISION))
  // While a rollout is under way an older revision is one that was looked at late.
  const falls = release !== undefined && revision !== undefined && release.revision < revision
  const runs = [...jobs.values()]
  return [
    ...(release !== undefined && !(falls && rolling && !isPending(release))
      ? [[seen(RELEASE_REVISION), release.revision] as const]
      : []),
    ...[...jobs].map(([kind, { run }]) => {
      const key = seen(jobOf(kind))
      return [key, run === 0 ? (baselines.get(key) ?? 0) : run] as const
    }),
    ...[...workloads].map(([component, { template }]) => [seen(templateOf(component)), template] as const),
    ...(view.blind
      ? []
      : [...versionsSeen(view, baselines), [FIRST_SEEN, baselines.get(FIRST_SEEN) ?? now] as const]),
    ...(view.blind || runs.length === 0
      ? []
      : [
          [
            JOBS_OVER,
            runs.some(({ active }) => active) ? undefined : (baselines.get(JOBS_OVER) ?? now),
          ] as const,
        ]),
  ]
}

/**
 * The applied schema versions. While something of the cluster is hidden they are not taken up: a migration that runs
 * behind our back must be found to be new.
 */
function versionsSeen({ versions }: View, baselines: Baselines): Changes {
  if (versions === undefined) return []
  const prefix = seen(versionOf(''))
  const applied = new Set(versions)
  const gone = subjectsOf(baselines, prefix).filter((version) => !applied.has(version))
  return [
    ...gone.map((version) => [`${prefix}${version}`, undefined] as const),
    ...versions.map((version) => [`${prefix}${version}`, 1] as const),
  ]
}

/** What the baseline of the rollout under way lacks and can be seen now: it is taken at first sight. */
export function firstSights({ release, jobs, workloads }: View, baselines: Baselines): Changes {
  const found: (readonly [string, number])[] = [
    // What came before a revision that is pending is not known.
    ...(release === undefined
      ? []
      : [[RELEASE_REVISION, isPending(release) ? 0 : release.revision] as const]),
    ...[...jobs].map(([kind, { run, active }]) => [jobOf(kind), active ? 0 : run] as const),
    ...[...workloads].map(([component, { template }]) => [templateOf(component), template] as const),
  ]
  return found
    .map(([subject, value]) => [atBegin(subject), value] as const)
    .filter(([key]) => !baselines.has(key))
}
