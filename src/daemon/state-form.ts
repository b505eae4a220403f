import * as z from 'zod'
import { pieceOf } from '../core/pushed.ts'
import { phases } from '../core/rollout.ts'
import { unknownReasons } from '../core/observation.ts'
import { firstBroken } from '../rollout/ledger.ts'
import { fromFirstForm } from '../rollout/first-form.ts'
import type { Memory } from '../rollout/memory.ts'
import { course, proofOver } from './state-proof.ts'
import { sealOf, type Seal } from './state-seal.ts'

/** The form of what is written. Another version is never read in part: its writer knew something that this one does not. */
const VERSION = 4

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
  expected: z
    .array(
      z.strictObject({
        images: z.record(z.string(), z.string()).exactOptional(),
        digests: z.record(z.string(), z.array(z.string())).exactOptional(),
        revision: z.string().exactOptional(),
        chart: z.string().exactOptional(),
        appVersion: z.string().exactOptional(),
      }),
    )
    .exactOptional(),
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
    'override',
    'shadow',
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
const override = z.strictObject({
  at: instant,
  until: instant,
  actor: z.string(),
  reason: z.string(),
  latched: z.boolean(),
  rollout: z.string().exactOptional(),
  ended: instant.exactOptional(),
})
const labels = z.record(z.string(), z.string())
const target = z.strictObject({ id: z.string(), labels })
const reading = z.strictObject({
  signal: z.string(),
  labels,
  value: z.number(),
  detail: z.string().exactOptional(),
})
const unavailable = { unknownReason: z.enum(unknownReasons), reason: z.string(), message: z.string() }
const observation = z.strictObject({
  target,
  at: instant,
  took: z.number(),
  validFor: z.number(),
  outcome: z.discriminatedUnion('ok', [
    z.strictObject({
      ok: z.literal(true),
      readings: z.array(reading),
      blindSpots: z.array(z.strictObject({ signal: z.string(), labels, ...unavailable })),
    }),
    z.strictObject({ ok: z.literal(false), ...unavailable }),
  ]),
})
const latches = z.record(z.string(), latch)
const counts = z.record(z.string(), z.number())
const lives = z.array(z.strictObject({ id: z.string(), startedAt: instant }))
const shared = z.strictObject({
  rollout: rollout.exactOptional(),
  latches,
  firings: z.record(z.string(), z.number()),
  ledger: z.array(entry),
  history: z.array(
    z.strictObject({
      rollout,
      stops: latches,
      ledger: z.array(entry),
      proof: proofOver(entry).exactOptional(),
    }),
  ),
  evidence: z.array(observation),
  impediments: z.record(z.string(), z.string()).exactOptional(),
  course: course.exactOptional(),
})
const memory = shared.extend({
  baselines: counts,
  begun: lives,
  overrides: z.record(z.string(), override).exactOptional(),
}) satisfies z.ZodType<Memory>
// Until version 2 baselines were called marks.
const secondMemory = shared
  .extend({ marks: counts, begun: lives })
  .transform(({ marks: baselines, ...rest }): Memory => ({ ...rest, baselines }))
const firstMemory = shared
  .extend({ marks: counts })
  .transform(({ marks: baselines, ...rest }): Memory => fromFirstForm({ ...rest, baselines }))
const seal = { generation: z.int().min(1), previous: z.string(), digest: z.string() }
const stateSchema = z.discriminatedUnion('version', [
  z.strictObject({ version: z.literal(1), memory: z.union([secondMemory, firstMemory]) }),
  z.strictObject({ version: z.literal(2), ...seal, memory: secondMemory }),
  // Until version 3 nothing was kept for exports.
  z.strictObject({ version: z.literal([3, VERSION]), ...seal, memory }),
])
const anyVersion = z.looseObject({ version: z.int() })

/** A memory as it was written, and where it stands among all that were. */
export interface Sealed {
  readonly memory: Memory
  /** Absent for a state of the first form, which had none. */
  readonly seal?: Seal
  /** Digest of the state before it. */
  readonly previous?: string
}

/** What a text that should be a state came to; `rest` is what may be gone by all the same, since it opens nothing. */
export type Parsed =
  ({ readonly ok: true } & Sealed) | { readonly ok: false; readonly why: string; readonly rest?: Memory }

/** A state as it is written: `json` is the memory in it. */
export interface StateText {
  readonly text: string
  readonly json: string
  readonly seal: Seal
}

/** A memory as text that goes on from `previous`; `parseState` gives it back. */
export function stateText(remembered: Memory, previous: Seal): StateText {
  const json = JSON.stringify(remembered)
  const { generation, digest } = sealOf(VERSION, previous, json)
  const head = JSON.stringify({ version: VERSION, generation, previous: previous.digest, digest })
  return { text: `${head.slice(0, -1)},"memory":${json}}`, json, seal: { generation, digest } }
}

/** Reads a text that should be a state; it is trusted only whole and unchanged. */
export function parseState(text: string): Parsed {
  try {
    const read: unknown = JSON.parse(text)
    const { data: found } = anyVersion.safeParse(read)
    if (found !== undefined && found.version > VERSION)
      return {
        ok: false,
        why: `it is of version ${found.version}, and this exporter reads versions 1 to ${VERSION}`,
      }
    const state = stateSchema.parse(read)
    const broken = firstBroken(state.memory.ledger)
    if (broken !== undefined)
      return { ok: false, why: `its ledger was changed at entry ${broken}`, rest: withoutProof(state.memory) }
    // What was written without a seal may have been changed by anybody.
    if (state.version === 1) return { ok: true, memory: withoutProof(state.memory) }
    const { version, memory: remembered, generation, previous, digest } = state
    const before = { generation: generation - 1, digest: previous }
    // As it was read: a schema may leave out what it does not know.
    const json = JSON.stringify((read as { readonly memory: unknown }).memory)
    if (sealOf(version, before, json).digest !== digest)
      return { ok: false, why: 'it was changed after it was written', rest: withoutProof(remembered) }
    return { ok: true, memory: remembered, seal: { generation, digest }, previous }
  } catch (fault) {
    if (fault instanceof z.ZodError) return { ok: false, why: 'it has not the form of a state' }
    return { ok: false, why: fault instanceof Error ? fault.message : String(fault) }
  }
}

/** The memory without what could open anything: evidence that says pass, acknowledgements and overrides. */
export function withoutProof(remembered: Memory): Memory {
  const standing = Object.entries(remembered.latches).map(([id, { acknowledged: _, ...one }]) => [id, one])
  const evidence = remembered.evidence.filter(({ target }) => pieceOf(target)?.outcome === 'fail')
  const { overrides: _, ...rest } = remembered
  return { ...rest, evidence, latches: Object.fromEntries(standing) }
}
