import type { GateReport } from '../src/publish/contract.ts'

/** What in a document contradicts itself, as sentences; none when it is consistent. */
export function contradictions(report: GateReport): readonly string[] {
  return [...ofVerdict(report), ...ofTimes(report), ...ofGates(report)]
}

const words: Readonly<Record<string, string>> = { proceed: 'Proceed', hold: 'Hold', stop: 'Stop' }

function ofVerdict({ verdict, summary, gates, stopConditions, blocking }: GateReport): readonly string[] {
  const found: string[] = []
  if (!summary.startsWith(`${words[verdict]}:`))
    found.push(`the verdict is ${verdict}, the summary "${summary}"`)
  const stands = stopConditions.filter(
    ({ state, latchedAt, acknowledged }) =>
      state !== 'skipped' && (state === 'firing' || (latchedAt !== null && !acknowledged)),
  )
  if ((verdict === 'stop') !== stands.length > 0)
    found.push(`the verdict is ${verdict}, and ${stands.length} stop conditions stand`)
  if (verdict === 'proceed') {
    const open = gates.filter(({ required, state }) => required && state !== 'pass')
    for (const { id, state } of open) found.push(`the verdict is proceed, and the gate ${id} is ${state}`)
    const doubtful = stopConditions.filter(({ state }) => state !== 'clear' && state !== 'skipped')
    for (const { id, state } of doubtful) found.push(`the verdict is proceed, and ${id} is ${state}`)
    if (blocking.length > 0) found.push(`the verdict is proceed, and ${blocking[0]?.ref} blocks it`)
  }
  return found
}

function ofTimes({ evaluatedAt, expiresAt, verdictSince }: GateReport): readonly string[] {
  const found: string[] = []
  if (!(Date.parse(expiresAt) > Date.parse(evaluatedAt)))
    found.push(`it expires at ${expiresAt}, before it was made`)
  if (Date.parse(verdictSince) > Date.parse(evaluatedAt))
    found.push(`the verdict stands since ${verdictSince}, after the evaluation`)
  return found
}

/** Worst last, as a gate takes over the worst state of its checks. */
const order = ['skipped', 'pass', 'pending', 'unknown', 'fail']

function ofGates({ gates }: GateReport): readonly string[] {
  return gates.flatMap(({ id, state, checks, required }) => {
    if (!required) return []
    const worst = checks
      .map((check) => check.state)
      .reduce((a, b) => (order.indexOf(b) > order.indexOf(a) ? b : a), 'skipped')
    return state === 'pass' && worst !== 'pass'
      ? [`the gate ${id} passes, and a check of it is ${worst}`]
      : []
  })
}
