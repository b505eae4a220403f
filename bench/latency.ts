import { setTimeout as pause } from 'node:timers/promises'
import { isWell, settle, type BenchFault, type Hands, type Way } from './faults.ts'
import type { Gates } from './gates.ts'

/** Milliseconds from each injection to the first document that shows it. */
export type Latency = {
  readonly fault: string
  readonly way: Way
  readonly cadence: 'brisk' | 'quiet'
  readonly sample: readonly number[]
}

/** A fault that is not seen within this is an error of the daemon or of the benchmark, and ends it. */
const patience = 30_000

/** The longest brisk interval of a look that decides these faults; injections fall anywhere in it. */
const briskPhase = 400

/** After a dead letter the daemon rests for 50 ms, which delays the second of a flood and no first one. */
const apart = 100

/** Makes the fault again and again while a rollout is under way. */
export async function briskLatency(
  fault: BenchFault,
  gates: Gates,
  hands: Hands,
  repetitions: number,
): Promise<Latency> {
  const sample: number[] = []
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    await gates.until(`well before: ${fault.name}`, isWell, patience)
    await pause(apart + Math.random() * briskPhase)
    const [took] = await once(fault, [gates], hands)
    sample.push(took ?? Number.NaN)
    await settle(fault, gates)
  }
  return { fault: fault.name, way: fault.way, cadence: 'brisk', sample }
}

/** Makes the fault once while all daemons look rarely: each of them looks at times of its own. */
export async function quietLatency(
  fault: BenchFault,
  daemons: readonly Gates[],
  hands: Hands,
): Promise<Latency> {
  await Promise.all(daemons.map(untilQuiet))
  const sample = await once(fault, daemons, hands)
  return { fault: fault.name, way: fault.way, cadence: 'quiet', sample }
}

async function once(fault: BenchFault, daemons: readonly Gates[], hands: Hands): Promise<readonly number[]> {
  const seen = daemons.map((gates) => gates.until(`seen: ${fault.name}`, fault.shows, patience))
  // A failure counts when it is awaited below; until then it is ignored.
  for (const each of seen) each.catch(() => undefined)
  const struckAt = await fault.strike(hands)
  try {
    return (await Promise.all(seen)).map((at) => at - struckAt)
  } finally {
    await fault.fix(hands)
  }
}

/** Half a minute after the last reason to look often. */
export async function untilQuiet(gates: Gates): Promise<void> {
  const deadline = performance.now() + 90_000
  for (;;) {
    const { evaluator, summary } = await gates.report()
    if (evaluator.cadence === 'quiet') return
    if (performance.now() > deadline) throw new Error(`the daemon does not turn quiet: ${summary}`)
    await pause(500)
  }
}
