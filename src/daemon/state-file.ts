import { copyFile, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { phases } from '../core/rollout.ts'
import { unknownReasons } from '../core/observation.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { firstBroken } from '../rollout/ledger.ts'
import { nothingRemembered, type Memory } from '../rollout/memory.ts'

/** What was found where the state should be. */
export type Loaded =
  | { readonly ok: true; readonly memory: Memory }
  /** The file is there and can't be trusted; it stays until another is saved, and a copy of it beside it. */
  | { readonly ok: false; readonly message: string }

export interface StateFile {
  load(): Promise<Loaded>
  /**
   * Replaces the file; calls that come while one is written are merged into the next. Never rejects; what could not
   * be written is tried again.
   */
  save(memory: Memory): Promise<void>
  /** Whether the last attempt to write succeeded, and if not, why. */
  status(): { readonly ok: boolean; readonly message: string }
}

const VERSION = 1

/** A disk that was full, or a volume that was gone, may be back. */
const RETRY: Millis = SECOND

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
})
const latch = z.strictObject({
  at: instant,
  reason: z.string(),
  message: z.string(),
  culprits: z.array(z.string()),
  preexisting: z.boolean(),
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
    'rollout-finished',
    'acknowledged',
    'evidence',
    'configuration',
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
const memory = z.strictObject({
  rollout: rollout.exactOptional(),
  marks: z.record(z.string(), z.number()),
  latches,
  firings: z.record(z.string(), z.number()),
  ledger: z.array(entry),
  history: z.array(z.strictObject({ rollout, stops: latches, ledger: z.array(entry) })),
  evidence: z.array(observation),
  impediments: z.record(z.string(), z.string()).exactOptional(),
}) satisfies z.ZodType<Memory>
const stateSchema = z.strictObject({ version: z.literal(VERSION), memory })

/** The daemon's memory in one file that is replaced whole, so that it is either the old or the new one at any moment. */
export function stateFile(path: string): StateFile {
  let problem = ''
  let waiting: Memory | undefined
  let writing: Promise<void> | undefined
  let retrying: NodeJS.Timeout | undefined

  async function writeAll(): Promise<void> {
    let unwritten: Memory | undefined
    while (waiting !== undefined) {
      const next = waiting
      waiting = undefined
      try {
        await replace(path, JSON.stringify({ version: VERSION, memory: next }))
        problem = ''
        unwritten = undefined
      } catch (fault) {
        problem = `the state can't be written to ${path}: ${messageOf(fault)}`
        unwritten = next
      }
    }
    writing = undefined
    const again = unwritten
    if (again !== undefined) retrying = setTimeout(() => void save(again), RETRY).unref()
  }

  function save(next: Memory): Promise<void> {
    clearTimeout(retrying)
    waiting = next
    writing ??= writeAll()
    return writing
  }

  return {
    load: () => load(path),
    save,
    status: () => (problem === '' ? { ok: true, message: 'written' } : { ok: false, message: problem }),
  }
}

async function load(path: string): Promise<Loaded> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (fault) {
    if (isMissing(fault)) return { ok: true, memory: nothingRemembered }
    return { ok: false, message: `the state can't be read from ${path}: ${messageOf(fault)}` }
  }
  try {
    const state = stateSchema.parse(JSON.parse(text))
    const broken = firstBroken(state.memory.ledger)
    if (broken !== undefined) throw new Error(`its ledger was changed at entry ${broken}`)
    return { ok: true, memory: state.memory }
  } catch (fault) {
    const why = fault instanceof z.ZodError ? 'it has not the form of a state file' : messageOf(fault)
    return {
      ok: false,
      message: `the state in ${path} can't be trusted (${why}) and ${await setAside(path)}`,
    }
  }
}

/**
 * A copy, not a move: until a new state is safe, the next daemon must not take the missing file for a first start.
 * Returns what came of it, for messages.
 */
async function setAside(path: string): Promise<string> {
  const aside = `${path}.unreadable`
  return copyFile(path, aside).then(
    () => `was set aside as ${aside}`,
    (fault: unknown) => `could not be set aside: ${messageOf(fault)}`,
  )
}

async function replace(path: string, text: string): Promise<void> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true })
  const temporary = `${path}.new`
  try {
    const file = await open(temporary, 'w', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (fault) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw fault
  }
  // Without this a power cut may bring the old name back.
  const directory = await open(folder, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function isMissing(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && fault.code === 'ENOENT'
}

function messageOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault)
}
