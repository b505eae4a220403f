import { z } from 'zod'
import { phases } from '../core/rollout.ts'
import { unknownReasons } from '../core/observation.ts'
import { firstBroken } from '../rollout/ledger.ts'
import { fromFirstForm, type FirstMemory } from '../rollout/first-form.ts'
import type { Memory } from '../rollout/memory.ts'

/** The form of what is written. Another one is never read half: whoever wrote it knew something that we do not. */
const VERSION = 1

const instant = z.number()
const rollout = z.strictObject({
  id: z.string(),
  phase: z.enum(phases),
  startedAt: instant,
  finishedAt: instant.exactOptional(),
  detectedBy: z.enum(['declared', 'helm-revision', 'workload-generation', 'migration-job']),
  actor: z.string().exactOptional(),
  reason: z.string().exactOptional(),
  revision: z.string().exactOptional(),
  chart: z.string().exactOptional(),
  images: z.record(z.string(), z.string()).exactOptional(),
  forced: z.strictObject({ actor: z.string(), reason: z.string() }).exactOptional(),
  supersededBy: z.string().exactOptional(),
})
const latch = z.strictObject({
  at: instant,
  reason: z.string(),
  message: z.string(),
  culprits: z.array(z.string()),
  preexisting: z.boolean(),
  over: z.literal(true).exactOptional(),
  proven: z.boolean(),
  acknowledged: z.strictObject({ actor: z.string(), reason: z.string(), at: instant }).exactOptional(),
})
const entry = z.strictObject({
  sequence: z.int(),
  at: instant,
  kind: z.enum([
    'started',
    'transition',
    'rollout-begun',
    'rollout-phase',
    'rollout-revision',
    'rollout-finished',
    'acknowledged',
    'evidence',
    'configuration',
    'clock',
    'state',
  ]),
  subject: z.string(),
  message: z.string(),
  from: z.string().exactOptional(),
  to: z.string().exactOptional(),
  rollout: z.string().exactOptional(),
  actor: z.string().exactOptional(),
  previous: z.string(),
  hash: z.string(),
})
const labels = z.record(z.string(), z.string())
const target = z.strictObject({ id: z.string(), labels })
const reading = z.strictObject({
  signal: z.string(),
  labels,
  value: z.number(),
  detail: z.string().exactOptional(),
})
const blindness = { unknownReason: z.enum(unknownReasons), reason: z.string(), message: z.string() }
const observation = z.strictObject({
  target,
  at: instant,
  took: z.number(),
  validFor: z.number(),
  outcome: z.discriminatedUnion('ok', [
    z.strictObject({
      ok: z.literal(true),
      readings: z.array(reading),
      blindSpots: z.array(z.strictObject({ signal: z.string(), labels, ...blindness })),
    }),
    z.strictObject({ ok: z.literal(false), ...blindness }),
  ]),
})
const latches = z.record(z.string(), latch)
const firstMemory = z.strictObject({
  rollout: rollout.exactOptional(),
  marks: z.record(z.string(), z.number()),
  latches,
  firings: z.record(z.string(), z.number()),
  ledger: z.array(entry),
  history: z.array(z.strictObject({ rollout, stops: latches, ledger: z.array(entry) })),
  evidence: z.array(observation),
  impediments: z.record(z.string(), z.string()).exactOptional(),
}) satisfies z.ZodType<FirstMemory>
const memory = firstMemory.extend({
  begun: z.array(z.strictObject({ id: z.string(), startedAt: instant })),
}) satisfies z.ZodType<Memory>
const stateSchema = z.strictObject({
  version: z.literal(VERSION),
  memory: z.union([memory, firstMemory.transform(fromFirstForm)]),
})

/** What a text that should be a state came to. */
export type Parsed =
  { readonly ok: true; readonly memory: Memory } | { readonly ok: false; readonly why: string }

/** A memory as text; `parseState` gives it back. */
export function stateText(remembered: Memory): string {
  return JSON.stringify({ version: VERSION, memory: remembered })
}

/** Reads a text that should be a state; it is trusted only whole, and when nobody has changed its ledger. */
export function parseState(text: string): Parsed {
  try {
    const state = stateSchema.parse(JSON.parse(text))
    const broken = firstBroken(state.memory.ledger)
    if (broken !== undefined) return { ok: false, why: `its ledger was changed at entry ${broken}` }
    return { ok: true, memory: state.memory }
  } catch (fault) {
    if (fault instanceof z.ZodError) return { ok: false, why: 'it has not the form of a state' }
    return { ok: false, why: fault instanceof Error ? fault.message : String(fault) }
  }
}
