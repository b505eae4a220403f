import type { Belief, ProbeBelief } from '../core/belief.ts'
import { whyUnavailable } from '../core/evidence.ts'
import { LEFT_OUT, PUSHED_EVIDENCE } from '../core/observation.ts'
import { STARVED } from '../core/punctuality.ts'
import type { Instant } from '../core/time.ts'
import type { ReportContext } from './context.ts'
import { selfFamilies as family } from '../contract/families.ts'
import { flag, single, stateSet, type Sample, type Samples, type Scrape } from './samples.ts'

/** What the daemon reports of itself: its probe attempts, its evaluations, its state and its cost to others. */
export function selfMetrics(scrape: Scrape): Samples {
  return [...evaluatorSamples(scrape.context), ...workSamples(scrape), ...beliefSamples(scrape)]
}

function evaluatorSamples(context: ReportContext): Samples {
  const { evaluator, evaluationInterval, release } = context
  const { version, configHash, startedAt, cadence, stateStore, configReload, certificateExpiresAt } =
    evaluator
  return [
    [family.build, [{ labels: [version, configHash], value: 1 }]],
    [family.release, [{ labels: [release.name, release.namespace], value: 1 }]],
    [family.links, addresses(context)],
    [family.start, single(startedAt / 1_000)],
    [family.interval, single(evaluationInterval / 1_000)],
    [family.cadence, stateSet(['quiet', 'brisk'], cadence)],
    [family.reloadOk, single(flag(configReload.ok))],
    [family.reloadAt, single(configReload.at / 1_000)],
    [
      family.certificateExpiry,
      single(certificateExpiresAt === undefined ? undefined : certificateExpiresAt / 1_000),
    ],
    [family.stateStore, single(flag(stateStore.ok))],
  ]
}

/** A runbook without an address of its own is one that only the page can lead to. */
function addresses({ externalUrl = '', runbookBaseUrl }: ReportContext): readonly Sample[] {
  const runbook = /^https?:/.test(runbookBaseUrl) ? runbookBaseUrl.replace(/\/$/, '') : ''
  return externalUrl === '' && runbook === '' ? [] : [{ labels: [externalUrl, runbook], value: 1 }]
}

function workSamples({ snapshot, self, clients }: Scrape): Samples {
  const costs = [...self.costs]
  return [
    [family.evaluated, single(snapshot.at / 1_000)],
    [family.starved, single(flag(snapshot.impediments.has(STARVED)))],
    [family.stalled, single(self.ownTime.lost / 1_000)],
    [family.cpuWait, single(self.ownTime.waited === undefined ? undefined : self.ownTime.waited / 1_000)],
    [family.lostWrites, single(self.lostWrites > 0 ? self.lostWrites : undefined)],
    [family.recording, single(self.recording.isOn ? flag(self.recording.problem === undefined) : undefined)],
    [family.recordingDropped, single(self.recording.isOn ? self.recording.dropped : undefined)],
    [family.waiters, single(clients.waiters)],
    [family.streams, single(clients.streams)],
    [family.requests, costs.map(([name, { requests }]) => ({ labels: [name], value: requests }))],
    [family.cost, costs.map(([name, { took }]) => ({ labels: [name], value: took / 1_000 }))],
  ]
}

function beliefSamples({ snapshot }: Scrape): Samples {
  const probes = [...snapshot.beliefs].flatMap(([probe, { targets }]) => {
    const watched = [...targets].filter(([, belief]) => !isLeftOut(belief))
    const isLooked = probe !== PUSHED_EVIDENCE && (watched.length > 0 || targets.size === 0)
    return isLooked ? [[probe, new Map(watched)] as const] : []
  })
  return [
    [
      family.targetUp,
      probes.flatMap(([probe, targets]) =>
        [...targets].map(([target, belief]) => ({
          labels: [probe, target],
          value: flag(whyUnavailable(belief, snapshot.at) === undefined),
        })),
      ),
    ],
    [
      family.probeUp,
      probes.map(([probe, targets]) => ({ labels: [probe], value: flag(seesAll(targets, snapshot.at)) })),
    ],
    [
      family.probeLastSuccess,
      probes.flatMap(([probe, targets]) => {
        const at = oldestSuccess(targets)
        return at === undefined ? [] : { labels: [probe], value: at / 1_000 }
      }),
    ],
  ]
}

type Targets = ProbeBelief['targets']

/** Whether the configuration says that this is not to be looked at: nothing is hidden by that. */
function isLeftOut({ last }: Belief): boolean {
  return last?.outcome.ok === false && last.outcome.reason === LEFT_OUT
}

function seesAll(targets: Targets, now: Instant): boolean {
  return (
    targets.size > 0 && [...targets.values()].every((belief) => whyUnavailable(belief, now) === undefined)
  )
}

function oldestSuccess(targets: Targets): Instant | undefined {
  const ages = [...targets.values()].map((belief) => belief.lastSuccessAt)
  if (ages.length === 0 || ages.includes(undefined)) return undefined
  return ages.reduce((a, b) => ((a ?? 0) < (b ?? 0) ? a : b))
}
