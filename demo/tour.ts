import type { GateReport } from '../src/contract/document.ts'
import type { ActiveFault } from '../rig/platform/faults.ts'
import type { Fault } from '../rig/platform/fault.ts'
import { setTimeout as pause } from 'node:timers/promises'
import type { Stage } from './stage.ts'

/** What one fault did to the verdict, in seconds since it was turned on, cleared or acknowledged. */
export type Leg = {
  readonly fault: string
  readonly verdict: string
  readonly shownBy: string
  readonly culprit: string
  readonly seen: number
  readonly turned: number
  readonly cleared: number
  readonly proceeds: number
  readonly problem?: string
}

/** How long the tour waits for each turn before it calls it a failure. */
const PATIENCE = 45

/** Turns every fault on and off once, and watches what `/gates` says. */
export async function tour(
  stage: Stage,
  tell: (line: string) => void,
  interrupted: AbortSignal,
): Promise<readonly Leg[]> {
  const { gates, platform } = stage
  await gates.until('the verdict is proceed at first', ({ verdict }) => verdict === 'proceed', PATIENCE)
  const author = { actor: 'demo', reason: 'the tour' }
  await accepted(stage, '/rollouts', { id: 'tour', phase: 'rolling', ...author })
  const legs: Leg[] = []
  for (const fault of platform.faults.available) {
    const leg = await travel(stage, fault)
    legs.push(leg)
    tell(line(leg))
    if (leg.problem !== undefined || interrupted.aborted) break
  }
  if (legs.every((leg) => leg.problem === undefined))
    await accepted(stage, '/rollouts/tour/finish', { outcome: 'done', ...author })
  return legs
}

async function travel(stage: Stage, fault: Fault): Promise<Leg> {
  const { gates, platform } = stage
  const leg = {
    fault: fault.name,
    verdict: '',
    shownBy: '',
    culprit: '',
    seen: 0,
    turned: 0,
    cleared: 0,
    proceeds: 0,
  }
  try {
    let watch = stopwatch()
    const active = await platform.faults.inject(fault.name)
    await gates.until(`${fault.name} is noticed`, (report) => report.verdict !== 'proceed', PATIENCE)
    leg.seen = watch()
    const bad = await gates.until(
      `${fault.name} is blamed`,
      (report) => blames(report, fault, active),
      PATIENCE,
    )
    leg.turned = watch()
    leg.verdict = bad.verdict
    leg.shownBy = fault.stopCondition ?? fault.gate
    leg.culprit = culpritsOf(bad, fault).join(', ')
    await gates.until(
      `${fault.name} is named as the only cause`,
      (report) => isOnlyCause(report, fault),
      PATIENCE,
    )
    watch = stopwatch()
    await platform.faults.clear(fault.name)
    await gates.until(`${fault.name} is over`, isOver, PATIENCE)
    leg.cleared = watch()
    watch = stopwatch()
    await acknowledgeAll(stage, fault.name)
    // The last event of a fault may be counted by the attempt after the acknowledgement: it is news, and fires again.
    await gates.until(
      'the verdict is proceed, or something fires again',
      (report) =>
        report.verdict === 'proceed' || report.stopConditions.some(({ state }) => state === 'firing'),
      PATIENCE,
    )
    await acknowledgeAll(stage, fault.name)
    await gates.until('the verdict is proceed again', ({ verdict }) => verdict === 'proceed', PATIENCE)
    leg.proceeds = watch()
    return leg
  } catch (problem) {
    await platform.faults.clear(fault.name).catch(() => undefined)
    return { ...leg, problem: problem instanceof Error ? problem.message : String(problem) }
  }
}

/** The verdict turned as it must, the right condition says so, and it names the replica that was struck. */
function blames(report: GateReport, fault: Fault, active: ActiveFault): boolean {
  const named = culpritsOf(report, fault)
  if (named.length === 0) return false
  if (active.replica !== undefined && !named.some((key) => key.includes(active.replica ?? ''))) return false
  return report.verdict === (fault.stopCondition === undefined ? 'hold' : 'stop') || report.verdict === 'stop'
}

/** The first name is the right one, and nothing else is called a cause. */
function isOnlyCause({ blocking }: GateReport, { cause, stopCondition }: Fault): boolean {
  const roots = blocking.filter(({ rootCause }) => rootCause)
  return roots.length === 1 && roots[0]?.ref.endsWith(`/${cause ?? stopCondition}`) === true
}

function culpritsOf(report: GateReport, fault: Fault): readonly string[] {
  if (fault.stopCondition !== undefined) {
    const stop = report.stopConditions.find(({ id }) => id === fault.stopCondition)
    return stop?.state === 'firing' ? stop.culprits.map(({ key }) => key) : []
  }
  const gate = report.gates.find(({ id }) => id === fault.gate)
  return (gate?.checks ?? [])
    .filter(({ state }) => state === 'fail' || state === 'unknown')
    .flatMap(({ culprits }) => culprits.map(({ key }) => key))
}

/** Nothing is wrong any more: what remains are latches, and events that wait for an acknowledgement. */
function isOver(report: GateReport): boolean {
  const gatesPass = report.gates.every(({ id, state, checks }) =>
    state === 'pass' || state === 'skipped' ? true : id === 'event-health' && checks.every(isWellOrCounts),
  )
  return (
    gatesPass &&
    report.stopConditions.every(
      ({ state, latchedAt }) => state === 'clear' || state === 'skipped' || latchedAt !== null,
    )
  )
}

function isWellOrCounts({ id, state }: { readonly id: string; readonly state: string }): boolean {
  return state === 'pass' || state === 'skipped' || id === 'dead-letters'
}

/** Acknowledges what fired. A breach that persists is refused, and asked again until it is over. */
export async function acknowledgeAll({ gates }: Stage, fault: string): Promise<void> {
  const author = { actor: 'demo', reason: `the tour cleared ${fault}` }
  const deadline = performance.now() + PATIENCE * 1_000
  for (;;) {
    const open = (await gates.report()).stopConditions.filter(
      ({ latchedAt, acknowledged, state }) => state === 'firing' || (latchedAt !== null && !acknowledged),
    )
    if (open.length === 0) return
    let refused = ''
    for (const { id } of open) {
      const { status, text } = await gates.post('/acknowledgements', { stopCondition: id, ...author })
      if (status >= 300) refused = `${id} is not acknowledged: ${text}`
    }
    if (refused !== '' && performance.now() > deadline) throw new Error(refused)
    // Writes are rationed, so a breach that persists is not asked about all the time.
    if (refused !== '') await pause(1_000)
  }
}

async function accepted({ gates }: Stage, path: string, body: object): Promise<void> {
  const { status, text } = await gates.post(path, body)
  if (status >= 300) throw new Error(`${path} answered ${status}: ${text}`)
}

function stopwatch(): () => number {
  const startedAt = performance.now()
  return () => (performance.now() - startedAt) / 1_000
}

export const heading = line({
  fault: 'fault',
  verdict: 'verdict',
  shownBy: 'shown by',
  culprit: 'culprit',
  seen: 'noticed',
  turned: 'blamed',
  cleared: 'over',
  proceeds: 'proceeds',
})

type Cells = { readonly [K in keyof Omit<Leg, 'problem'>]: string | number }

function line(leg: Cells & { readonly problem?: string }): string {
  const times = [leg.seen, leg.turned, leg.cleared, leg.proceeds].map((cell) =>
    (typeof cell === 'number' ? `${cell.toFixed(2)} s` : cell).padStart(9),
  )
  const names = `${String(leg.fault).padEnd(26)} ${String(leg.verdict).padEnd(7)} ${String(leg.shownBy).padEnd(26)}`
  return `${names} ${times.join(' ')}  ${leg.culprit}${leg.problem === undefined ? '' : `\n    FAILED: ${leg.problem}`}`
}
