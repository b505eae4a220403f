import type { FirstAction } from '../core/advice.ts'
import type { ActiveCause, Cause, CauseGraph, CauseId, Link, Symptom } from '../core/cause.ts'
import type { Finding } from '../core/finding.ts'
import { causeActions } from './actions.ts'
import { canaryLinks, cannotPass, isInconclusive } from './canary-causes.ts'
import { commandsFor } from './commands.ts'
import { link } from './links.ts'
import type { Options } from './options.ts'
import { readinessReasonOf, type Dependency, type ReadinessCode } from './readiness-reasons.ts'

/**
 * What explains what, a cause before its consequences. A dependency that does not answer explains what services say of it
 * and what cannot be read from it; a replica that is gone explains its own signals and what its callers say.
 */
export function causeGraph(options: Options, probesOf: ProbesOf): CauseGraph {
  const isOutage = (symptoms: readonly Symptom[]) => needsSeveral(symptoms, probesOf)
  const actions = causeActions(options)
  const { redis, postgres } = options.addresses ?? {}
  return {
    causes: [
      outage('kubernetes-unavailable', 'The Kubernetes API server', {
        nextStep: actions['kubernetes-unavailable'],
        target: 'kubernetes',
        isOutage,
        explains: () => false,
      }),
      outage('redis-unavailable', `Redis${at(redis)}`, {
        nextStep: actions['redis-unavailable'],
        target: 'redis',
        isOutage,
        explains: (symptom) => waitsFor(symptom, 'redis') || cannotDeliver(symptom) || cannotPass(symptom),
      }),
      outage('postgres-unavailable', `Postgres${at(postgres)}`, {
        nextStep: actions['postgres-unavailable'],
        target: 'postgres',
        isOutage,
        explains: (symptom) =>
          waitsFor(symptom, 'postgres') || isStaleSnapshot(symptom) || cannotPass(symptom),
      }),
      {
        id: 'replica-lost',
        nextStep: actions['replica-lost'],
        runbook: 'replica-lost',
        find: (symptoms) => lostReplicas(symptoms, options.components, isOutage),
      },
    ],
    links,
    others: ownAdvice(options),
  }
}

function at(address: { readonly host: string; readonly port: number } | undefined): string {
  if (address === undefined) return ''
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return ` at ${host}:${address.port}`
}

/** What to do about the exporter itself, and about a rollout that failed. */
function ownAdvice(options: Options): CauseGraph['others'] {
  const { gate } = commandsFor(options)
  const isReady = gate('healthcheck --ready')
  const usage = 'kubectl top pod -A -l app.kubernetes.io/name=caracal-gate-exporter'
  const nextStep = options.kubernetes === 'on' ? usage : isReady
  return {
    'evaluator/starved': { nextStep, runbook: 'exporter-starved' },
    'evaluator/state-unreadable': { nextStep: isReady, runbook: 'exporter-state-lost' },
    rollout: { nextStep: gate('rollouts'), runbook: 'rollout-failed' },
  }
}

const links: readonly Link[] = [
  link(
    ['migration-job-failed', 'migration-jobs'],
    ({ finding: { reason, indirect } }) =>
      reason === 'migration_missing' || reason === 'not_rolled_out' || indirect === true,
  ),
  link(
    ['migrations-forward-only'],
    ({ finding }, { symptoms }) =>
      finding.reason === 'migration_missing' && symptoms.some((own) => own.finding.key === finding.key),
  ),
  link(['redis-memory-pressure'], (symptom) => lacks(symptom, 'redis') || cannotDeliver(symptom)),
  link(
    ['postgres-pool-saturation'],
    (symptom) =>
      waitsFor(symptom, 'postgres') || isStaleSnapshot(symptom) || symptom.finding.reason === 'outbox_stuck',
  ),
  link(['audit-evidence-lost'], saysNotReady('audit_evidence_lost')),
  link(['outbox-dead-messages', 'outbox-dead-rows'], saysNotReady('outbox_dead', 'outbox_dead_messages')),
  link(['audit-dlq-growing', 'dead-letters'], saysNotReady('audit_dlq_threshold')),
  link(['audit-ingestion'], saysNotReady('audit_lag_threshold', 'audit_pel_oldest_threshold')),
  link(['revocation-snapshot-stale', 'revocation-snapshots'], sameReplica('revocation_snapshot_stale')),
  {
    by: ['sts-unready', 'ready-sts'],
    // A Gateway that finds no STS beside one that is ready is cut off from it.
    explains: ({ finding }, { isPartly }) =>
      !isPartly && (lacksSts(finding) || finding.reason === 'sts_circuit_open'),
  },
  link(['workload-rollout'], ({ finding }) => finding.indirect === true),
  ...canaryLinks,
]

/** Why a server that was asked gave no answer at all; `stale` and `late` are about who asks. */
const silent = new Set<Finding['unknownReason']>(['unreachable', 'timeout'])

/** The probes that a check or stop condition takes its signals from, by its id. */
export type ProbesOf = (id: string) => ReadonlySet<string>

/** One probe without an answer may be about a slow statement or one endpoint; several are about the server. */
function needsSeveral(symptoms: readonly Symptom[], probesOf: ProbesOf): boolean {
  const asked = [...new Set(symptoms.map(({ id }) => id))].map((id) => probesOf(id))
  const [first, ...others] = asked
  return first !== undefined && ![...first].some((probe) => others.every((probes) => probes.has(probe)))
}

type IsOutage = (symptoms: readonly Symptom[]) => boolean

interface Outage {
  readonly isOutage: IsOutage
  readonly nextStep: FirstAction
  /** Id of the probes' target. */
  readonly target: string
  /** What follows from it beside what cannot be read from it. */
  readonly explains: (symptom: Symptom) => boolean
}

function outage(id: CauseId, name: string, { nextStep, target, isOutage, explains }: Outage): Cause {
  const isUnread = ({ finding }: Symptom) => finding.answer === 'unknown' && finding.target === target
  return {
    id,
    nextStep,
    runbook: id,
    find(symptoms) {
      const unread = symptoms.filter(({ finding }) => isSilent(finding) && finding.target === target)
      const [first] = unread
      if (first === undefined || !isOutage(unread)) return undefined
      const { reason, message } = first.finding
      return {
        title: `${name} does not answer`,
        reason,
        message,
        explains: (symptom) => isUnread(symptom) || explains(symptom),
      }
    },
  }
}

function isSilent({ answer, unknownReason }: Finding): boolean {
  return answer === 'unknown' && silent.has(unknownReason)
}

/** Replicas of which several probes get no answer. */
function lostReplicas(
  symptoms: readonly Symptom[],
  components: readonly string[],
  isOutage: IsOutage,
): ActiveCause | undefined {
  const unanswered = symptoms.filter(
    ({ finding }) => isUnanswered(finding) && components.includes(componentOf(finding)),
  )
  const byReplica = [...Map.groupBy(unanswered, ({ finding }) => finding.target ?? '')]
  const lost = byReplica.filter(([, own]) => isOutage(own))
  const [worst] = lost
  const [first] = worst?.[1] ?? []
  if (worst === undefined || first === undefined) return undefined
  const [subject] = worst
  const gone = new Set(lost.map(([target]) => target))
  const { reason, message } = first.finding
  return {
    title: `${namesOf([...gone])} ${gone.size === 1 ? 'does' : 'do'} not answer`,
    reason,
    message,
    subject,
    explains: (symptom) =>
      (isUnanswered(symptom.finding) || cannotPass(symptom) || isInconclusive(symptom)) &&
      gone.has(symptom.finding.target ?? ''),
  }
}

function isUnanswered(finding: Finding): boolean {
  return isSilent(finding) || finding.reason === 'connection_refused'
}

/** Targets of replicas are named `component/replica`. */
function componentOf({ target = '' }: Finding): string {
  return target.split('/')[0] ?? ''
}

const NAMED = 3

function namesOf(targets: readonly string[]): string {
  const more = targets.length - NAMED
  return `${targets.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more replicas` : ''}`
}

/** The checks and stop conditions that ask replicas whether they are ready. */
function isReadiness({ id }: Symptom): boolean {
  return id.startsWith('ready-') || id === 'sts-unready' || id === 'gateway-unready'
}

function lacks({ finding }: Symptom, dependency: Dependency): boolean {
  return finding.answer === 'unmet' && readinessReasonOf(finding.reason).lacks === dependency
}

/** A replica says that it lacks the dependency, or does not say whether it is ready: `/ready` waits for it. */
function waitsFor(symptom: Symptom, dependency: Dependency): boolean {
  const { finding } = symptom
  if (!isReadiness(symptom) || finding.life === true) return false
  return lacks(symptom, dependency) || (finding.answer === 'unknown' && finding.unknownReason === 'timeout')
}

function lacksSts({ answer, reason }: Finding): boolean {
  return answer === 'unmet' && readinessReasonOf(reason).lacks === 'sts'
}

/** A Gateway loads its snapshot from Postgres. */
function isStaleSnapshot({ finding }: Symptom): boolean {
  return finding.answer === 'unmet' && finding.reason === 'revocation_snapshot_stale'
}

/** What leads to Redis waits in its outbox, or as a file on the volume of its replica. */
function cannotDeliver({ finding }: Symptom): boolean {
  return finding.reason === 'outbox_stuck' || finding.reason === 'replay_backlog_old'
}

function saysNotReady(...codes: readonly ReadinessCode[]): Link['explains'] {
  const known = new Set<string>(codes)
  return (symptom) => isReadiness(symptom) && known.has(symptom.finding.reason)
}

function sameReplica(code: ReadinessCode): Link['explains'] {
  return (symptom, { symptoms }) =>
    isReadiness(symptom) &&
    symptom.finding.reason === code &&
    symptoms.some(({ finding }) => finding.target === symptom.finding.target)
}
