import type { Evidence, Sighting } from '../core/evidence.ts'
import { isTrue, standingClaim } from '../core/claim.ts'
import { keyOf, unknown, unseen, type Condition, type Finding, type Recollection } from '../core/finding.ts'
import type { Target } from '../core/observation.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { expected, ofEach } from './expected.ts'
import { readinessReasonOf, type ReadinessCode } from './readiness-reasons.ts'
import { alive, ready, workloadDesired, workloadProgressing } from './signals.ts'
import { installedOf, isReplacing, ofComponent, progressOf, reasonOr } from './workloads.ts'

/**
 * Every replica of the component that should exist proves its own readiness. Without a cluster these are the configured
 * ones; with one they are as many as its workload wants, and a workload that can't go on has lost them.
 */
export function replicasReady(component: string, source: 'configuration' | 'cluster'): Condition {
  return {
    claims: `every ${component} replica proves readiness`,
    signals: [ready, alive, ...(source === 'cluster' ? [workloadDesired, workloadProgressing] : [])],
    judge(evidence, recollection) {
      const replicas = evidence.targets(ready, { component })
      const proofs = proofsOf(evidence, component, replicas)
      if (source === 'configuration') return replicas.length === 0 ? [noReplica(component)] : proofs
      if (installedOf([component], evidence).length === 0) return [...proofs, notInstalled(component)]
      const shown = isReplacing(recollection) ? proofs.map(maybeLeaving) : proofs
      return [...shown, ...completeness(evidence, component, tallied(replicas, proofs), recollection)]
    },
  }
}

/** A pod that is being deleted may refuse connections before the watch says that it is. */
const LEAVES_WITHIN: Millis = 5 * SECOND
const REFUSED: ReadinessCode = 'connection_refused'

function maybeLeaving(proof: Finding): Finding {
  return proof.reason === REFUSED ? { ...proof, failAfter: LEAVES_WITHIN } : proof
}

function proofsOf(evidence: Evidence, component: string, replicas: readonly Target[]): readonly Finding[] {
  const proves = isTrue(evidence.of(ready, { component }), ready, isReady)
  // A replica that lives has not proven readiness by that, so only what speaks against it counts.
  const lives = isTrue(evidence.of(alive, { component }), alive, isReady)
  const dead = lives
    .filter(({ answer }) => answer !== 'met')
    .map((finding) => ({ ...finding, life: true }) as const)
  return [...ofEach(replicas, proves), ...dead]
}

const isReady = standingClaim({ reason: reasonOr('not_ready'), describe: inWords })

function inWords({ reading: { value, detail, facts } }: Sighting, key: string): string {
  if (value === 1) return `${key} is ready${detail === undefined ? '' : `: ${detail}`}`
  if (detail === undefined) return `${key} is not ready: no reason given`
  const { means } = readinessReasonOf(facts?.code ?? '')
  return `${key} is not ready: ${detail}${means === undefined ? '' : ` (${means})`}`
}

export function noReplica(component: string): Finding {
  const message = `no replica of ${component} is known`
  return unknown(component, { unknownReason: 'never_measured', reason: 'no_replica', message })
}

function notInstalled(component: string): Finding {
  return { key: component, answer: 'met', reason: 'not_installed', message: `${component} is not installed` }
}

interface Replicas {
  readonly proven: number
  /** Replicas whose readiness is unknown. */
  readonly hidden: number
}

function tallied(replicas: readonly Target[], proofs: readonly Finding[]): Replicas {
  const answers = Map.groupBy(proofs, ({ key }) => key)
  const states = replicas.map(({ labels, id }) => {
    const own = answers.get(keyOf(labels, id)) ?? []
    if (own.every(({ answer }) => answer === 'met')) return 'proven'
    return own.some(({ answer }) => answer === 'unmet') ? 'unready' : 'hidden'
  })
  return {
    proven: states.filter((state) => state === 'proven').length,
    hidden: states.filter((state) => state === 'hidden').length,
  }
}

/**
 * Whether as many replicas are proven as the workload wants, and whether it can go on. Where the cluster can't be seen,
 * what replicas prove by themselves stands, and whether more should be there is unknown; that is no loss of readiness.
 */
function completeness(
  evidence: Evidence,
  component: string,
  replicas: Replicas,
  recollection: Recollection,
): readonly Finding[] {
  const counted = ofComponent(evidence, workloadDesired, component, recollection, (account) => [
    ...account.readings.flatMap((sighting) => countOf(sighting, component, replicas, recollection)),
    ...account.unseen.map((blind) => unseen(blind)),
  ])
  const missing = counted.some(({ reason }) => reason === 'no_workload')
  const progress = progressOf(evidence, component)
  const known = missing ? progress : expected(component, progress)
  return [...counted, ...known.filter(({ answer }) => answer !== 'met')].map((finding) =>
    finding.answer === 'unknown' ? { ...finding, indirect: true } : finding,
  )
}

/**
 * The subject bears the wanted number, so that a workload that is scaled up gets the time of a start for its new
 * replicas, and one that lost a replica does not. What a rolling update takes away for a while is a subject of its own:
 * its end must not count as time in which a replica was lost.
 */
function countOf(
  { reading, target }: Sighting,
  component: string,
  { proven, hidden }: Replicas,
  recollection: Recollection,
): readonly Finding[] {
  const wanted = reading.value
  const least = Math.max(1, wanted)
  const finding = {
    key: `${component}/${wanted} replicas`,
    message: `${proven} of ${wanted} ${component} replicas have proven readiness`,
    observed: { value: proven, unit: 'replicas' },
    threshold: { op: '>=', value: least },
    target: target.id,
  } as const
  if (proven >= least) return [{ ...finding, answer: 'met', reason: 'ok' }]
  // A hidden replica may be ready; that it is hidden is a finding of its own.
  if (proven + hidden >= least) return []
  const lacking = { ...finding, answer: 'unmet', indirect: true } as const
  if (wanted === 0) return [{ ...lacking, reason: 'scaled_to_zero' }]
  const oneAtATime = isReplacing(recollection) && least - proven - hidden === 1
  return oneAtATime
    ? [{ ...lacking, key: `${component}/one replaced`, reason: 'replacing', hold: Infinity }]
    : [{ ...lacking, reason: 'too_few_replicas' }]
}
