import type { GateReport } from '../../src/contract/document.ts'
import type { CheckReport, GateItem, LatchReport, StopConditionReport } from '../../src/contract/items.ts'
import {
  at,
  forbids,
  isLatched,
  isSame,
  mayPass,
  ofCheck,
  ofItem,
  ofStop,
  shown,
  when,
} from './consistent-item.ts'

const words = { proceed: 'Proceed', hold: 'Hold', stop: 'Stop' } as const
/** From best to worst; a gate is the worst of its checks that are switched on. */
const checkStates = ['pass', 'pending', 'unknown', 'fail']

/**
 * What a document of `GET /gates` says against itself, a line for each; empty when its parts agree. Summary, verdict,
 * states, blockers, observed values, limits, culprits and latches are held against each other. No sentence is taken
 * apart: texts are compared as a whole, or by how they begin.
 */
export function contradictions(document: GateReport): readonly string[] {
  const checks = document.gates.flatMap((gate) => gate.checks)
  return [
    ...ofVerdict(document),
    ...document.gates.flatMap(ofGate),
    ...document.gates.flatMap(({ id, checks: own }) =>
      own.flatMap((check) => at(`gates/${id}/checks/${check.id}`, [...ofItem(check), ...ofCheck(check)])),
    ),
    ...document.stopConditions.flatMap((stop) =>
      at(`stop-conditions/${stop.id}`, [...ofItem(stop), ...ofStop(stop), ...besideChecks(stop, checks)]),
    ),
    ...ofBlockers(document),
    ...ofRollout(document),
  ]
}

function ofVerdict(document: GateReport): readonly string[] {
  const { verdict, summary, gates, stopConditions, blocking, superseded } = document
  const isProceed = verdict === 'proceed'
  const stopping = blocking.filter(({ state }) => state === 'firing' || state === 'latched')
  const decisive = blocking.find(
    ({ ref, rootCause }) =>
      rootCause && (verdict !== 'stop' || stopping.some((one) => one.ref === ref || one.explainedBy === ref)),
  )
  const headline = decisive?.ref.startsWith('causes/') === true ? decisive.title : decisive?.message
  const isSteady = document.steadySeconds >= document.requiredSteadySeconds
  return [
    ...when(!summary.startsWith(`${words[verdict]}: `), `verdict ${verdict}, summary "${summary}"`),
    ...when(
      (verdict === 'stop') !== stopConditions.some(forbids),
      `verdict ${verdict} beside what forbids it`,
    ),
    ...when(isProceed && !gates.every(mayPass), 'verdict proceed beside a gate that does not pass'),
    ...when(
      isProceed && !gates.some(({ state, mode }) => state === 'pass' && mode === 'enforce'),
      'verdict proceed without a gate',
    ),
    ...when(isProceed && !stopConditions.every(mayPass), 'verdict proceed beside a stop condition in doubt'),
    ...when(isProceed && blocking.length > 0, 'verdict proceed, and something blocks'),
    ...when(isProceed && (!isSteady || superseded), 'verdict proceed, not steady or superseded'),
    ...when(verdict === 'stop' && decisive === undefined, 'verdict stop, and no blocker stops'),
    ...when(verdict === 'hold' && blocking.length === 0 && isSteady, 'verdict hold, and nothing blocks'),
    ...when(
      decisive !== undefined && !begins(summary, `${words[verdict]}: ${headline}`),
      `summary "${summary}" is not about ${decisive?.ref}`,
    ),
    ...when(document.expiresAt <= document.evaluatedAt, 'it has expired before it was evaluated'),
  ]
}

/** Whether the text begins like this, as far as neither was cut. */
function begins(text: string, beginning: string): boolean {
  const cut = (long: string) => long.replace(/…$/, '')
  return text.startsWith(cut(beginning)) || beginning.startsWith(cut(text))
}

function ofGate({ id, state, mode, required, checks }: GateItem): readonly string[] {
  const counted = checks.filter((check) => check.state !== 'skipped' && check.mode === 'enforce')
  const states = counted.map((check) => check.state)
  const worst = states.reduce(
    (a, b) => (checkStates.indexOf(b) > checkStates.indexOf(a) ? b : a),
    states[0] ?? 'unknown',
  )
  return at(`gates/${id}`, [
    ...when(
      required !== (state !== 'skipped' && (mode === 'enforce' || counted.length > 0)),
      `required ${required} and ${state}, ${mode}`,
    ),
    ...when(
      mode === 'enforce' && state !== 'skipped' && state !== worst,
      `${state}, and the worst of its checks is ${worst}`,
    ),
  ])
}

/** Checks that ask what a stop condition asks, by its id, where they do not share one claim. */
const twins: Readonly<Record<string, string>> = { 'outbox-dead-messages': 'outbox-dead-rows' }

/** A stop condition and a check that ask the same see the same. */
function besideChecks(stop: StopConditionReport, checks: readonly CheckReport[]): readonly string[] {
  const twin = checks.find(({ id, claim }) => claim === stop.claim || twins[stop.id] === id)
  if (twin === undefined || twin.state === 'skipped' || stop.state === 'skipped') return []
  const isStrict = twin.claim === stop.claim || twin.threshold?.value === 0
  const stands = stop.culprits.filter(({ answer }) => answer === 'unmet')
  return [
    ...when(
      isStrict && twin.state === 'pass' && stands.length > 0,
      `${stands[0]?.message}, and ${twin.id} passes`,
    ),
    ...stop.culprits.flatMap(({ key, reason, observed }) =>
      twin.culprits
        .filter((other) => other.key === key && other.reason === reason && !isSame(other.observed, observed))
        .map(
          (other) => `${key} is ${shown(observed, null)}, and in ${twin.id} ${shown(other.observed, null)}`,
        ),
    ),
  ]
}

function ofBlockers({ blocking, gates, stopConditions }: GateReport): readonly string[] {
  const items = new Map<string, CheckReport | StopConditionReport>([
    ...gates.flatMap(({ id, checks }) =>
      checks.map((check) => [`gates/${id}/checks/${check.id}`, check] as const),
    ),
    ...stopConditions.map((stop) => [`stop-conditions/${stop.id}`, stop] as const),
  ])
  const listed = new Map(blocking.map((blocker) => [blocker.ref, blocker]))
  const isCause = blocking.map(({ rootCause }) => rootCause)
  return [
    ...when(blocking.length > 0 && isCause[0] !== true, 'something blocks, and nothing is its root cause'),
    ...when(
      isCause.lastIndexOf(true) > isCause.indexOf(false) && isCause.includes(false),
      'a root cause stands behind a consequence',
    ),
    ...[...items].flatMap(([ref, item]) => {
      const mustBlock = !mayPass(item) || ('latch' in item && isLatched(item))
      return when(mustBlock !== listed.has(ref), `${ref} is ${item.state}, and blocks ${listed.has(ref)}`)
    }),
    ...blocking.flatMap(({ ref, rootCause, explainedBy }) =>
      at(ref, [
        ...when(
          rootCause !== (explainedBy === null),
          `is a root cause: ${rootCause}, explained by ${explainedBy}`,
        ),
        ...when(
          explainedBy !== null && listed.get(explainedBy)?.rootCause !== true,
          `is explained by ${explainedBy}, which is no root cause`,
        ),
      ]),
    ),
    ...[...listed].flatMap(([ref, { state, reason, message }]) => {
      const item = items.get(ref)
      if (item === undefined) return []
      const latch = 'latch' in item && item.state !== 'firing' && isLatched(item) ? item.latch : null
      const said = latch ?? item
      return at(ref, [
        ...when(
          state !== (latch === null ? item.state : 'latched'),
          `blocks as ${state} and is ${item.state}`,
        ),
        ...when(
          !saidBy(item, latch).some(
            (one) => reason === one.reason && message.includes(one.message.replace(/…$/, '')),
          ) && !message.endsWith('…'),
          `blocks by ${reason}, "${message}", and says ${said.reason}, "${said.message}"`,
        ),
      ])
    }),
  ]
}

/** What an item may block by: what it says, or what it blames beside something that another cause explains. */
function saidBy(
  item: CheckReport | StopConditionReport,
  latch: LatchReport | null,
): readonly { readonly reason: string; readonly message: string }[] {
  return latch === null ? [item, ...item.culprits] : [latch]
}

function ofRollout({ rollout, rollback, gates, stopConditions }: GateReport): readonly string[] {
  const isActive = !['idle', 'done', 'failed'].includes(rollout.phase)
  const plan = gates
    .flatMap(({ checks }) => checks)
    .filter(({ id }) => ['previous-revision', 'schema-compatibility'].includes(id))
  const isViable = rollback.viable === 'yes'
  return [
    ...when(
      (rollout.id === null) !== (rollout.phase === 'idle'),
      `phase ${rollout.phase} of rollout ${rollout.id}`,
    ),
    ...when(isActive !== (rollout.baseline !== null), `a baseline of a rollout that is ${rollout.phase}`),
    ...when(
      isViable !== (rollback.advice === 'rollback'),
      `rollback ${rollback.viable}, and the advice is ${rollback.advice}`,
    ),
    ...when(
      isViable && plan.some(({ state }) => state !== 'pass'),
      'rollback viable, and its plan does not pass',
    ),
    ...when(!isActive && stopConditions.some(isLatched), `latched, and the rollout is ${rollout.phase}`),
  ]
}
