import { whyUnavailable } from '../core/evidence.ts'
import { evidenceInForce } from '../core/pushed.ts'
import type { Reading } from '../core/signal.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { PUSHED_EVIDENCE, type Target } from '../core/observation.ts'
import type { Family } from '../contract/family.ts'
import { counted, signalFamilies } from '../contract/families.ts'
import type { Sample, Samples } from './samples.ts'

/** The fresh readings of every signal. What is unknown is absent, and so is what is not watched any more. */
export function measurements(snapshot: Snapshot): Samples {
  const found = new Map<string, Sample[]>()
  const counts = evidenceInForce(snapshot)
  for (const [probe, { targets }] of snapshot.beliefs) {
    for (const belief of targets.values()) {
      if (probe === PUSHED_EVIDENCE && !counts.has(belief.target.id)) continue
      const outcome = belief.last?.outcome
      if (outcome?.ok !== true || whyUnavailable(belief, snapshot.at) !== undefined) continue
      for (const reading of outcome.readings) collect(found, belief.target, reading)
    }
  }
  return [...signalFamilies].map(([name, family]) => {
    const samples = found.get(name) ?? []
    const isCounted = counted.has(name) && samples.length > 0
    return [family, isCounted ? [{ labels: [], value: samples.length }] : samples]
  })
}

function collect(found: Map<string, Sample[]>, target: Target, reading: Reading): void {
  const family = signalFamilies.get(reading.signal)
  if (family === undefined) return
  const samples = found.get(reading.signal) ?? []
  samples.push({ labels: labelsOf(family, target, reading), value: reading.value })
  found.set(reading.signal, samples)
}

function labelsOf(family: Family, target: Target, reading: Reading): readonly string[] {
  return family.labels.map((name) => reading.labels[name] ?? target.labels[name] ?? '')
}
