import { evidenceOf, type Account, type Evidence, type Providers } from '../core/evidence.ts'
import type { Expected } from '../core/expected.ts'
import { notConfigured, unseen, type Condition, type Finding, type Recollection } from '../core/finding.ts'
import { REVISION_AT_BEGIN, type Rollout } from '../core/rollout.ts'
import type { Signal } from '../core/signal.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { arrivedOtherwise, imageArrival, notArrived } from './arrived-images.ts'
import { expected as mustBeSeen } from './expected.ts'
import { releaseChart, releaseRevision, workloadContainer, workloadDesired } from './signals.ts'

/** What may be asked of `arrivalOf`: evidence and baselines, of the rollout under way or of the last one. */
export type Remembered = Pick<Recollection, 'baseline'>

const claims = 'what was declared with the rollout has arrived: every replica runs it'

/** What was declared with the rollout under way runs everywhere. Asked only where something was declared. */
export const declaredHasArrived: Condition = {
  claims,
  signals: [workloadContainer, workloadDesired, releaseRevision, releaseChart],
  judge: (evidence, recollection) =>
    ofDeclared(recollection, (one) => arrivalOf(one, evidence, recollection)),
}

function ofDeclared(
  { rollout }: Recollection,
  judge: (expected: Expected) => readonly Finding[],
): readonly Finding[] {
  const why = nothingDeclared(rollout)
  if (why !== undefined) return [{ key: 'declared', answer: 'met', reason: 'ok', message: why }]
  return (rollout?.expected ?? []).flatMap(judge)
}

/** Why arrival is not asked for, where nothing was declared with the rollout under way. */
export function nothingDeclared(
  rollout: Pick<Rollout, 'phase' | 'expected'> | undefined,
): string | undefined {
  const isOver = rollout?.phase === 'done' || rollout?.phase === 'failed'
  const isDeclared = !isOver && (rollout?.expected ?? []).length > 0
  return isDeclared ? undefined : 'nothing is declared that must arrive'
}

/** Why nothing can be said of what was declared where no cluster is watched. */
export const arrivalUnseen =
  'needs Kubernetes: no service of the platform says which version it is, so nothing else shows what has arrived'

/** The same where no cluster is watched: it is never met. */
export const arrivalNotSeen: Condition = {
  claims,
  signals: [],
  judge: (_, recollection) => ofDeclared(recollection, () => [notConfigured(arrivalUnseen)]),
}

/** One finding for each thing that must arrive; none where nothing must. */
export function arrivalOf(
  { images = {}, digests = {}, revision, chart, appVersion }: Expected,
  evidence: Evidence,
  remembered: Remembered,
): readonly Finding[] {
  const subjects = [...new Set([...Object.keys(images), ...Object.keys(digests)])]
  const fromImages = subjects.map((subject) => {
    const [component = '', part] = subject.split('/')
    const wish = { component, part, image: images[subject], digests: digests[subject] }
    return imageArrival(subject, wish, evidence, remembered)
  })
  return [
    ...fromImages,
    ...(revision === undefined ? [] : revisionArrival(revision, evidence)),
    ...(chart === undefined ? [] : chartArrival('chart', chart, evidence, remembered)),
    ...(appVersion === undefined ? [] : chartArrival('app_version', appVersion, evidence, remembered)),
  ]
}

const titles = { chart: 'chart', app_version: 'application version' } as const
const keys = { chart: 'chart', app_version: 'app-version' } as const

function revisionArrival(wanted: string, evidence: Evidence): readonly Finding[] {
  const key = 'revision'
  return ofRelease(key, evidence, releaseRevision, ({ readings }) =>
    readings.map(({ reading: { value }, target }): Finding => {
      if (String(value) === wanted)
        return {
          key,
          answer: 'met',
          reason: 'ok',
          message: `the release has revision ${wanted}`,
          target: target.id,
        }
      const message = `the newest revision of the release is ${value}, and ${wanted} must arrive`
      // A number that has passed does not come again.
      return { key, target: target.id, ...(value > Number(wanted) ? arrivedOtherwise : notArrived), message }
    }),
  )
}

function chartArrival(
  label: keyof typeof titles,
  wanted: string,
  evidence: Evidence,
  { baseline }: Remembered,
): readonly Finding[] {
  const [key, title] = [keys[label], titles[label]]
  const begun = baseline(REVISION_AT_BEGIN)
  const revision = evidence.of(releaseRevision).readings[0]?.reading.value
  const isNew = begun !== undefined && revision !== undefined && revision !== begun
  return ofRelease(key, evidence, releaseChart, ({ readings }) =>
    readings.map(({ reading: { labels }, target }): Finding => {
      const value = labels[label] ?? ''
      if (value === wanted)
        return {
          key,
          answer: 'met',
          reason: 'ok',
          message: `the release has the ${title} ${wanted}`,
          target: target.id,
        }
      const message = `the release has the ${title} ${value || 'of no name'}, and ${wanted} must arrive`
      return { key, target: target.id, ...(isNew ? arrivedOtherwise : notArrived), message }
    }),
  )
}

function ofRelease(
  key: string,
  evidence: Evidence,
  signal: Signal,
  judge: (account: Account) => readonly Finding[],
): readonly Finding[] {
  const account = evidence.of(signal)
  return mustBeSeen(key, [...judge(account), ...account.unseen.map((spot) => unseen(spot, key))])
}

/** What is found of a demand in a snapshot: by its looks and baselines, as of when it was judged. */
export function arrivalIn(
  { beliefs, baselines, at }: Pick<Snapshot, 'beliefs' | 'baselines' | 'at'>,
  providers: Providers,
  demanded: Expected,
): readonly Finding[] {
  if (!providers.has(workloadContainer.name)) return [notConfigured(arrivalUnseen)]
  return arrivalOf(demanded, evidenceOf(beliefs, providers, at), { baseline: (key) => baselines.get(key) })
}
